"""Entries of named values, as programs in Go log them: one value says what was done, another why it failed.

    level=error ts=2026-11-20T09:14:05.123Z msg="Failed to send email" err="dial tcp 192.0.2.25:587: i/o timeout"
    {"level":"error","ts":1795166045.1,"msg":"Failed to send email","error":"535 5.7.8 no such login"}

The shapes are those of logfmt, logrus, log15, go-kit/log, zap, zerolog and slog.
"""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from typing import NamedTuple

from maillogdiag.expressions import expression
from maillogdiag.grammars.members import read_members, read_pairs
from maillogdiag.grammars.reason_keys import gist_of
from maillogdiag.records import Record
from maillogdiag.times import time_of

_LOGFMT = expression(r"(?:^|\s)msg=\"")
_MESSAGE_KEYS = ("msg", "message")
_REASON_KEYS = ("err", "error", "Error")
_LEVEL_KEYS = ("level", "lvl", "severity")
_TIME_KEYS = ("time", "ts", "t", "timestamp", "date")
_STAMP = expression(
    r"\W{0,4}(?:\w{1,12}\W{1,4}){0,2}?"  # a level
    r"(?P<day>(?:19|20)\d\d[-/]\d\d[-/]\d\d)[T ](?P<clock>\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)"
    r"(?: ?(?P<zone>Z|[+-]\d\d:?\d\d))?"
)
# What is no time since 1970 in this century is a duration, a line number, a date without dashes.
_EARLIEST_S, _LATEST_S = 946_684_800, 4_102_444_800
_ADDRESS = expression(r"[^\s\"'<>:=,;\[\]]{1,64}@[\w.-]{1,255}")
# An event's forms must not be as many as a program's messages.
_MOST_FORMS = 997


class Structured(NamedTuple):
    """What such an entry says.

    Args:
        level: as logged; empty where no value tells it.
        message: what was being done; with the reason behind it where no other value tells that.
        reason: why it failed; empty where it stands in the message, or in a value of another name.
        time: when, where a value tells it.
        addresses: the mail addresses in its other values, and in the message.
    """

    level: str
    message: str
    reason: str
    time: datetime | None
    addresses: frozenset[str]

    @property
    def form(self) -> str:
        """For an event: a failure's next entry is the caller's, who says it in other words or at another level."""
        return f"structured-{zlib.crc32(f'{self.level} {self.message}'.encode(errors='replace')) % _MOST_FORMS}"

    def key_in(self, record: Record) -> str:
        """Return what ties the entries that a program logs of one failed mail: the sender's, its caller's and so on."""
        program = f"{record.place.source}/{record.host or ''}/{record.unit or ''}/{record.process or ''}"
        second = f"{record.time:%H:%M:%S}" if record.time else ""  # two mails may fail alike, one after the other
        return f"why:{program}/{second}/{gist_of(self.reason or self.message)}/{' '.join(sorted(self.addresses))}"


def read_structured(text: str) -> Structured | None:
    """Return what an entry of named values says; None where none of them is a message."""
    values = _values_of(text)
    message, reason, level, stamp = (
        next((values[name] for name in names if values.get(name)), "")
        for names in (_MESSAGE_KEYS, _REASON_KEYS, _LEVEL_KEYS, _TIME_KEYS)
    )
    if not message:
        return None
    others = " ".join(value for value in values.values() if value != reason)
    time = _epoch(stamp) or time_in(stamp)
    return Structured(level, message, reason, time, frozenset(_ADDRESS.findall(others)))


def time_in(text: str) -> datetime | None:
    """Return the time that `text` begins with, also Go's "2026/11/20 09:14:05"; without a zone it is the machine's."""
    found = _STAMP.match(text)
    if found is None:
        return None
    stamp = f"{found['day'].replace('/', '-')} {found['clock']}"
    if not found["zone"]:
        return time_of(stamp)
    try:
        return datetime.fromisoformat(stamp + found["zone"])
    except ValueError:
        return None


def _values_of(text: str) -> dict[str, str]:
    start = text.find('{"')
    if start >= 0 and _LOGFMT.search(text, 0, start) is None:
        members = read_members(text[start:])
        return {key: str(value) for key, value in members.items() if isinstance(value, str | float | int)}
    return read_pairs(text) if _LOGFMT.search(text) else {}


def _epoch(text: str) -> datetime | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    if seconds > _LATEST_S:  # bunyan and pino count milliseconds
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC) if _EARLIEST_S < seconds < _LATEST_S else None
