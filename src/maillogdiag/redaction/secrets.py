"""Secrets: passwords, what a login sends, and tokens that let whoever has them act. Always replaced."""

from __future__ import annotations

import base64
import binascii
import re

from maillogdiag.expressions import expression
from maillogdiag.redaction.detecting import QUOTE, Detector, is_empty, keyed, replace_group, replace_keyed
from maillogdiag.redaction.kinds import Kind
from maillogdiag.redaction.mapping import RedactionMap, is_stand_in

# "Username:" and "Password:", with which a server asks (AUTH LOGIN); they are in every transcript.
_PROMPTS = frozenset({"UGFzc3dvcmQ6", "VXNlcm5hbWU6", "UGFzc3dvcmQA", "VXNlciBOYW1lAA=="})
_MECHANISM = r"(?:PLAIN|LOGIN|XOAUTH2?|OAUTHBEARER|CRAM-MD5|DIGEST-MD5|SCRAM-SHA-\d+(?:-PLUS)?|NTLM|GSSAPI|EXTERNAL)"
_SECRET_KEYS = (
    r"(?:password|passwd|passphrase|passwort|pass|secret|secret_key_base|secretkey|secret_?key|"
    r"private_?key|api_?key|access_?key|encrypt_?key|encryption_?key|salt|credentials?|datasource|database_url|auth_?token)"
)
_TOKEN_KEYS = r"(?:token|otp|nonce|signature|cookie|csrf|session_?key|confirmation_?key)"
_TOKEN_PATHS = (
    r"/accounts/do_confirm/|/accounts/confirm/|/accounts/password/reset/[\w-]{1,30}/|/accounts/[\w-]{1,30}/subdomain/|"
    r"/join/|/new/|/create_realm/|/new/demo/|/invite/|/invites/|/unsubscribe/|/email_unsubscribe/[\w-]{1,40}/|"
    r"/setpassword/|lostpassword/reset/form/|/reset_password/|/password/reset/|/confirm_email/|/verify/|/i/|"
    r"/hooks/|/files/public/|/reset/[\w-]{1,30}/"
)
# What else an application may call the page to which a mail with a token leads.
_TOKEN_PAGE = r"/[\w-]{0,40}(?:confirm|verif|reset|invit|activat|unsubscri|register|magic)[\w-]{0,40}/(?:[\w-]{1,40}/)?"


def _looks_encoded(value: str) -> bool:
    """Whether a word behind AUTH is a payload: "PLAIN LOGIN", "failed" and "not" are not."""
    is_word = value.isalpha() and (value.islower() or value.isupper() or value.istitle())
    return not is_word and value not in _PROMPTS


def _decodes_to_text(value: str) -> bool:
    """Whether Base64 `value` holds readable text, or the NUL-separated text of AUTH PLAIN."""
    try:
        data = base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
        text = data.decode()
    except (binascii.Error, ValueError):
        return False
    return bool(text) and all(character.isprintable() or character in "\x00\x01\t\r\n" for character in text)


def _replace_payload(match: re.Match[str], mapping: RedactionMap) -> str:
    return replace_group(Kind.SECRET)(match, mapping) if _looks_encoded(match["value"]) else match[0]


def _replace_answer(match: re.Match[str], mapping: RedactionMap) -> str:
    """A line of a transcript that is nothing but Base64: the client's answer to 334."""
    value = match["value"]
    if value in _PROMPTS or not (_decodes_to_text(value) or value.endswith("=")):
        return match[0]
    return replace_group(Kind.SECRET)(match, mapping)


def _replace_sent(match: re.Match[str], mapping: RedactionMap) -> str:
    """smtplib's debug output: keep the commands, replace everything else that was sent."""
    return match[0] if _COMMAND.match(match["value"]) else replace_group(Kind.SECRET)(match, mapping)


def _replace_encoded(match: re.Match[str], mapping: RedactionMap) -> str:
    """Base64 in running text: of a text, of compressed data (a Sidekiq backtrace), of much of anything."""
    value = match["value"]
    is_mixed = any(c.isupper() for c in value) and any(c.islower() for c in value)
    if value in _PROMPTS or not is_mixed:
        return match[0]
    if value.startswith("eJ") and len(value) > 60:
        return replace_group(Kind.DATA)(match, mapping)
    return replace_group(Kind.SECRET)(match, mapping) if _decodes_to_text(value) else match[0]


def _replace_login(match: re.Match[str], mapping: RedactionMap) -> str:
    user, password = match["user"], match["value"]
    return (
        match[0]
        .replace(user, mapping.stand_in(Kind.USER, user), 1)
        .replace(password, mapping.stand_in(Kind.SECRET, password))
    )


