"""When mail was tried: what became of one application's, minute by minute.

A minute takes 24 bytes, so that years of a log are kept as exactly as an hour.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from maillogdiag.mails import ticks_of

_NO_TIME, _MINUTE, _TICK = timedelta(), timedelta(minutes=1), timedelta(microseconds=1)
_TICKS_A_SECOND = 1_000_000


class Minute(NamedTuple):
    """One minute in which mail was tried.

    Args:
        begin: in the zone of the try that was counted first.
        accepted: how many tries …
        failed: … ended which way.
        last_accepted: when the last of the former did; `begin` where none did.
    """

    begin: datetime
    accepted: int
    failed: int
    last_accepted: datetime


class Minutes:
    """The minutes of one application, sorted; those without a try are left out."""

    __slots__ = ("_accepted", "_at", "_begin", "_begins", "_failed", "_lasts", "_zones")

    def __init__(self) -> None:
        self._begins = array("q")  # in ticks, as `ticks_of` has them
        self._zones = array("i")  # offset from UTC, in seconds
        self._accepted = array("I")
        self._failed = array("I")
        self._lasts = array("I")  # in ticks since the minute began
        # Most tries are in the minute that was asked for before.
        self._begin: datetime | None = None
        self._at = 0

    def count(self, time: datetime, *, has_failed: bool) -> None:
        """Count one try that ended at `time`."""
        begin = self._begin
        if begin is None or not _NO_TIME <= time - begin < _MINUTE:
            begin = self._turn_to(time)
        at = self._at
        if has_failed:
            self._failed[at] += 1
            return
        self._accepted[at] += 1
        since = time - begin
        ticks = since.seconds * _TICKS_A_SECOND + since.microseconds
        if ticks > self._lasts[at]:
            self._lasts[at] = ticks

    def merge(self, other: Minutes) -> None:
        """Add what another one counted."""
        self._begin = None  # what comes between moves the others
        for begin, zone, accepted, failed, last in other._rows():
            at = self._place_of(begin, zone)
            self._accepted[at] += accepted
            self._failed[at] += failed
            self._lasts[at] = max(self._lasts[at], last)

    def __iter__(self) -> Iterator[Minute]:
        """Yield all, the earliest first."""
        return map(self._minute, range(len(self._begins)))

    @property
    def span(self) -> tuple[datetime, datetime]:
        """When the first and the last minute began."""
        return self._minute(0).begin, self._minute(len(self._begins) - 1).begin

    def accepted_before(self, time: datetime) -> Minute | None:
        """Return the last minute that began before `time` in which mail was accepted."""
        return self._first_accepted(reversed(range(bisect_left(self._begins, ticks_of(time)))))

    def accepted_after(self, time: datetime) -> Minute | None:
        """Return the first minute that began after `time` in which mail was accepted."""
        return self._first_accepted(range(bisect_right(self._begins, ticks_of(time)), len(self._begins)))

    def _first_accepted(self, places: Iterable[int]) -> Minute | None:
        return next((self._minute(at) for at in places if self._accepted[at]), None)

    def _turn_to(self, time: datetime) -> datetime:
        begin = time.replace(second=0, microsecond=0)
        self._at = self._place_of(ticks_of(begin), (begin.utcoffset() or _NO_TIME) // timedelta(seconds=1))
        self._begin = begin
        return begin

    def _place_of(self, begin: int, zone: int) -> int:
        """Where the minute stands that begins then; if it is new, it is put there."""
        at = bisect_left(self._begins, begin)
        if at == len(self._begins) or self._begins[at] != begin:
            self._begins.insert(at, begin)
            self._zones.insert(at, zone)
            for counts in (self._accepted, self._failed, self._lasts):
                counts.insert(at, 0)
        return at

    def _rows(self) -> Iterable[tuple[int, int, int, int, int]]:
        return zip(self._begins, self._zones, self._accepted, self._failed, self._lasts, strict=True)

    def _minute(self, at: int) -> Minute:
        zone = self._zones[at]
        # Reckoned in the zone's own time: there the years 1 and 9999 have their ends where they had them in the log.
        local = datetime.min + (self._begins[at] + zone * _TICKS_A_SECOND) * _TICK
        begin = local.replace(tzinfo=timezone(timedelta(seconds=zone)))
        return Minute(begin, self._accepted[at], self._failed[at], begin + self._lasts[at] * _TICK)
