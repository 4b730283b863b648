"""Logins: user and password in addresses of servers, in transcripts of a dialogue, in calls and on command lines."""

from __future__ import annotations

import re

from maillogdiag.expressions import expression
from maillogdiag.redaction.detecting import Detector, is_empty, replace_group
from maillogdiag.redaction.encoded import PROMPTS, decodes_to_text
from maillogdiag.redaction.kinds import Kind
from maillogdiag.redaction.mapping import RedactionMap, is_stand_in
from maillogdiag.redaction.vocabulary import ROLE_USERS, is_common_word, is_prose

_MECHANISM = r"(?:PLAIN|LOGIN|XOAUTH2?|OAUTHBEARER|CRAM-MD5|DIGEST-MD5|SCRAM-SHA-\d+(?:-PLUS)?|NTLM|GSSAPI|EXTERNAL)"
_COMMAND = expression(r"(?i)(?:ehlo|helo|lhlo|mail from|rcpt to|data|rset|quit|noop|starttls|vrfy|auth)\b", re.ASCII)
# Servers to which one logs in; their passwords may hold what a URL must not, since programs write what was set.
_LOGIN_SCHEME = (
    r"(?:(?:[a-z0-9]{1,20}\+)?(?:smtps?|submissions?|lmtp|imaps?|rediss?|postgres(?:ql)?|mysql|mariadb|mongodb|amqps?"
    r"|ldaps?)(?:\+[a-z]{1,10})?)"
)
_SLASHES = r":(?:\\{0,15}/){2}"
_USER = r"[^\s:/@\"'<>\[]{0,128}"
_PORT = r"\d{1,5}(?!\w)"


def _replace_login(match: re.Match[str], mapping: RedactionMap) -> str:
    """A user and the password behind; an address as the user is left to what recognises addresses."""
    user, password = match["user"], match["value"]
    if "@" not in user and "%40" not in user and user and not is_stand_in(user) and user not in ROLE_USERS:
        user = mapping.stand_in(Kind.USER, user)
    if not is_empty(password):
        password = mapping.stand_in(Kind.SECRET, password)
    at = match.start()
    return (
        match[0][: match.start("user") - at] + user + match[0][match.end("user") - at : match.start("value") - at]
        + password + match[0][match.end("value") - at :]
    )  # fmt: skip


def _replace_told_login(match: re.Match[str], mapping: RedactionMap) -> str:
    """A login between other words: "login with password authentication" is none."""
    is_sentence = is_common_word(match["value"]) or any(is_prose(match[group]) for group in ("user", "value"))
    return match[0] if is_sentence else _replace_login(match, mapping)


def _replace_payload(match: re.Match[str], mapping: RedactionMap) -> str:
    """What stands behind AUTH, if it is a payload: "PLAIN LOGIN", "failed" and "not" are none."""
    value = match["value"]
    is_word = value.isalpha() and (value.islower() or value.isupper() or value.istitle())
    return match[0] if is_word or value in PROMPTS else replace_group(Kind.SECRET)(match, mapping)


def _replace_answer(match: re.Match[str], mapping: RedactionMap) -> str:
    """A line of a transcript that is nothing but Base64: the client's answer to 334."""
    value = match["value"]
    if value in PROMPTS or not (decodes_to_text(value) or value.endswith("=")):
        return match[0]
    return replace_group(Kind.SECRET)(match, mapping)


def _replace_next(match: re.Match[str], mapping: RedactionMap) -> str:
    """The line after a server's 334, unless it is a reply itself."""
    value = match["value"]
    return match[0] if len(value) == 3 and value.isdigit() else replace_group(Kind.SECRET)(match, mapping)


def _replace_sent(match: re.Match[str], mapping: RedactionMap) -> str:
    """smtplib's debug output: keep the commands, replace everything else that was sent."""
    return match[0] if _COMMAND.match(match["value"]) else replace_group(Kind.SECRET)(match, mapping)