def _replace_credentials(match: re.Match[str], mapping: RedactionMap) -> str:
    user, password = match["user"], match["value"]
    user = mapping.stand_in(Kind.USER, user) if user and not is_stand_in(user) else user
    password = password if is_empty(password) else mapping.stand_in(Kind.SECRET, password)
    return f"{match['before']}{user}:{password}@"


def _replace_arguments(match: re.Match[str], mapping: RedactionMap) -> str:
    """A job's arguments behind a GlobalID: tokens, addresses, the user's browser; keys stay."""
    return match["id"] + _QUOTED_ARGUMENT.sub(
        lambda quoted: replace_group(Kind.TOKEN)(quoted, mapping), match["arguments"]
    )


_COMMAND = expression(r"(?i)(?:ehlo|helo|lhlo|mail from|rcpt to|data|rset|quit|noop|starttls|vrfy|auth)\b", re.ASCII)
# What stands in front tells a quotation mark that opens from one that closes: `"redirect_url":null,"client"`.
_QUOTED_ARGUMENT = expression(rf"(?<=[\s\[{{(,:>]){QUOTE}(?P<value>(?!_aj_)[^\"'\\]{{6,300}})(?P=quote)(?!\s?(?::|=>))")

# In what a forum made of a hash no detector would know a quotation mark.
_CURLY_QUOTES = Detector(("\u201c", "\u201d", "\u201e"), expression("[\u201c\u201d\u201e]"), lambda match, mapping: '"')

