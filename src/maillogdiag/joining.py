"""Join continuation lines to their log entry: backtraces, tracebacks, the rest of a wrapped SMTP reply.

A continuation is recognised positively; any other line begins an entry of its own. So an unknown format costs
at worst the context of a line, never the line.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import repeat

from maillogdiag.continuation import Structure
from maillogdiag.records import Line, Place, Record

_MOST_LINES = 400
_MOST_CHARACTERS = 64 * 1024
# How many lines of other writers may stand between the lines of one entry. Small enough to keep records in the
# order of the log, large enough for a backtrace among a busy neighbour's lines.
WINDOW = 100

_Writer = tuple[str | None, str | None, str | None, int | None]
_NOBODY: _Writer = (None, None, None, None)


class _Entry:
    """An entry that may still get lines.

    Args:
        line: its head.
        number: of the head's line in its source.
    """

    __slots__ = ("_size", "_texts", "head", "is_closed", "last_number", "lines", "structure", "writer")

    def __init__(self, line: Line, writer: _Writer, number: int) -> None:
        self.head = line
        self.writer = writer
        self.structure = Structure(line.text)
        self.last_number = number
        self.lines = 1
        self.is_closed = False
        self._texts = [line.text]
        self._size = len(line.text)

    def add(self, text: str, number: int) -> None:
        self.lines += 1
        self.last_number = number
        self._size += len(text) + 1
        if text.strip() and self.lines <= _MOST_LINES and self._size <= _MOST_CHARACTERS:
            self._texts.append(text)

    def record(self) -> Record:
        head = self.head
        text = "\n".join(self._texts)
        return Record(text, head.place, head.time, head.host, head.unit, head.process, head.pid, self.lines)


class Joiner:
    """Joins the lines of one source, in as many portions as they come in.

    Interleaved writers are kept apart. A record has at most 400 lines, and 64 KiB beyond its first line; what is
    more is counted, not kept. Memory stays flat: nothing is held for longer than 100 lines of the source.
    """

    def __init__(self) -> None:
        self._queue: deque[_Entry] = deque()  # in the order of their heads
        self._open: dict[_Writer, _Entry] = {}
        self._latest = _NOBODY

    def __getstate__(self) -> tuple[list[_Entry], _Writer]:
        """What later lines depend on, for another process."""
        return list(self._queue), self._latest

    def __setstate__(self, state: tuple[list[_Entry], _Writer]) -> None:
        entries, self._latest = state
        self._queue = deque(entries)
        self._open = {entry.writer: entry for entry in entries if not entry.is_closed}

    def renumber(self, by: int) -> None:
        """Go on with lines that are numbered anew, after `by` lines."""
        for entry in self._queue:
            place = entry.head.place
            entry.head = entry.head._replace(place=place._replace(line=place.line - by))
            entry.last_number -= by

    @property
    def holds_back(self) -> bool:
        """Whether there are entries that further lines may belong to."""
        return bool(self._queue)

    def join(self, lines: Iterable[Line]) -> Iterator[Record]:
        """Yield the log entries that are complete with `lines`, in the order of their heads."""
        for line in lines:
            if line.kind == "line":
                self._take(line)
            else:
                self._close(line.stream)
                yield from self._finished(line.place.line)
                if not self._queue and (record := _whole_record(line)):
                    self._latest = line.stream
                    yield record
                    continue
                for part in _parts(line):
                    self._take(part)
            yield from self._finished(line.place.line + line.lines - 1)

    def _take(self, line: Line) -> None:
        """Add a line to the entry that it continues, or begin one with it."""
        number = line.place.line
        # A line without an envelope among others that have one is the rest of the line before it, or nobody's.
        writer = line.stream
        entry = self._open.get(self._latest if writer == _NOBODY else writer)
        if (
            entry is not None
            and number - entry.last_number <= WINDOW + 1
            and (line.continues or entry.structure.takes(line.text))
        ):
            entry.add(line.text, number)
            self._latest = entry.writer
        elif line.text.strip():
            self._close(writer)
            self._open[writer] = entry = _Entry(line, writer, number)
            self._queue.append(entry)
            self._latest = writer
        else:  # a blank line of nobody's entry counts as one that says nothing
            blank = _Entry(line, writer, number)
            blank.is_closed = True
            self._queue.append(blank)

    def _close(self, writer: _Writer) -> None:
        """No further line is of the writer's entry."""
        if entry := self._open.get(writer):
            entry.is_closed = True

    def _finished(self, number: int) -> list[Record]:
        """Return the entries that get no further lines behind line `number`."""
        records = []
        queue = self._queue
        while queue and (queue[0].is_closed or number - queue[0].last_number > WINDOW):
            first = queue.popleft()
            if self._open.get(first.writer) is first:
                del self._open[first.writer]
            records.append(first.record())
        return records

    def flush(self) -> Iterator[Record]:
        """Yield what is held back: no line of it is to come."""
        self._open.clear()
        while self._queue:
            yield self._queue.popleft().record()


def _whole_record(line: Line) -> Record | None:
    """Return the record that the lines in `line` make; None where they make several."""
    if line.kind == "routine":
        return Record(*line[:7], line.lines, True, line.times)
    first, *further = line.text.split("\n")
    if not further:
        return Record(*line[:7])
    number = line.place.line
    entry = _Entry(line._replace(text=first), line.stream, number)
    for text in further:
        if not entry.structure.takes(text):
            return None
        entry.add(text, number)
    return entry.record()


def _parts(line: Line) -> Iterator[Line]:
    """Yield the lines in `line`."""
    (source, first), writer = line.place, line.stream
    times = line.times or repeat(line.time)
    for number, (text, time) in enumerate(zip(line.text.split("\n"), times, strict=False), start=first):
        yield Line(text, Place(source, number), time, *writer)


def join_lines(lines: Iterable[Line]) -> Iterator[Record]:
    """Yield the log entries that `lines` make, in the order of their heads; see `Joiner`."""
    joiner = Joiner()
    yield from joiner.join(lines)
    yield from joiner.flush()
