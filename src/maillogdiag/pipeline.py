"""The whole way from sources to a report: lines → records → events → attempts → tally → report."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from maillogdiag import __version__
from maillogdiag.attempts import Attempt, assemble_attempts
from maillogdiag.diagnosis import Tally, findings_of, timeline_of
from maillogdiag.errors import SourceError
from maillogdiag.events import ABOUT_NO_TRY, Event, EventKind
from maillogdiag.failures import Failure
from maillogdiag.grammars.interface import Grammar
from maillogdiag.joining import join_lines
from maillogdiag.limits import limits_of
from maillogdiag.reading import Counts, Reader
from maillogdiag.records import Line, Record
from maillogdiag.reports.model import Coverage, Report
from maillogdiag.rulebase import RuleBase
from maillogdiag.rulebase.rules import Diagnosis
from maillogdiag.sources.interface import Source
from maillogdiag.stopping import Stop
from maillogdiag.verdict import status_of, verdict_of

if TYPE_CHECKING:
    from maillogdiag.advice import Advice

# A line without a time (ActiveJob's) was written shortly after the line of the same writer before it that has one.
_TIME_REACH_LINES = 500
_MOST_WRITERS = 2 * _TIME_REACH_LINES
_WORKED = EventKind.WORKED  # see `tries`

Progress = Callable[[Source, int], None]
_Writer = tuple[str | None, str | None, int | None]


@dataclass(slots=True)
class Counted:
    """What is counted of one source while it is read.

    Args:
        times: the newest time that a writer logged, and the line it stood in.
    """

    source: Source
    counts: Counts = field(default_factory=Counts)
    times: dict[_Writer, tuple[datetime, int]] = field(default_factory=dict)
    error: str | None = None

    def coverage(self) -> Coverage:
        """Return it in the form of the report."""
        problems = [*self.source.problems, *([self.error] if self.error else [])]
        return Coverage(
            source=self.source.name,
            format=self.source.format,
            lines=self.counts.lines,
            records=self.counts.records,
            mail_records=self.counts.mail_records,
            not_understood=self.counts.not_understood,
            samples=tuple(self.counts.samples),
            problems=tuple(problems),
        )


@dataclass(slots=True)
class Scan:
    """One run over some sources; `report` may be asked for at any time, and says what was read so far.

    Args:
        grammars: in the order in which they are asked; the first that reads a record has it.
        rules: the rule base.
        app: the application that the user says wrote the logs; overrides what the grammars found.
        progress: called now and then with the source and its lines read so far.
        stop: ends reading early; what was read then is reported.
        advice: what the applications' settings files say.
        gated: whether lines are sifted and anchors tested first; off only to prove that this changes nothing.
    """

    grammars: Sequence[Grammar]
    rules: RuleBase
    app: str | None = None
    progress: Progress | None = None
    advice: Advice | None = None
    gated: bool = True
    stop: Stop = field(default_factory=Stop)
    tally: Tally = field(default_factory=Tally)
    counted: list[Counted] = field(default_factory=list)

    @property
    def has_unreadable_source(self) -> bool:
        """Whether a source or a settings file could not be read at all."""
        is_in_settings = self.advice is not None and self.advice.has_unreadable_file
        return is_in_settings or any(counted.error for counted in self.counted)

    @property
    def reader(self) -> Reader:
        """What reads each record by itself."""
        return Reader(self.grammars, self.gated)

    def run(self, sources: Iterable[Source]) -> None:
        """Read all sources to their end. One that cannot be read is noted, and the others go on."""
        self.count(event for source in self.stop.until_stopped(sources) for event in self.read(source))

    def count(self, events: Iterable[Event]) -> None:
        """Count the attempts that `events` tell of, which come in the order of their sources."""
        for attempt in assemble_attempts(events):
            self.tally.add(attempt, self.diagnose)

    def diagnose(self, failure: Failure) -> Diagnosis:
        """Return what the rules say of a failure, the settings of its application considered."""
        return self.rules.diagnose(self.advice.completed(failure) if self.advice else failure)

    def begin(self, source: Source) -> Counted:
        """Return what will count `source`, which is about to be read."""
        counted = Counted(source)
        self.counted.append(counted)
        return counted

    def report(self, under_way: Iterable[Attempt] = ()) -> Report:
        """Return what is known so far.

        Args:
            under_way: attempts that are not over, as they stand; to be counted in this report only.
        """
        tally = self.tally
        if further := tuple(under_way):
            tally = Tally()
            tally.merge(self.tally)
            for attempt in further:
                tally.add(attempt, self.diagnose)
        logged = findings_of(tally, self.diagnose)
        findings = self.advice.advised(logged, self.diagnose) if self.advice else logged
        coverage = tuple(counted.coverage() for counted in self.counted)
        kinds = {kind for counted in self.counted for kind in counted.counts.kinds}
        status = status_of(tally.summary, findings)
        limits = limits_of(status_of(tally.summary, logged), coverage, kinds)
        return Report(
            status=status,
            verdict=verdict_of(status, tally.summary, findings, coverage),
            summary=tally.summary,
            findings=findings,
            timeline=timeline_of(tally),
            coverage=coverage + (self.advice.coverage if self.advice else ()),
            limits=limits + (self.advice.limits if self.advice else ()),
            version=__version__,
            rules_digest=self.rules.digest,
            problems=self._problems(),
        )

    def _problems(self) -> tuple[str, ...]:
        if not self.stop.cause:
            return ()
        lines = sum(counted.counts.lines for counted in self.counted)
        noun = "line" if lines == 1 else "lines"
        return (f"Stopped by {self.stop.cause} after {lines:,} {noun}: this report is about what was read by then.",)

    def read(self, source: Source) -> Iterator[Event]:
        """Yield what the grammars read of tries in a source, to its end; one that cannot be read is noted."""
        counted = self.begin(source)
        try:
            yield from self.events_of(counted, join_lines(self._count_lines(counted)))
        except SourceError as error:
            counted.error = str(error)
        except OSError as error:
            counted.error = f"cannot be read: {error.strerror or error}"

    def events_of(self, counted: Counted, records: Iterable[Record]) -> Iterator[Event]:
        """Yield what the grammars read of tries in the next `records` of a source; the tally takes note of the rest."""
        reader = self.reader
        for record in records:
            if events := reader.read(record, counted.counts):
                yield from self.in_order(counted, events)

    def in_order(self, counted: Counted, events: Iterable[Event]) -> Iterator[Event]:
        """Yield those of the next `events` of a source that tell of tries, with times; the tally notes the rest."""
        for event in events:
            event = _with_time(event, counted.times)
            if event.kind in ABOUT_NO_TRY:
                self.tally.note(event)
            else:
                yield event

    def _count_lines(self, counted: Counted) -> Iterator[Line]:
        gate, counts, looks = self.reader.gate(), counted.counts, itertools.count(1)
        try:
            for line in self.stop.until_stopped(counted.source.lines(gate)):
                counts.lines += line.lines
                if self.progress and not next(looks) % 1_000:
                    self.progress(counted.source, counts.lines + (gate.skipped if gate else 0))
                yield line
        finally:
            if gate:
                counts.lines += gate.skipped
                counts.records += gate.skipped


def _with_time(event: Event, times: dict[_Writer, tuple[datetime, int]]) -> Event:
    """Return the event; one that has no time with the time of the one before it by the same writer.

    Of the jobs that a worker does the gate lets only some through: their times would come and go with it.
    """
    record = event.record
    writer = (record.unit, record.process, record.pid)
    if record.time is not None:
        if event.kind is not _WORKED:
            times[writer] = (record.time, record.place.line)
            if len(times) > _MOST_WRITERS:
                _forget_distant(times, record.place.line)
    elif (known := times.get(writer)) and record.place.line - known[1] <= _TIME_REACH_LINES:
        return event._replace(record=record.at(known[0]))
    return event


def _forget_distant(times: dict[_Writer, tuple[datetime, int]], line: int) -> None:
    """Drop the times that mean nothing for what follows `line`. (A process for each mail makes many writers.)"""
    for writer in [writer for writer, (_, known) in times.items() if line - known > _TIME_REACH_LINES]:
        del times[writer]
