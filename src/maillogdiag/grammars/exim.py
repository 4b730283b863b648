"""Exim 4: mainlog, where each line of a message begins with its id.

    line     := [time] [id] (arrival | delivery | trouble | refusal)
    arrival  := "<=" sender … ["id=" Message-ID] …
    delivery := ("=>" | "->") address … | "==" address … "defer (" errno ")" words | "**" address … ":" words
    trouble  := "H=" host "[" ip "]" words | "SMTP error from remote mailer after" words
              | mechanism "authenticator failed H=" host "[" ip "]" reply

`2026-11-20 09:14:05 1xUhAb-00000T-30 == ada@example.net R=smarthost T=smtp defer (111): Connection refused`

A line of trouble tells of one host; the line for the address (=>, ==, **) says how the try ended. With -v or -d, as in
containers, Exim logs it without time and id; a returned mail says the same in several lines below the address:

    returned := address {host "[" ip "]"} "SMTP error from remote mail server after" step ":" {host …} reply

Source: Exim's specification, chapter "Log files".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

import pyparsing as pp

from maillogdiag.events import Event, EventKind
from maillogdiag.expressions import expression
from maillogdiag.failures import Failure, Phase, read_failure
from maillogdiag.grammars.clients import is_near
from maillogdiag.grammars.parts import Delayed, parse_parts
from maillogdiag.records import Record
from maillogdiag.times import aware

APP = "exim"
_MOST_CHARACTERS = 8 * 1024

_TIME = pp.Regex(r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d{1,6})?(?: (?P<zone>[+-]\d{4}))?(?: \[\d{1,10}\])?")
_ID = pp.Regex(r"(?P<id>[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4})(?= )")
_FIELDS = r"(?P<fields>(?: (?:<[^>]{0,320}>|[A-Z]{1,4}=\S{1,320}|\[[^\]]{1,60}\](?::\d{1,5})?)){0,20})"
_ARRIVAL = pp.Regex(r"(?s)<= (?P<sender>\S{1,320})(?P<arrival>.*)")
_DELIVERED = pp.Regex(r"(?:=>|->) (?P<delivered>[^\s:]\S{0,320})")
_NOT_DELIVERED = pp.Regex(
    r"(?s)(?P<sign>==|\*\*) (?P<to>[^\s:]{1,320})" + _FIELDS + r"(?: defer \(-?\d{1,6}\))?(?:[ :]|$)(?P<words>.*)"
)
_TROUBLE = pp.Regex(
    r"(?s)(?P<trouble>H=\S{1,255} (?:\([^)]{1,255}\) )?\[[^\]]{1,60}\](?::\d{1,5})?(?::? )(?!F=).*"
    r"|SMTP error from remote mail(?:er| server) after .*"
    r"|[\w-]{1,40} authenticator failed H=.*|no (?:IP address|host name) found for .*)"
)
_CLIENT = r"(?P<client>[^\s\[(]{0,255}) ?(?:\([^)]{0,255}\) )?\[(?P<address>[^\]]{1,60})\]"
_REFUSAL = pp.Regex(
    r"(?s)(?:[\w-]{1,40} authenticator failed for )?(?:F=\S{0,320} )?(?:H=)?" + _CLIENT + r"(?::\d{1,5})?.{0,400}?"
    r"(?P<reply>(?:temporarily )?rejected (?:RCPT|MAIL|EHLO|HELO|after DATA|connection|by local_scan).*|: 535 .*)"
)
# What the client sent stands in it, so that the last "H=" is Exim's.
_OUT_OF_STEP = pp.Regex(
    r"(?s)(?P<said>SMTP protocol (?:synchronization )?error .{0,1000}) H=" + _CLIENT + r"(?::\d{1,5})?(?: I=\S{1,80})?"
    r"(?P<reply>.*)"
)
_DROPPED = pp.Regex(r"(?s)SMTP c(?:all|onnection) from " + _CLIENT + r".{0,200}? dropped: (?P<reply>.*)")
_REFUSAL_WORDS = (" rejected ", "authenticator failed for", "SMTP protocol ", " dropped: ")
_LINE = Delayed(lambda: pp.Opt(_TIME) + _ID + (_ARRIVAL | _DELIVERED | _NOT_DELIVERED | _TROUBLE))
_REFUSAL_LINE = Delayed(lambda: pp.Opt(_TIME) + pp.Opt(_ID) + (_OUT_OF_STEP | _DROPPED | _REFUSAL))

_NO_ID_LINE = Delayed(lambda: _NOT_DELIVERED | _TROUBLE)
_NO_ID = expression(
    r"(?:^|\s)(?=(?:==|\*\*) [^\s:]{1,320} (?:<[^>]{0,320}> )?R=\w|[\w-]{1,40} authenticator failed H=)", re.MULTILINE
)
_RETURNED = expression(
    r"(?P<to>[^\s<>]{1,250}@[\w.-]{1,250})>?\s{1,12}(?:\([^)]{1,400}\)\s{1,12})?"
    r"(?:host \S{1,255} \[[^\]]{1,60}\]:?\s{1,12})?"
    r"SMTP error from remote mail(?:er| server) after (?P<said>.*?)(?=\n\s*\n|\n-{2}|\Z)",
    re.DOTALL,
)
_RETRY_OVER = expression(r":?\s{0,12}retry timeout exceeded")

_MESSAGE_ID = expression(r" id=(?P<message_id>\S{1,250})")
_HOST = expression(r"H=(?P<host>[\w.-]{1,255}) (?:\([^)]{1,255}\) )?\[[^\]]{1,60}\](?::(?P<port>\d{1,5}))?")
# Hosts that were tried before and are not tried again yet: no try of its own.
_NOT_TRIED = expression(
    r"retry time not reached|Retry time not yet reached|domain matches queue_smtp_domains|-odqs? set"
)
# A line above says which: this line shall not have the last word.
_VAGUE = expression(r"authentication attempt\(s\) failed|all hosts .{0,300} have been failing")
# Said of a server that hangs up after the mail was accepted as well.
_HANGUP = expression(r"TLS error on connection \(\w{1,20}\)|non-properly terminated")
_AFTER = expression(
    r"(?:after|response to) (?:pipelined )?(?P<step>[A-Za-z]{4,8}(?: (?:FROM|TO|of data|connection|data))?)"
)
_PHASES = {
    "initial connection": Phase.GREETING, "EHLO": Phase.EHLO, "HELO": Phase.EHLO, "STARTTLS": Phase.STARTTLS,
    "AUTH": Phase.AUTH, "MAIL FROM": Phase.MAIL_FROM, "RCPT TO": Phase.RCPT_TO, "DATA": Phase.DATA,
    "sending data": Phase.DATA, "end of data": Phase.END_OF_DATA,
}  # fmt: skip


class _Exim:
    """Reads Exim's mainlog; see the module."""

    name = APP
    anchors = (
        " <= ", " => ", " -> ", " == ", "== ", " ** ", "** ", " H=", "authenticator failed", "address found for",
        "SMTP error from remote mail", "SMTP call from", "SMTP connection from",
    )  # fmt: skip

    def read(self, record: Record) -> Iterable[Event]:
        """Return what `record` tells of a delivery, or of a client of ours that was refused."""
        text = record.text[:_MOST_CHARACTERS].strip()
        is_refusal = "SMTP error from remote mail" not in text and any(words in text for words in _REFUSAL_WORDS)
        parts = (is_refusal and parse_parts(_REFUSAL_LINE, text)) or parse_parts(_LINE, text)
        if parts is None:
            return _read_without_id(record, text)
        if record.time is None and "time" in parts:
            record = record.at(_time(parts["time"], parts.get("zone", "")))
        if "reply" in parts:
            return (_read_refusal(record, parts),)
        message = f"exim:{parts['id']}"
        if "arrival" in parts:
            return (_read_arrival(record, parts, message),)
        # Ties the lines of trouble to the line that ends the try, and nothing after that.
        try_key = f"pid:{message}"
        if "trouble" in parts:
            # Several hosts may fail within a second; lines of one form and time would pass for copies.
            form = "exim-hangup?" if _HANGUP.search(parts["trouble"]) else f"exim-trouble {parts['trouble'][:80]}*"
            keys = (try_key, f"line:{record.time}/{parts['id']}/{parts['trouble'][:160]}")
            failure = _failure(parts["trouble"])
            return (Event(EventKind.CONTEXT, APP, record, form, keys, message, failure=failure),)
        return _read_delivery(record, parts, message, (f"{message}/{parts.get('delivered') or parts['to']}", try_key))


