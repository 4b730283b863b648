"""Diagnose logs while they are written: the way of `pipeline`, in portions, with a report at any moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from maillogdiag.attempts import Desk, Outcome
from maillogdiag.joining import Joiner
from maillogdiag.pipeline import Counted, Scan
from maillogdiag.records import Record
from maillogdiag.reports.model import Report
from maillogdiag.sources.feed import Arrival, Feed
from maillogdiag.sources.interface import Source
from maillogdiag.stopping import Stop

# An entry gets no further lines once its source was quiet for so long.
_QUIET_S = 1.0
# The lines of one try follow each other within this time; before, its first line may say less than the next one.
_SETTLED_S = 1.0
# A report is made at most so often, and may take at most this share of the time.
_AGAIN_AFTER_S = 0.5
_MOST_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Moment:
    """What is known now.

    Args:
        report: of all that was read, with the attempts that are not over as they stand.
        waiting: attempts that have no outcome yet.
        is_whole: whether everything was read and understood that was there at the beginning.
    """

    report: Report
    waiting: int
    is_whole: bool


Show = Callable[[Moment], None]


@dataclass(slots=True)
class _Followed:
    """What is known of one source.

    Args:
        read_at: when something came last, by the monotonic clock.
    """

    counted: Counted
    joiner: Joiner = field(default_factory=Joiner)
    read_at: float = 0.0


class Following:
    """One run over sources that go on.

    Args:
        scan: what to diagnose with; has the whole report in the end.
        sources: in the order in which a scan reads them.
        show: called with what is known whenever that may have changed.
    """

    def __init__(self, scan: Scan, sources: Sequence[Source], show: Show) -> None:
        self._scan = scan
        self._feed = Feed(sources)
        self._followed = {id(source): _Followed(scan.begin(source)) for source in sources}
        self._desk = Desk()
        self._show = show
        self._taken_at_first: int | None = None  # by the desk, when all was read that was there at the beginning
        self._settled = self._taken_before = 0
        self._looked_at = 0.0
        self._shown: object = None
        self._show_at = 0.0

    def run(self, stop: Stop) -> None:
        """Follow until all sources have ended or the process is told to stop.

        That is how following ends, so that the report is whole; it is partial where the stop comes before everything
        was read that was there at the beginning.
        """
        while not self._feed.is_finished and not stop.signal:
            self._take(self._feed.next())
            self._look()
        if self._taken_at_first is None:
            self._scan.stop = stop
        for arrival in self._feed.end():
            self._take(arrival)
        for followed in self._followed.values():
            self._read(followed, followed.joiner.flush())
        for attempt in self._desk.close_all():
            self._scan.tally.add(attempt, self._scan.diagnose)

    def _take(self, arrival: Arrival | None) -> None:
        if arrival is None:
            return
        followed = self._followed[id(arrival.source)]
        followed.read_at = time.monotonic()
        followed.counted.counts.lines += len(arrival.lines)
        if arrival.error:
            followed.counted.error = str(arrival.error)
        self._read(followed, followed.joiner.join(arrival.lines))

    def _read(self, followed: _Followed, records: Iterable[Record]) -> None:
        for event in self._scan.events_of(followed.counted, records):
            for attempt in self._desk.take(event):
                self._scan.tally.add(attempt, self._scan.diagnose)

    def _look(self) -> None:
        """Take entries as complete that got no line for a while, and show what is new."""
        now = time.monotonic()
        for followed in self._followed.values():
            if followed.joiner.holds_back and now - followed.read_at >= _QUIET_S:
                self._read(followed, followed.joiner.flush())
        if now - self._looked_at >= _SETTLED_S:
            self._settled, self._taken_before, self._looked_at = self._taken_before, self._desk.taken, now
        if self._taken_at_first is None and self._feed.has_caught_up:
            self._taken_at_first = self._desk.taken
        is_whole = self._taken_at_first is not None and self._taken_at_first <= self._settled
        state = (self._lines(), self._settled, is_whole)
        if state == self._shown or now < self._show_at:
            return
        under_way = tuple(self._desk.under_way(self._settled))
        waiting = sum(attempt.outcome is Outcome.UNKNOWN for attempt in under_way)
        self._show(Moment(self._scan.report(under_way), waiting, is_whole))
        self._shown = state
        after = time.monotonic()
        self._show_at = after + max(_AGAIN_AFTER_S, (after - now) / _MOST_SHARE)

    def _lines(self) -> int:
        return sum(followed.counted.counts.lines for followed in self._followed.values())
