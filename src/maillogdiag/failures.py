"""A failure: one error text, read into the fields that rules match on.

The same reader serves every application: it takes off what Ruby, Python, Go, PHP, Java or Postfix put around a
server's reply, and joins the lines of a reply, so that one rule fits them all.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import pyparsing as pp

from maillogdiag.expressions import expression

_MOST_CHARACTERS = 8 * 1024
# What differs from mail to mail and means nothing: whose address it is, and ids (hexadecimal, or long numbers).
# Searched for from the end of the text: a search for the "@" in front of it takes a tenth of the time.
_LOCAL_PART = expression(r"@(?<=[\w\[]@)[^\s<>()\[\]\"'`,;:=@\\/]{1,64}")
_VARYING = expression(r"\b(?:(?=[a-fA-F]{0,11}\d)[0-9a-fA-F]{12,}|\d{7,})\b")


class Phase(StrEnum):
    """Which step of the SMTP dialogue failed (RFC 5321 section 3, RFC 3207, RFC 4954)."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL_FROM = "mail-from"
    RCPT_TO = "rcpt-to"
    DATA = "data"
    END_OF_DATA = "end-of-data"


class Failure(NamedTuple):
    """What an error text says, however the application wrapped it.

    Args:
        text: the error text as logged, cut to a sane length, whitespace kept.
        normal: lower-cased, multi-line reply joined, quoting and blanks squeezed, addresses' local parts and long
            ids masked: what phrases match on.
        code: SMTP reply code, 200..599, read by position only (never out of an address or a size).
        enhanced: enhanced status code such as "5.7.8" (RFC 3463).
        phase: step of the dialogue, where the text or the application says it.
        exception: exception class as logged, e.g. "Net::SMTPAuthenticationError" or "smtplib.SMTPDataError".
        host: the server that was spoken to.
        port: its port.
        provider: id of the mail provider recognised from host or text, e.g. "gmail".
        app: the application that logged it, e.g. "mastodon".
        setting: instead of a text, the contradiction in the application's settings that will make mail fail, by
            its name in `settings.contradictions`.
    """

    text: str
    normal: str
    code: int | None = None
    enhanced: str | None = None
    phase: Phase | None = None
    exception: str | None = None
    host: str | None = None
    port: int | None = None
    provider: str | None = None
    app: str | None = None
    setting: str | None = None