SECRETS = (
    _CURLY_QUOTES,
    Detector(
        ("://",),
        expression(
            r"(?P<before>\b[a-z][a-z0-9+.-]{1,20}://)(?P<user>[^\s:/@'\"<>]{0,128}):(?P<value>[^\s/'\"<>]{1,256})@"
        ),
        _replace_credentials,
    ),
    Detector(
        ("@tcp(", "@unix("),
        expression(r"(?P<before>(?<![\w.]))(?P<user>[\w.-]{1,64}):(?P<value>[^\s@]{1,200})@(?=(?:tcp|unix)\()"),
        _replace_credentials,
    ),
    Detector(
        ("auth ",),
        expression(rf"(?i)\bAUTH[ =]{_MECHANISM}\s+(?P<value>(?!{_MECHANISM}\b)[A-Za-z0-9+/=_-]{{2,2000}})"),
        _replace_payload,
    ),
    Detector(
        ("send: ",),
        expression(r"\bsend: b?(?P<quote>['\"])(?P<value>.{1,100000}?)(?:(?:\\r)?(?:\\n)?)(?P=quote)"),
        _replace_sent,
    ),
    Detector(
        ("334 ",),
        expression(r"\b334[ -](?P<value>[A-Za-z0-9+/]{4,1000}={0,2})"),
        _replace_answer,
    ),
    Detector(
        (),
        expression(
            r"(?m)(?:(?:^|[\s\"'])(?:C: |<- ?|-> ?|~> ?|>>> ?|> |>|CLIENT -> SERVER: )|executeCommand\()b?[\"']?"
            r"(?P<value>[A-Za-z0-9+/]{4,2000}={0,2})(?=(?:\\r)?(?:\\n)?[\"')]*\s*$)"
        ),
        _replace_answer,
    ),
    Detector(
        (":plain", ":login", ":cram_md5"),
        expression(
            r"[\"'](?P<user>[^\"'\s]{1,200})[\"'],\s{0,4}[\"'](?P<value>[^\"']{1,200})[\"'],\s{0,4}:(?:plain|login|cram_md5)\b"
        ),
        _replace_login,
    ),
    Detector(
        ("curl ",),
        expression(r"(?<=\s)(?:-u ?|--user[ =])[\"']?(?P<user>[^\s:\"']{1,100}):(?P<value>[^\s\"']{1,200})"),
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
        ("pass", "secret", "key", "salt", "credential", "datasource", "database_url", "auth"),
        expression("(?i)" + keyed(_SECRET_KEYS, bare=r"[^\s'\"]{1,300}", is_ending=True)),
        replace_keyed(Kind.SECRET),
    ),
    Detector(
        ("pass", "secret", "key", "salt"),
        # YAML, and settings pasted beside a log: the whole rest of the line.
        expression(rf"(?im)^[ \t>-]{{0,12}}[\w.-]{{0,60}}?{_SECRET_KEYS}[ \t]{{0,3}}: (?P<value>[^\s\"'].{{0,200}})$"),
        replace_group(Kind.SECRET),
    ),
    Detector(
        ("{", "map["),
        # Go's %v and %+v write a setting without quotes: map[password:x], {Password:x}.
        expression(
            r"(?i)(?<=[\[{ ])\w{0,40}(?:password|secret|token):(?P<value>[^\s\"':/\]}][^\s\]}]{0,200})(?=[\s\]}])"
        ),
        replace_group(Kind.SECRET),
    ),
    Detector(
        ("password ",),
        expression(r"(?i)\bpassword (?P<value>(?=\S{0,60}\d)(?=\S{0,60}[a-z])[^\s\"'<>():;,=]{6,64})(?=$|[\s\"',;)])"),
        replace_group(Kind.SECRET),
    ),
    Detector(
        ("key: ", "token: ", "secret: "),
        expression(
            r"(?i)\b(?:[\w-]{0,40}-)?(?:api-?key|token|secret): "
            r"(?P<value>(?=[\w.~+/=-]{0,80}\d)[\w.~+/=-]{8,300})(?![\w.])"
        ),
        replace_group(Kind.TOKEN),
    ),
    Detector(
        ("code",),
        expression(
            r"(?i)\b(?:verification|login|security|confirmation|access|one-time|two-factor)[ -]code(?: is)?:? "
            r"(?P<value>\d{4,10})\b"
        ),
        replace_group(Kind.TOKEN),
    ),
    Detector(
        ("bearer ", "basic ", "authorization"),
        expression(r"(?i)\b(?:bearer|authorization:? (?:basic|token))[ =](?P<value>[\w.~+/=-]{8,2000})"),
        replace_group(Kind.TOKEN),
    ),
    Detector(
        ("token", "otp", "nonce", "signature", "cookie", "csrf", "key"),
        expression("(?i)" + keyed(_TOKEN_KEYS, bare=r"[\w.~+/%=:-]{4,300}", is_ending=True)),
        replace_keyed(Kind.TOKEN),
    ),
    Detector(
        ("?", "&", "%3f"),
        expression(
            r"(?i)(?:[?&;]|%3f|%26|&amp;)(?:\w{0,30}token|key|code|sig|hash|id|auth|secret|t|k)(?:=|%3d)(?P<value>[\w.~+-]{12,300})"
        ),
        replace_group(Kind.TOKEN),
    ),
    Detector(
        ("/",),
        expression(rf"(?:{_TOKEN_PATHS})(?!v\d)(?P<value>(?=[\w-]{{0,80}}\d)[\w-]{{6,200}}|[\w-]{{16,200}})"),
        replace_group(Kind.TOKEN),
    ),
    Detector(
        ("confirm", "verif", "reset", "invit", "activat", "unsubscri", "register", "magic"),
        expression(rf"(?i){_TOKEN_PAGE}(?P<value>(?=[\w:-]{{0,80}}\d)[\w:-]{{12,200}}|[\w-]{{24,200}})(?![\w.:-])"),
        replace_group(Kind.TOKEN),
    ),
    Detector(
        ("gid://",),
        expression(r"(?P<id>gid://[\w:/.-]{1,200})(?P<arguments>[^\]\n]{1,2000})"),
        _replace_arguments,
    ),
    Detector(
        ("sg.", "key-", "akia", "asia", "xkeysib-", "xsmtpsib-", "eyj", "re_", "ghp_", "sk-", "xox", "ya29."),
        expression(
            r"(?<![\w.-])(?P<value>SG\.[\w-]{8,40}\.[\w-]{20,80}|key-[0-9a-f]{32}|(?:AKIA|ASIA)[0-9A-Z]{12,20}|"
            r"x(?:key|smtp)sib-[\w-]{20,120}|eyJ[\w-]{8,4000}\.[\w-]{4,4000}(?:\.[\w-]{0,2000})?|re_\w{16,60}|"
            r"ghp_\w{30,60}|sk-[\w-]{20,200}|xox[abp]-[\w-]{10,200}|ya29\.[\w-]{20,400})"
        ),
        replace_group(Kind.TOKEN),
    ),
    Detector(
        (),
        expression(
            r"(?<![A-Za-z0-9+/_.%-])(?P<value>(?:[A-Za-z0-9+/]{4}){4,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)(?![A-Za-z0-9+/=])"
        ),
        _replace_encoded,
    ),
    Detector(
        (),
        expression(
            r"(?<![A-Za-z0-9+/_.%-])(?P<value>(?:[A-Za-z0-9+/]{4}){2,3}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=))(?![A-Za-z0-9+/=])"
        ),
        _replace_encoded,
    ),
)
"""In this order: what one replaced is none of the next one's."""
