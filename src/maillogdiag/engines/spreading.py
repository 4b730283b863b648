"""Puts together what several processes read, so that the report is that of one process, to the byte.

Parts are read ahead, and taken in the order of the sources. What depends on that order (line numbers, times taken from
the line before, attempts, the tally) is done here. A part is taken only where its reader began in the very state in
which the reader of the part before ended; where it did not, the part is read again from that state.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from maillogdiag.engines.parts import Reading, Task
from maillogdiag.events import Event
from maillogdiag.pipeline import Counted, Scan
from maillogdiag.sources.interface import Source
from maillogdiag.sources.losses import Losses
from maillogdiag.sources.text import TextSource

# Parts begin so big, and grow as long as they give few events: what they give waits in memory for its turn.
_LEAST_BYTES, _MOST_BYTES = 4 * 1024 * 1024, 32 * 1024 * 1024
_FEW_EVENTS, _MANY_EVENTS = 5_000, 20_000

Await = Callable[[], Reading]
"""Waits for what came of a task, whoever did it in the end."""


class Workers(Protocol):
    """Other processes that read."""

    @property
    def ahead(self) -> int:
        """How many tasks may be given out before the first one's result is taken."""
        ...

    def can_read(self, source: Source) -> bool:
        """Whether they may read a source; this process does where they may not."""
        ...

    def submit(self, task: Task) -> Await:
        """Give out a task."""
        ...


def run_spread(scan: Scan, sources: Iterable[Source], workers: Workers) -> None:
    """Do what `scan.run(sources)` does, and let `workers` read."""
    scan.count(_Spread(scan, sources, workers).events())


@dataclass(slots=True)
class _Taken:
    """What was taken of one source.

    Args:
        lines: how many lines of the file.
    """

    counted: Counted
    lines: int = 0
    formats: dict[str, int] = field(default_factory=dict)
    losses: Losses = field(default_factory=Losses)

    def add(self, reading: Reading) -> None:
        source = self.counted.source
        self.counted.counts.add(reading.counts)
        self.counted.error = reading.error
        for name, lines in reading.formats.items():
            self.formats[name] = self.formats.get(name, 0) + lines
        source.format = max(self.formats, key=lambda name: self.formats[name], default=source.format)
        self.losses.add(reading.losses)
        source.problems = [*reading.problems, *self.losses.sentences()]


class _Spread:
    def __init__(self, scan: Scan, sources: Iterable[Source], workers: Workers) -> None:
        self._scan = scan
        self._workers = workers
        self._coming = self._tasks(sources)
        self._given: deque[tuple[Task, Await | None]] = deque()
        self._part_bytes = _LEAST_BYTES

    def events(self) -> Iterator[Event]:
        """Yield the events of all sources in their order."""
        taken = None
        for task, reading in self._scan.stop.until_stopped(self._readings()):
            if reading is None:
                yield from self._scan.read(task.source)
                continue
            if taken is None or not task.start:
                taken = _Taken(self._scan.begin(task.source))
            taken.add(reading)
            if isinstance(task.source, TextSource):
                task.source.passed = task.end or task.source.size or 0
            if self._scan.progress:
                self._scan.progress(task.source, taken.counted.counts.lines)
            yield from self._scan.in_order(taken.counted, reading.unpacked(task.source.name, taken.lines))
            taken.lines += reading.lines

    def _readings(self) -> Iterator[tuple[Task, Reading | None]]:
        """Yield what was read, in order; None where this process has to read a source."""
        state: bytes | None = None
        broken: Source | None = None
        while self._give_out():
            task, reading_of = self._given.popleft()
            if task.source is broken:
                continue
            if reading_of is None:
                yield task, None
                continue
            reading = reading_of()
            if task.start and reading.start_state != state and not reading.error:
                task = replace(task, state=state)
                reading = self._workers.submit(task)()
            state = reading.end_state
            if task.start or task.end:
                if reading.error or reading.problems:
                    broken = task.source
                self._fit_size(reading)
            yield task, None if reading.is_too_much else reading

    def _give_out(self) -> bool:
        """Keep the workers busy; return whether anything is left to take."""
        while len(self._given) < self._workers.ahead and (task := next(self._coming, None)):
            reading_of = self._workers.submit(task) if self._workers.can_read(task.source) else None
            self._given.append((task, reading_of))
        return bool(self._given)

    def _tasks(self, sources: Iterable[Source]) -> Iterator[Task]:
        for source in sources:
            whole = Task(source, app=self._scan.app, gated=self._scan.gated)
            size = source.size if isinstance(source, TextSource) else None
            start = 0
            while whole.is_part and self._workers.can_read(source) and size and start + self._part_bytes < size:
                end = start + self._part_bytes
                yield replace(whole, start=start, end=end)
                start = end
            yield replace(whole, start=start)

    def _fit_size(self, reading: Reading) -> None:
        if reading.events < _FEW_EVENTS:
            self._part_bytes = min(_MOST_BYTES, self._part_bytes * 2)
        elif reading.events > _MANY_EVENTS:
            self._part_bytes = max(_LEAST_BYTES, self._part_bytes // 2)
