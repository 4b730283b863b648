"""Tokens, with which whoever has them can act: in links, headers and jobs' arguments, and keys of providers."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from maillogdiag.expressions import expression
from maillogdiag.redaction.detecting import QUOTE, Detector, keyed, paired, replace_group, replace_keyed
from maillogdiag.redaction.hosts import is_kept
from maillogdiag.redaction.kinds import Kind
from maillogdiag.redaction.mapping import RedactionMap

_TOKEN_KEYS = r"(?:token|otp(?:_attempt|_code)?|nonce|signature|cookie|csrf|session_?key|confirmation_?key)"
_TOKEN_PATHS = (
    r"/accounts/do_confirm/|/accounts/confirm/|/accounts/password/reset/[\w-]{1,30}/|/accounts/[\w-]{1,30}/subdomain/|"
    r"/join/|/new/|/create_realm/|/new/demo/|/invite/|/invites/|/unsubscribe/|/email_unsubscribe/[\w-]{1,40}/|"
    r"/setpassword/|lostpassword/reset/form/|/reset_password/|/password/reset/|/confirm_email/|/verify/|/i/|"
    r"/hooks/|/files/public/|/reset/[\w-]{1,30}/"
)
# What else an application may call the page to which a mail with a token leads.
_TOKEN_PAGE = r"/[\w-]{0,40}(?:confirm|verif|reset|invit|activat|unsubscri|register|magic)[\w-]{0,40}/(?:[\w-]{1,40}/)?"
# As the providers write them, most with their name in front.
_API_KEYS = (
    r"SG\.[\w-]{8,40}\.[\w-]{20,80}|key-[0-9a-z]{32}|[0-9a-z]{32}-[0-9a-f]{8}-[0-9a-f]{8}|(?:AKIA|ASIA)[0-9A-Z]{12,20}|"
    r"x(?:key|smtp)sib-[\w-]{20,120}|eyJ[\w-]{8,4000}\.[\w-]{4,4000}(?:\.[\w-]{0,2000})?|re_\w{16,60}|mlsn\.\w{30,90}|"
    r"md-[\w-]{20,40}|api-[0-9A-F]{32}|gh[a-z]_\w{30,60}|github_pat_\w{20,100}|gl[a-z]{2,4}-[\w-]{20,60}|"
    r"(?:sk|pk|rk)_(?:live|test)_\w{10,100}|sk-[\w-]{20,200}|xox[a-z]-[\w-]{10,200}|ya29\.[\w-]{20,400}|"
    r"AIza[\w-]{30,40}|GOCSPX-[\w-]{20,40}|do[a-z]_v1_[0-9a-f]{64}|(?<=Zoho-enczapikey )[\w+/=.-]{10,200}"
)
_CHANGES = expression(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_PIECE = expression(r"[\w-]{10,200}")


def looks_random(text: str) -> bool:
    """Whether letters and digits alternate as in no word and no name: "Zr8TnQ2vLp" does, "ResetMailer2" doesn't."""
    plain = text.replace("-", "").replace("_", "")
    has_digit = any(map(str.isdigit, plain))
    return len(plain) >= (10 if has_digit else 20) and len(_CHANGES.findall(plain)) >= len(plain) / 4


def _replace_argument(match: re.Match[str], mapping: RedactionMap) -> str:
    return replace_group(Kind.TOKEN)(match, mapping) if looks_random(match["value"]) else match[0]


def _replace_arguments(match: re.Match[str], mapping: RedactionMap) -> str:
    """A job's arguments behind a GlobalID: tokens, addresses, the user's browser; keys stay."""
    return match["id"] + _QUOTED_ARGUMENT.sub(
        lambda quoted: replace_group(Kind.TOKEN)(quoted, mapping), match["arguments"]
    )


def _replace_link(match: re.Match[str], mapping: RedactionMap) -> str:
    """What is random in the path, query or fragment of a URL, unless it leads to a provider or a project."""
    try:
        host = urlsplit(f"https://{match['host']}").hostname or ""
    except ValueError:
        host = ""
    if is_kept(host):
        return match[0]
    return match["host"] + _PIECE.sub(
        lambda piece: mapping.stand_in(Kind.TOKEN, piece[0]) if looks_random(piece[0]) else piece[0], match["rest"]
    )