def _read_without_id(record: Record, text: str) -> tuple[Event, ...]:
    """The end of a try as Exim shows it to its caller, and as it returns the mail."""
    may_be_line = " R=" in text or "authenticator failed H=" in text
    if may_be_line and (found := _NO_ID.search(text)):
        line = text[found.end() :].partition("\n")[0]
        parts = parse_parts(_NO_ID_LINE, line) or {}
        # Of lines without id those that follow each other are of one try.
        try_key = f"pid:exim/{record.place.source}/{record.pid or ''}"
        if "trouble" in parts:
            failure = _failure(parts["trouble"])
            return (Event(EventKind.CONTEXT, APP, record, "exim-trouble*", (try_key,), failure=failure),)
        return _read_delivery(record, parts, None, (try_key,)) if parts else ()
    if "SMTP error from remote mail" in text and (found := _RETURNED.search(text)):
        failure = _failure(_RETRY_OVER.sub("", f"after {found['said']}"), found[0])
        event = Event(EventKind.FAILED, APP, record, "exim-returned", failure=failure, recipient=found["to"])
        return (event._replace(is_final=True),)
    return ()


def _read_arrival(record: Record, parts: dict[str, str], message: str) -> Event:
    """Exim took a mail into its queue; its later lines name its own id alone."""
    # The subject behind it may hold anything.
    found = _MESSAGE_ID.search(parts["arrival"].partition(' T="')[0])
    message_id = found["message_id"] if found else None
    sender = parts["sender"].strip("<>")
    return Event(EventKind.ENQUEUED, APP, record, "exim-arrival", (), message, sender=sender, message_id=message_id)


