"""Sendmail's log, and the small programs that stand in for it: msmtp and sSMTP.

sendmail := queue-id ": to=" address ", …, relay=" host ", dsn=" code ", stat=" status [": " words]
          | queue-id ": from=" address ", …, msgid=<" Message-ID ">, …"
msmtp    := "host=" host … "smtpstatus=" code "smtpmsg='" reply "' errormsg='" words "' exitcode=EX_" name
          | ("msmtp: " | "sendmail: ") words
ssmtp    := ("sSMTP: " | "ssmtp: ") words
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pyparsing as pp

from maillogdiag.events import Event, EventKind
from maillogdiag.expressions import expression
from maillogdiag.failures import read_failure
from maillogdiag.grammars.parts import Delayed, parse_parts
from maillogdiag.records import Record

APP = "sendmail"
_MSMTP = "msmtp"
_MOST_CHARACTERS = 8 * 1024

_PROGRAM = r"(?s)(?:.{0,120}?\b(?:sendmail|sm-mta|sm-msp-queue)\[\d{1,10}\]: )?"
_SENDMAIL = pp.Regex(
    _PROGRAM + r"(?P<queue>[0-9A-Za-z]{8,20}): to=(?P<to>[^,]{1,2000}),(?P<details> |.{0,1000}? )stat=(?P<stat>.*)"
)
_SENDMAIL_FROM = pp.Regex(
    _PROGRAM + r"(?P<queue>[0-9A-Za-z]{8,20}): from=(?P<sender>[^,]{0,320}), size=.{0,300}? "
    r"msgid=<(?P<message_id>[^>\s]{1,250})>"
)
_MSMTP_LOG = pp.Regex(
    r"(?s).{0,60}?\bhost=(?P<host>\S{1,255}) .{0,2000}?\brecipients=(?P<to>\S{0,2000}) (?P<details>.*?)"
    r" ?exitcode=EX_(?P<exit>[A-Z]{2,15})"
)
_SPOKEN = pp.Regex(r"(?s).{0,120}?\b(?P<program>msmtp|sSMTP|ssmtp)(?:\[\d{1,10}\])?: (?P<words>.*)")
_GRAMMAR = Delayed(lambda: _SENDMAIL | _SENDMAIL_FROM | _MSMTP_LOG | _SPOKEN)

_ERROR = expression(r"errormsg='(?P<words>.*?)'(?= exitcode|$| \w{1,12}=)", re.DOTALL)
_REPLY = expression(r"smtpmsg='(?P<words>.*?)'(?= exitcode|$| \w{1,12}=)", re.DOTALL)
_NO_TRY = expression(r"queued|Data format error \(dry run\)|(?:Message )?(?:waiting|hold)", re.IGNORECASE)
_SPOKEN_TROUBLE = expression(
    r"cannot|could not|fail|unable|denied|refused|timed out|error|not accepted|server message|certificate",
    re.IGNORECASE,
)


class _Sendmail:
    """Reads Sendmail, msmtp and sSMTP; see the module."""

    name = APP
    anchors = (
        " stat=",
        " msgid=<",
        "exitcode=EX_",
        "msmtp",
        "sSMTP",
        "ssmtp",
        "Authorization failed",
        "Cannot open ",
    )

    def read(self, record: Record) -> Iterable[Event]:
        """Return how the delivery that `record` tells of ended."""
        text = record.text[:_MOST_CHARACTERS]
        if record.process in ("sSMTP", "ssmtp"):
            text = f"{record.process}: {text}"
        parts = parse_parts(_GRAMMAR, text)
        if parts is None:
            return ()
        if "stat" in parts:
            return _read_sendmail(record, parts)
        if "message_id" in parts:
            return (_read_arrival(record, parts),)
        if "exit" in parts:
            return _read_msmtp(record, parts)
        return _read_spoken(record, parts)


def _read_sendmail(record: Record, parts: dict[str, str]) -> tuple[Event, ...]:
    queue, status = f"queue:{parts['queue']}", parts["stat"]
    if _NO_TRY.match(status):
        return ()
    keys = (f"{queue}/{parts['to'][:320]}",)
    is_sent = status.startswith("Sent")
    kind = EventKind.ACCEPTED if is_sent else EventKind.FAILED
    failure = None if is_sent else read_failure(status, app=APP)
    event = Event(kind, APP, record, "sendmail-delivery", keys, queue, failure, recipient=parts["to"][:320])
    return (event._replace(is_final=not is_sent and "dsn=5" in parts["details"]),)


def _read_arrival(record: Record, parts: dict[str, str]) -> Event:
    """Sendmail took a mail into its queue; its later lines name the queue id alone."""
    queue, sender = f"queue:{parts['queue']}", parts["sender"].strip("<>")
    sent_as = parts["message_id"]
    return Event(EventKind.ENQUEUED, APP, record, "sendmail-arrival", (), queue, sender=sender, message_id=sent_as)


def _read_msmtp(record: Record, parts: dict[str, str]) -> tuple[Event, ...]:
    """msmtp's log names the server's reply and its own words for it."""
    words = " ".join(
        found["words"] for pattern in (_REPLY, _ERROR) if (found := pattern.search(parts["details"])) is not None
    )
    is_sent = parts["exit"] == "OK"
    kind = EventKind.ACCEPTED if is_sent else EventKind.FAILED
    failure = None if is_sent else read_failure(words or parts["exit"], app=_MSMTP, host=parts["host"])
    keys = (f"line:{record.time}/{record.text[:300]}",) if record.time else ()
    return (Event(kind, _MSMTP, record, "msmtp-log", keys, failure=failure, recipient=parts["to"][:320]),)


def _read_spoken(record: Record, parts: dict[str, str]) -> tuple[Event, ...]:
    """What the program says to its caller, in several lines for one mail: the last is "could not send mail"."""
    words = parts["words"]
    if not _SPOKEN_TROUBLE.search(words):
        return ()
    app = parts["program"].lower()
    failure = read_failure(words, app=app)
    is_last = "could not send mail" in words
    keys = (f"pid:{parts['program']}/{record.place.source}/{record.pid or ''}",)
    if is_last:
        return (Event(EventKind.FAILED, app, record, "msmtp-end", keys),)
    return (Event(EventKind.CONTEXT, app, record, "msmtp-words*", keys, failure=failure),)


GRAMMAR = _Sendmail()