# What stands in front tells a quotation mark that opens from one that closes: `"redirect_url":null,"client"`.
_QUOTED_ARGUMENT = expression(rf"(?<=[\s\[{{(,:>]){QUOTE}(?P<value>(?!_aj_)[^\"'\\]{{6,300}})(?P=quote)(?!\s?(?::|=>))")

TOKENS = (
    Detector(
        ("key: ", "token: ", "secret: "),
        expression(
            r"(?i)(?<![A-Za-z0-9])[\w.-]{0,40}(?:api-?key|token|secret): "
            r"(?P<value>(?=[\w.~+/=-]{0,80}\d)[\w.~+/=-]{8,300})(?![\w.])"
        ),
        replace_group(Kind.TOKEN),
    ),
    Detector(
        ("key", "token"),
        expression(rf"(?i)(?:api-?key|token)(?:\\{{0,15}}[\"'])?:\s?\[{QUOTE}(?P<value>[^\"'\\]{{8,300}})"),
        replace_group(Kind.TOKEN),
    ),
    Detector(
        ("code", "otp "),
        expression(
            r"(?i)\b(?:(?:verification|login|security|confirmation|access|one-time|two-factor)[ -]code(?: is)?:?|otp) "
            r"(?P<value>(?!\d{3}[ -][245]\.\d)\d{3} ?\d{1,7})\b"
        ),
        replace_group(Kind.TOKEN),
    ),
    Detector(
        (" code",),
        expression(r"(?i)\b(?P<value>\d{4,10}) is your (?:[\w-]{1,20} ){0,3}code\b"),
        replace_group(Kind.TOKEN),
    ),
    Detector(
        ("bearer ", "basic ", "authorization"),
        expression(r"(?i)\b(?:bearer|authorization:? (?:basic|token))[ =](?P<value>[\w.~+/=-]{8,2000})"),
        replace_group(Kind.TOKEN),
    ),
    Detector(
        ("digest ",),
        expression(r"(?i)\bdigest username=.{0,2000}?\bresponse=\\{0,15}\"(?P<value>[0-9a-f]{32,128})"),
        replace_group(Kind.TOKEN),
    ),
    # Each cookie of a header, but for those that are too short to be a session.
    Detector(
        ("cookie",),
        expression(
            r"(?i)(?:cookie[\"'\\]{0,16}\s?(?::|=>)\s?[\"'\\]{0,16}|[;\s]\s?)[\w.-]{0,60}(?:sess|sid|token|auth|user|remember|login)"
            r"[\w.-]{0,60}=(?P<value>[^\s;,\"'\\]{6,2000})"
        ),
        replace_group(Kind.TOKEN),
    ),
    Detector(
        ("token", "otp", "nonce", "signature", "cookie", "csrf", "key"),
        expression("(?i)" + keyed(_TOKEN_KEYS, bare=r"[\w.~+/%=:-]{4,300}", is_ending=True)),
        replace_keyed(Kind.TOKEN),
    ),
    Detector(("token",), expression("(?i)" + paired("token")), replace_group(Kind.TOKEN)),
    Detector(
        ("?", "&", "%3f"),
        expression(
            r"(?i)(?:[?&;]|%3f|%26|&amp;)(?:\w{0,30}token|key|(?:oob)?code|sig|hash|id|auth|secret|t|k)(?:=|%3d)(?P<value>[\w.~+-]{12,300})"
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
        ("gid:",),
        expression(r"(?P<id>gid:(?:\\{0,15}/){2}[\w:/.\\-]{1,200})(?P<arguments>[^\]\n]{1,2000})"),
        _replace_arguments,
    ),
    Detector(
        ("args", "arguments", "job", "failed", "error performing"),
        expression(rf"(?:(?<=[\[(,])|(?<=[\[(,]\s)){QUOTE}(?P<value>[\w-]{{12,200}})(?P=quote)(?=\s?[,\])])"),
        _replace_argument,
    ),
    Detector((), expression(rf"(?<![\w.-])(?P<value>{_API_KEYS})"), replace_group(Kind.TOKEN)),
    Detector(
        ("://",),
        expression(r"(?<=://)(?P<host>[\w.:@\[\]-]{1,253})(?P<rest>[/?#][^\s\"'<>]{10,2000})"),
        _replace_link,
    ),
)
"""By their place first, by their shape last."""