def _read_delivery(
    record: Record, parts: dict[str, str], message: str | None, keys: tuple[str, ...]
) -> tuple[Event, ...]:
    """The end of a try for one address."""
    recipient = parts.get("delivered") or parts["to"]
    is_final = parts.get("sign") == "**"
    event = Event(
        EventKind.ACCEPTED, APP, record, "exim-delivery", keys, message, recipient=recipient, is_final=is_final
    )
    if "delivered" in parts:
        return (event,)
    words = f"{parts['fields']} {parts['words']}"
    if _NOT_TRIED.search(words) and parts["sign"] == "==":
        return (event._replace(kind=EventKind.NOTICE),)
    reason = _RETRY_OVER.sub("", parts["words"])
    if not reason.strip(" :"):  # only that it was tried for too long
        return (event._replace(kind=EventKind.FAILED),)
    failure = _failure(reason, words)
    if _VAGUE.search(words):
        context = event._replace(kind=EventKind.CONTEXT, form="exim-reason", failure=failure)
        return (context, event._replace(kind=EventKind.FAILED))
    return (event._replace(kind=EventKind.FAILED, failure=failure),)


def _read_refusal(record: Record, parts: dict[str, str]) -> Event:
    """A client that Exim refused: ours where it is near."""
    if not is_near(parts["client"], parts["address"]):
        return Event(EventKind.NOTICE, APP, record, "exim-stranger-refused")
    failure = read_failure((parts.get("said", "") + parts["reply"]).lstrip(": "), app=APP)
    keys = (f"line:{record.time}/{record.text[:300]}",) if record.time else ()
    return Event(EventKind.FAILED, APP, record, "exim-refused", keys, failure=failure)


def _failure(words: str, context: str = "") -> Failure:
    host = _HOST.search(context or words)
    step = _AFTER.search(words)
    return read_failure(
        words.strip(" :"),
        app=APP,
        phase=_PHASES.get(step["step"]) if step else None,
        host=host["host"] if host else None,
        port=int(host["port"]) if host and host["port"] else None,
    )


def _time(stamp: str, zone: str) -> datetime | None:
    try:
        return aware(datetime.fromisoformat(stamp + zone))
    except ValueError:
        return None


GRAMMAR = _Exim()