_URLS = (
    Detector(
        ("://", ":\\"),
        expression(
            rf"(?i)\b{_LOGIN_SCHEME}{_SLASHES}(?P<user>[^\s:/\"'<>\[]{{0,128}}):(?!{_PORT})"
            r"(?P<value>(?:(?!://)[^\s\"'<>?]){1,256})@(?=[\w\[])"
        ),
        _replace_login,
    ),
    Detector(
        ("://", ":\\"),
        expression(rf"(?i)\b[a-z][a-z0-9+.-]{{1,20}}{_SLASHES}(?P<user>{_USER}):(?P<value>[^\s/'\"<>]{{1,256}})@"),
        _replace_login,
    ),
    Detector(
        ("://",),
        # Go quotes what it could not parse, with blanks and quotes in it.
        expression(
            rf"(?i)[\"']{_LOGIN_SCHEME}://(?P<user>{_USER}):(?!{_PORT})(?P<value>[^\n]{{1,128}}?)@"
            r"(?=[\w.\[\]-]{1,200}(?::\d{1,5})?(?:[/?]|\\{0,15}[\"']))"
        ),
        _replace_login,
    ),
    Detector(
        ("://",),
        # The end is missing: where a port should be is no number.
        expression(
            rf"(?i)\b{_LOGIN_SCHEME}://(?P<user>[^\s:/@\"'<>\[]{{1,128}}):"
            rf"(?P<value>(?!{_PORT}|[$%{{<\[])[^\s/@\"'<>,;)]{{3,200}})(?=[\"'\s]|$)"
        ),
        _replace_login,
    ),
    Detector(
        ("%3a%2f%2f",),
        expression(
            r"(?i)%3A%2F%2F(?P<user>(?:(?!%3A|%2F)[\w.%~+-]){0,128})%3A(?P<value>(?:(?!%40|%2F)[\w.%~+-]){1,256})(?=%40)"
        ),
        _replace_login,
    ),
    Detector(
        ("+api://", "+https://"),
        expression(r"(?i)\+(?:api|https)://(?P<value>[^\s:/@\"'<>]{6,200})@"),
        replace_group(Kind.TOKEN),
    ),
    Detector(
        ("http",),
        expression(r"\bhttps?://(?P<value>(?=[\w-]{0,80}\d)[\w-]{16,200})@"),
        replace_group(Kind.TOKEN),
    ),
    Detector(
        ("@tcp(", "@unix("),
        expression(r"(?<![\w.])(?P<user>[\w.-]{1,64}):(?P<value>[^\s@]{1,200})@(?=(?:tcp|unix)\()"),
        _replace_login,
    ),
)
_TRANSCRIPTS = (
    Detector(
        ("auth ",),
        expression(
            rf"(?i)\bAUTH[ =]{_MECHANISM}[ \t]+(?P<value>(?!{_MECHANISM}\b)[A-Za-z0-9+/=][A-Za-z0-9+/=_-]{{1,2000}})"
        ),
        _replace_payload,
    ),
    Detector(
        ("send: ",),
        expression(r"\bsend: b?(?P<quote>['\"])(?P<value>.{1,100000}?)(?:(?:\\r)?(?:\\n)?)(?P=quote)"),
        _replace_sent,
    ),
    Detector(
        ("334",),
        expression(
            r"\b334(?:[ -][A-Za-z0-9+/=]{0,1000})?(?:\\r)?(?:\\n|\r?\n)"
            r"(?P<value>[A-Za-z0-9+/]{2,2000}={0,2})(?=[\s\\]|$)"
        ),
        _replace_next,
    ),
    Detector(
        ("334 ",),
        expression(r"\b334[ -](?P<value>[A-Za-z0-9+/]{4,1000}={0,2})"),
        _replace_answer,
    ),
    Detector(
        (),
        expression(
            r"(?m)(?:(?:^|[\s\"')]|\\n)(?:C: |C --> S: |<- ?|--?> ?|~> ?|>>>? ?|> |SMTP>> |CLIENT -(?:>|&gt;) SERVER: "
            r"|> [\w.-]{1,253}\[[^\]\s]{1,60}\](?::\d{1,5})?: )|executeCommand\()(?:b?[\"'])?"
            r"(?P<value>[A-Za-z0-9+/]{4,2000}={0,2})(?=(?:\\r)?(?:\\n|<|[\"')]*:?\s*$))"
        ),
        _replace_answer,
    ),
    Detector(
        ("uncoded ",),  # Postfix' xsasl_cyrus_client.c, at debug_peer_level
        expression(r"\buncoded (?:initial |client )?reply: (?P<value>[^\n]{1,300})"),
        replace_group(Kind.SECRET),
    ),
)
_CALLS = (
    Detector(
        (":plain", ":login", ":cram_md5"),
        expression(
            r"[\"'](?P<user>[^\"'\s]{1,200})[\"'],\s{0,4}[\"'](?P<value>[^\"']{1,200})[\"'],\s{0,4}:(?:plain|login|cram_md5)\b"
        ),
        _replace_login,
    ),
    Detector(
        ("login(", "authenticate(", "auth(", "plain_auth", "plainauth("),
        expression(
            r"(?i)\b(?:login|authenticate|plainauth|plain_auth|auth)\((?:[\"']{2},\s?)?[bu]?[\"'](?P<user>[^\"']{1,200})[\"'],"
            r"\s{0,4}[bu]?[\"'](?P<value>[^\"']{1,200})[\"']"
        ),
        _replace_login,
    ),
    Detector(
        ("curl ",),
        expression(
            r"(?<=\s)(?:-u ?|--user[ =])\\{0,15}[\"']?(?P<user>[^\s:\"'\\]{1,100}):(?P<value>[^\s\"'\\]{1,200})"
        ),
        _replace_login,
    ),
    Detector(
        ("doveadm",),
        expression(r"\bdoveadm (?:\S{1,40} ){0,4}auth (?:test|login) (?P<user>[^\s-]\S{0,200}) (?P<value>\S{1,200})"),
        _replace_login,
    ),
)
_MAPS = (
    # Postfix' smtp_sasl_password_maps: a server, a blank, user:password.
    Detector(
        ("]:",),
        expression(r"\]:\d{1,5}[ \t]{1,20}(?P<user>[^\s:]{1,200}):(?P<value>(?!\d{1,6}(?!\w))\S{4,200})"),
        _replace_told_login,
    ),
    Detector(
        (":",),
        expression(
            r"(?m)^\[?(?=[\w-]{0,60}[.@])[\w.@-]{1,200}\]?(?::\d{1,5})?[ \t]{1,20}"
            r"(?P<user>[^\s:]{1,200}):(?P<value>(?!\d{1,6}(?!\w))[^\s:]\S{3,200})[ \t]{0,20}$"
        ),
        _replace_told_login,
    ),
    Detector(
        ("static:",),
        expression(r"\bstatic:(?P<user>[^\s:]{1,200}):(?P<value>\S{1,200})"),
        _replace_login,
    ),
    Detector(
        ("client_send",),  # Exim's plaintext authenticator
        expression(
            r"\bclient_send\s?=\s?[^:^\n]{0,80}[:^]\s?(?P<user>[^\s:^]{1,200})\s?[:^]\s?(?P<value>[^\s:^]{1,200})"
        ),
        _replace_login,
    ),
    Detector(
        ("authinfo",),  # Sendmail's
        expression(r"\"[UI]:(?P<user>[^\"\n]{1,200})\"[^\n]{0,80}?\"P:(?P<value>[^\"\n]{1,200})\""),
        _replace_login,
    ),
    Detector(
        ("pass",),  # netrc, and what Java tells of a login
        expression(
            r"(?i)\b(?:login|user(?:name)?):?[ \t]{1,4}(?P<user>[^\s,;:'\"]{1,200}),?[ \t]{1,4}"
            r"pass(?:word)?:?[ \t]{1,4}(?P<value>[^\s'\"]{4,200})"
        ),
        _replace_told_login,
    ),
)

LOGINS = (*_URLS, *_TRANSCRIPTS, *_CALLS, *_MAPS)
"""URLs first: what stands before their @ looks like an address."""
