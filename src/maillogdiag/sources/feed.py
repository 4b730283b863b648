"""Several sources that go on, read side by side: `tail -F` of many files, as portions of lines.

Each source is read by a thread of its own, which waits where there is nothing to read. What is there already is read
one source after the other, in their order, so that it is understood as a scan understands it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from queue import Empty, Queue

from maillogdiag.errors import SourceError
from maillogdiag.records import Line
from maillogdiag.sources.interface import Source

POLL_S = 0.2
_MOST_LINES = 1_000
_MOST_PORTIONS = 16
# How long readers may take to hand over what they hold, once they are told to end.
_END_S = 3.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came of one source.

    Args:
        lines: in order; may be none.
        is_end: whether nothing more will come of it.
        error: why it could not be read to the end.
    """

    source: Source
    lines: Sequence[Line] = ()
    is_end: bool = False
    error: Exception | None = None


@dataclass(slots=True)
class Feed:
    """The sources, and who reads them.

    Args:
        sources: in the order in which a scan reads them. One that has an `idle` goes on; others are read once.
    """

    sources: Sequence[Source]
    _queue: Queue[Arrival] = field(default_factory=lambda: Queue(_MOST_PORTIONS))
    _is_over: threading.Event = field(default_factory=threading.Event)
    _readers: list[_Reader] = field(default_factory=list)
    _ended: int = 0

    @property
    def has_caught_up(self) -> bool:
        """Whether everything was read that was there at the beginning."""
        return (
            len(self._readers) == len(self.sources)
            and all(reader.has_caught_up.is_set() for reader in self._readers)
            and self._queue.empty()
        )

    @property
    def is_finished(self) -> bool:
        """Whether all sources have come to an end."""
        return self._ended == len(self.sources)

    def next(self) -> Arrival | None:
        """Return what came next; None where nothing came for a moment."""
        if not self._readers or self._readers[-1].has_caught_up.is_set():
            self._begin_next()
        try:
            arrival = self._queue.get(timeout=POLL_S)
        except Empty:
            return None
        self._ended += arrival.is_end
        if isinstance(arrival.error, SourceError | None):
            return arrival
        raise arrival.error

    def end(self) -> Iterator[Arrival]:
        """Tell the readers to end; yield what they still hold."""
        self._is_over.set()
        deadline = time.monotonic() + _END_S
        while self._ended < len(self._readers) and time.monotonic() < deadline:
            if arrival := self.next():
                yield arrival

    def _begin_next(self) -> None:
        if len(self._readers) < len(self.sources) and not self._is_over.is_set():
            reader = _Reader(self.sources[len(self._readers)], self._queue, self._is_over)
            self._readers.append(reader)
            reader.start()


class _Reader(threading.Thread):
    """Reads one source.

    Args:
        source: what to read.
        queue: where its lines go.
        is_over: set where it shall come to an end.
    """

    def __init__(self, source: Source, queue: Queue[Arrival], is_over: threading.Event) -> None:
        super().__init__(name=f"reads {source.name}", daemon=True)
        self.has_caught_up = threading.Event()
        self._source = source
        self._queue = queue
        self._is_over = is_over
        self._lines: list[Line] = []
        if hasattr(source, "idle"):
            source.idle = self._idle

    def run(self) -> None:
        error: Exception | None = None
        try:
            for line in self._source.lines():
                self._lines.append(line)
                if len(self._lines) >= _MOST_LINES:
                    self._send()
                    if self._is_over.is_set():
                        break
        except Exception as raised:  # noqa: BLE001 - raised again where the arrivals are taken
            error = raised
        self._send()
        self._queue.put(Arrival(self._source, is_end=True, error=error))
        self.has_caught_up.set()

    def _idle(self) -> bool:
        self._send()
        self.has_caught_up.set()
        return not self._is_over.wait(POLL_S)

    def _send(self) -> None:
        if self._lines:
            self._queue.put(Arrival(self._source, self._lines))
            self._lines = []