# reply := code [("-" | " ") enhanced] text            (RFC 5321 section 4.2, RFC 2034 section 4)
_UNIT = r" ?(?:[KMGkmg]i?[Bb]|[Bb]ytes|m?s|sec\w*|min\w*|messages|recipients)\b"
# 465 and 587 are ports: the second digit of a code is at most 5, and where servers go beyond that, 7 or 9. HTTP alone
# has 400 to 409 and 429.
_CODE = pp.Regex(rf"(?!465|587|(?:40\d|429)(?![ -]#?[245]\.\d))(?P<code>[2-5]\d\d)(?![\d@.])(?!{_UNIT})")
_ENHANCED = pp.Regex(r"[ -]?#?(?P<enhanced>[245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY = (_CODE + pp.Opt(_ENHANCED)).leave_whitespace()


class _Worded(NamedTuple):
    """An expression, and words of which whatever it matches has one, in lower case: they are found much faster."""

    pattern: re.Pattern[str]
    words: tuple[str, ...]

    def search(self, text: str, lower: str) -> re.Match[str] | None:
        """Search `text`, which is `lower` in lower case."""
        for word in self.words:
            if word in lower:
                return self.pattern.search(text)
        return None


# Where a reply may begin, the surest place first. A code anywhere else is a size, a port, an address or a time.
_REPLY_PLACES = tuple(
    _Worded(expression(pattern, re.IGNORECASE), tuple(words))
    for pattern, *words in (
        # A web API's response has a status code of HTTP's.
        (r"(?:said|talk to me|server message|responded|returned|replied|(?<!API )response)(?: with)?"
         r":? ?['\"]?(?=[2-5]\d\d[ -])",
         "said", "talk to me", "server message", "responded", "returned", "replied", "response"),
        (r"with message \"(?=[2-5]\d\d[ -])", "with message"),
        (r"got code \"(?=[2-5]\d\d\")", "got code"),
        (r"[({\[, ]\(?(?=[45]\d\d, ?[bu]?['\"])", ","),
        (r"(?:error core|(?<!expected response )(?<!status_)code)\"?[:=]? ?\"?(?=[2-5]\d\d\b)", "error core", "code"),
        (r"status\"?[:=]? ?\"?(?=[45]\d\d\b)", "status"),  # a program's exit status is at most 255
        (r"could not get 3xx \((?=[2-5]\d\d)", "could not get 3xx"),
        (r"(?:permanent|transient) error \((?=[45]\d\d\))", "permanent error (", "transient error ("),  # lettre
        (r"^\W{0,4}(?:smtp; ?|s: )?(?=[45]\d\d(?:[ -]|$))", ""),
        (r"(?:error|exception|refused|busy|command|failed|server)"
         r"(?: \(|: ?| (?=[245]\d\d[ -][245]\.\d))(?=[2-5]\d\d[ -])",
         "error", "exception", "refused", "busy", "command", "failed", "server"),
        (r"(?:(?:after|to) [^:\n]{1,120}: |\(\d[\d.]{6,14}\) )(?:host [^:\n]{1,200}: )?(?=[45]\d\d[ -])",
         "after ", "to ", ") "),
        # no milliseconds: 10:15:20,545 ERROR
        (r"(?:[:;>\]]|(?<!:\d\d),|details:|err=\S{0,40}|->|\.,| -|=\() ?"
         r"(?!465|587)(?=[45]\d\d[ -](?:[45]\.\d|<|['\"`]?[A-Za-z#]))",
         ""),
        (r"smtp[ a-z-]{0,30}error:? ?\(?(?=[45]\d\d\b)", "smtp"),
        (r"\((?=[45]\d\d\)\W*$)", "("),
    )
)  # fmt: skip
_ANY_CODE = expression(r"[2-5]\d\d")
_ANY_ENHANCED = expression(r"[245]\.\d{1,3}\.\d")
_BARE_ENHANCED = (
    expression(r"(?:^\W{0,4}|[:;(\[] ?#?|dsn=|'|\" ?)(?P<enhanced>[245]\.\d\.\d{1,3})(?![\d.])"),
    expression(r"\(#(?P<enhanced>[245]\.\d\.\d{1,3})\)"),
    expression(r"(?:^|[ ,])(?P<enhanced>[45]\.\d\.\d{1,3})(?=[ :(])"),
)

_EXCEPTION = expression(
    r"(?:^|[\s#<:'\"(`,])(?P<name>(?:[A-Za-z_]\w{0,40}(?:::|\.)){0,6}"
    r"(?:E[A-Z]{4,14}|[A-Z]\w{0,60}?(?:Error|Exception|Refused|Disconnected|Busy|Command|Timeout)|timeout|gaierror))"
    r"(?=[\s:(>,)]|$)"
)
_PHASE_WORDS = (
    (Phase.END_OF_DATA, ("end of data", "sending message body", "close connection to", "close smtp data")),
    (Phase.RCPT_TO, ("reply to rcpt to", "after rcpt to", "set the to address", "to email address", "sending rcpt",
                     "rcpt command: ")),
    (Phase.MAIL_FROM, ("reply to mail from", "after mail from", "set the from address", "from email address",
                       " mail command: ")),
    (Phase.DATA, ("reply to data command", "after data", "email message data", " data command: ")),
    (Phase.AUTH, ("sasl authentication failed", "failed to authenticate", "authentication failed:", "reply to auth",
                  "smtp auth failed: ")),
    (Phase.STARTTLS, ("reply to starttls", "cannot start tls", "upgrade failed", "after starttls",
                      "starttls command: ")),
    (Phase.EHLO, ("reply to ehlo", "reply to helo", "response to ehlo", "hello message", "set helo", "set the helo",
                  "ehlo command: ")),
    (Phase.GREETING, ("talk to me", "initial connection", "initial server greeting", "smtpconnecterror")),
)  # fmt: skip
_PHASE_OF_CLASS = {
    "SMTPAuthenticationError": Phase.AUTH,
    "SMTPSenderRefused": Phase.MAIL_FROM,
    "SMTPRecipientsRefused": Phase.RCPT_TO,
    "SMTPDataError": Phase.END_OF_DATA,
    "SMTPHeloError": Phase.EHLO,
    "SMTPConnectError": Phase.GREETING,
    "OpenTimeout": Phase.CONNECT,
    "ECONNREFUSED": Phase.CONNECT,
}
_SERVERS = tuple(
    _Worded(expression(pattern), tuple(words))
    for pattern, *words in (
        (r"(?:host|server|connect to|with|relay=|to server) ?"
         r"(?P<host>[\w-]{1,63}(?:\.[\w-]{1,63}){1,10})(?:\[[^\]\s]*\])?(?::(?P<port>\d{1,5}))?",
         "host", "server", "connect to", "with", "relay="),
        (r"peeraddr=(?P<host>\[?[\w.:]+?\]?):(?P<port>\d{1,5})(?!\S*:\d)", "peeraddr="),
        (r"for \"(?P<host>[^\"\s]{1,255})\" port (?P<port>\d{1,5})", 'for "'),
        (r"(?:tcp|tcp4|tcp6|ssl|tls|smtps?)(?: |://)(?P<host>\[[\w:.]+\]|[\w.-]+):(?P<port>\d{1,5})",
         "tcp", "ssl", "tls", "smtp"),
        (r"(?:to|for|host) \"?(?P<host>\[[\w:.]+\]|[\w-]{1,63}(?:\.[\w-]{1,63}){1,10}):(?P<port>\d{1,5})",
         "to ", "for ", "host "),
        (r"lookup (?P<host>[\w.-]{1,255})", "lookup "),
        (r"\bport (?P<port>\d{1,5})\b", "port "),
        (r"(?<![\w.-])(?P<host>[\w-]{1,63}(?:\.[\w-]{1,63}){1,10}):(?P<port>25|465|587|2525)\b",
         ":25", ":465", ":587"),
    )
)  # fmt: skip

_ESCAPED_BREAK = expression(r"\\r\\n|\\n|\\r|\\t")
_ESCAPED_BYTES = expression(r"(?:\\x[0-9A-Fa-f]{2})+")
_BYTES_QUOTE = expression(r"[bu](?<!\w.)(?=['\"])")
CURLY_QUOTES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"'})
"""What pages make of quotation marks, for `str.translate`."""


@lru_cache(maxsize=256)
def read_failure(
    text: str,
    *,
    app: str | None = None,
    phase: Phase | None = None,
    host: str | None = None,
    port: int | None = None,
) -> Failure:
    """Read an error text; what cannot be found is None. Never raises.

    Args:
        text: as logged, wrappers included; cut at 8 KiB.
        app: the application that logged it.
        phase: the step of the dialogue, where the application says it outside the text.
        host: the server, likewise.
        port: its port, likewise.
    """
    text = text[:_MOST_CHARACTERS]
    said = _read(_VARYING.sub("0", _LOCAL_PART.sub("@resu", text[::-1])[::-1]))
    return Failure(
        text=text,
        normal=said.normal,
        code=said.code,
        enhanced=said.enhanced,
        phase=phase or said.phase,
        exception=said.exception,
        host=host or said.host,
        port=port or said.port,
        app=app,
    )


@lru_cache(maxsize=1024)
def _read(text: str) -> Failure:
    """Read a text whose varying parts are masked: a server says the same to thousands of addresses."""
    flat = flattened(text)
    lower = flat.lower()
    code, enhanced, reply_at = _reply(flat, lower)
    exception = _exception(flat)
    host, port = _server(flat, lower)
    normal = _normalise(flat, lower, reply_at, code, enhanced)
    return Failure(text, normal, code, enhanced, _phase(normal, exception), exception, host, port)


def flattened(text: str) -> str:
    """Return one line: line breaks, real and escaped, become blanks; bytes' escapes are read and their quoting goes."""
    if "\\" in text:
        text = _ESCAPED_BREAK.sub(" ", _ESCAPED_BYTES.sub(_letters, text))
    if not text.isascii():
        text = text.translate(CURLY_QUOTES)
    return " ".join(_BYTES_QUOTE.sub("", text).replace("\\'", "'").replace('\\"', '"').split())


def _letters(escaped: re.Match[str]) -> str:
    """What bytes that Python and Ruby print as "\\xc3\\xb3" stand for."""
    return bytes.fromhex(escaped[0].replace("\\x", "")).decode("utf-8", "replace")


def _normalise(flat: str, lower: str, reply_at: int, code: int | None, enhanced: str | None) -> str:
    """Lower case, and the codes that each line of a multi-line reply repeats taken out."""
    if reply_at < 0:
        return lower
    codes = [f"{code}[- ]", *([re.escape(enhanced) + " "] if enhanced else [])]
    repeated = re.compile(rf"(?<=\s)(?:{'|'.join(codes)})+(?=\S)")
    behind_code = reply_at + len(f"{code} ")
    if enhanced and flat.startswith(enhanced, behind_code):
        behind_code += len(enhanced)
    return (flat[:behind_code] + repeated.sub("", flat[behind_code:])).lower()


def _reply(flat: str, lower: str) -> tuple[int | None, str | None, int]:
    """Reply code, enhanced status code, and where the reply begins (-1: nowhere)."""
    for place in _REPLY_PLACES if _ANY_CODE.search(flat) else ():
        found = place.search(flat, lower)
        if found is None:
            continue
        try:
            parts = _REPLY.parse_string(flat[found.end() : found.end() + 24])
        except pp.ParseException:
            continue
        enhanced = str(parts["enhanced"]) if "enhanced" in parts else _bare_enhanced(flat)
        return int(parts["code"]), enhanced, found.end()
    return None, _bare_enhanced(flat), -1


def _bare_enhanced(flat: str) -> str | None:
    for pattern in _BARE_ENHANCED if _ANY_ENHANCED.search(flat) else ():
        if found := pattern.search(flat):
            return found["enhanced"]
    return None


def _exception(flat: str) -> str | None:
    found = _EXCEPTION.search(flat[:2000])
    return found["name"] if found else None


def _phase(normal: str, exception: str | None) -> Phase | None:
    for phase, words in _PHASE_WORDS:
        for word in words:
            if word in normal:
                return phase
    name = re.split(r"::|\.", exception)[-1] if exception else ""
    return _PHASE_OF_CLASS.get(name)


def _server(flat: str, lower: str) -> tuple[str | None, int | None]:
    host = port = None
    for place in _SERVERS:
        if found := place.search(flat, lower):
            groups = found.groupdict()
            host = host or groups.get("host")
            port = port or (int(groups["port"]) if groups.get("port") else None)
            if host and port:
                break
    return host, port if port is None or port < 65536 else None
