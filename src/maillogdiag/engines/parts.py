"""What another process does: it reads a part of a source into events and counts.

How a line is understood may depend on lines before it (entries of several lines, lines cut in two, the headers of
`tail`). All of that is the reading's state. A reader that begins within a file reads a run-up, so as to get into the
state in which a reader of the whole file would be at its first line, and tells that state; see `spreading`.
"""

from __future__ import annotations

import pickle
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import BinaryIO

from maillogdiag.envelopes import Peeler
from maillogdiag.errors import SourceError
from maillogdiag.events import Event, moved_key
from maillogdiag.gate import Gate, Portion, numbered
from maillogdiag.grammars.registry import load_grammars
from maillogdiag.joining import Joiner, join_lines
from maillogdiag.reading import Counts, Reader
from maillogdiag.records import Line, Place, Record
from maillogdiag.sources.interface import Source
from maillogdiag.sources.losses import Losses
from maillogdiag.sources.packing import open_range
from maillogdiag.sources.ranges import line_start, run_up_start
from maillogdiag.sources.text import LineReader, TextSource, blocks_of

# More than this of what a source gives does not wait in memory for its turn. Parts never give so much.
_MOST_PARCEL_BYTES = 256 * 1024 * 1024
_SAMPLE_BYTES = 256 * 1024
_EVENTS_A_PARCEL = 1_000


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be read.

    Args:
        source: where.
        start: the lines that begin at this byte or behind it …
        end: … and before this one; None for all.
        state: of the reading at the first of these lines; None where it has to be found out.
        app: whose logs, as for `load_grammars`.
        gated: as for `Reader`.
    """

    source: Source
    start: int = 0
    end: int | None = None
    state: bytes | None = None
    app: str | None = None
    gated: bool = True

    @property
    def is_part(self) -> bool:
        """Whether the source may be read in parts."""
        return isinstance(self.source, TextSource) and self.source.is_divisible


@dataclass(slots=True)
class Reading:
    """What was read.

    Args:
        counts: of these lines.
        lines: how many lines of the file they are.
        formats: how many lines had which envelopes.
        losses: what was lost in them.
        problems: what broke the reading off.
        error: why nothing could be read.
        events: how many there are.
        packed_bytes: how much room they take.
        parcels: the events, packed.
        start_state: of the reading at the first line; None where no line begins in the part.
        end_state: of the reading behind the last line.
        is_too_much: whether the source gives more than should wait in memory; nothing else holds then.
    """

    counts: Counts = field(default_factory=Counts)
    lines: int = 0
    formats: dict[str, int] = field(default_factory=dict)
    losses: Losses = field(default_factory=Losses)
    problems: list[str] = field(default_factory=list)
    error: str | None = None
    events: int = 0
    packed_bytes: int = 0
    parcels: list[bytes] = field(default_factory=list)
    start_state: bytes | None = None
    end_state: bytes | None = None
    is_too_much: bool = False

    def unpacked(self, source: str, lines_before: int) -> Iterator[Event]:
        """Yield the events.

        Args:
            source: the source's name.
            lines_before: how many lines of the file stand before the part.
        """
        for parcel in self.parcels:
            for event in pickle.loads(zlib.decompress(parcel)):
                record = event.record
                place = Place(source, record.place.line + lines_before)
                keys = tuple([moved_key(key, lines_before) for key in event.keys])
                yield event._replace(record=record._replace(place=place), keys=keys)


def read(task: Task) -> Reading:
    """Do a task."""
    reader = _reader(task.app, task.gated)
    reading = Reading()
    try:
        if task.is_part:
            _read_part(reader, task, reading)
        else:
            _read_whole(reader, task.source, reading)
    except SourceError as error:
        reading.error = str(error)
    except OSError as error:
        reading.error = f"cannot be read: {error.strerror or error}"
    return reading


@cache
def _reader(app: str | None, gated: bool) -> Reader:
    return Reader(load_grammars(app), gated)


def _read_whole(reader: Reader, source: Source, reading: Reading) -> None:
    gate = reader.gate()
    try:
        _take(reader, join_lines(_counted(source.lines(gate), reading.counts)), reading)
    finally:
        _count_skipped(gate, reading.counts)
        reading.formats[source.format] = 1
        reading.problems = source.problems


def _read_part(reader: Reader, task: Task, reading: Reading) -> None:
    assert isinstance(task.source, TextSource)
    with task.source.open() as raw:
        start = line_start(raw, task.start, task.end)
        is_empty = start == task.end
        reading.start_state = task.state or (None if is_empty else _state_at(start, raw, task.source))
        reading.end_state = reading.start_state
        if is_empty or reading.start_state is None:
            return
        # What is read on is what was told: nothing else can have been in it.
        text, joiner = _resumed(reading.start_state, task.source.name)
        gate = reader.gate(open_range(raw, 0, _SAMPLE_BYTES, []).read() if start else b"")
        end = None if task.end is None else line_start(raw, task.end)
        lines = _sifted(raw, start, end, gate, text, reading.problems)
        _take(reader, joiner.join(_counted(text.lines(lines), reading.counts)), reading)
        if end is None:
            _take(reader, joiner.join(_counted(text.rest(), reading.counts)), reading)
            _take(reader, joiner.flush(), reading)
        _count_skipped(gate, reading.counts)
        if gate and gate.skipped:
            text.peeler.count(gate.format, gate.skipped)
        reading.lines, reading.losses, reading.formats = text.number, text.losses, dict(text.peeler.formats)
        reading.end_state = _state(text, joiner)


def _state_at(start: int, raw: BinaryIO, source: TextSource) -> bytes:
    """Return the state in which the run-up leaves the reading at the line that begins at `start`."""
    text, joiner = LineReader(source.name, Peeler(source.reference)), Joiner()
    before = open_range(raw, run_up_start(raw, start), start, [])
    deque(joiner.join(text.lines(numbered(blocks_of(before, text.losses)))), maxlen=0)
    return _state(text, joiner)


def _state(text: LineReader, joiner: Joiner) -> bytes:
    """Return all that the lines read so far may mean for the next ones, which are counted from 1."""
    joiner.renumber(text.number)
    return pickle.dumps((text.peeler, text.begun, joiner))


def _resumed(state: bytes, name: str) -> tuple[LineReader, Joiner]:
    peeler, begun, joiner = pickle.loads(state)
    return LineReader(name, peeler, begun), joiner


def _sifted(
    raw: BinaryIO, start: int, end: int | None, gate: Gate | None, text: LineReader, problems: list[str]
) -> Iterator[Portion]:
    """Yield the lines of a part; the next part's run-up whole, so that both see the same lines there."""

    def blocks(start: int, end: int | None) -> Iterator[bytes]:
        yield from blocks_of(open_range(raw, start, end, problems), text.losses)

    if gate is None:
        return numbered(blocks(start, end))
    before = open_range(raw, run_up_start(raw, start), start, []).read()
    if end is None:
        return gate.sift(blocks(start, end), before)
    open_from = max(start, run_up_start(raw, end))
    return gate.sift(blocks(start, open_from), before, blocks(open_from, end))


def _counted(lines: Iterable[Line], counts: Counts) -> Iterator[Line]:
    for line in lines:
        counts.lines += line.lines
        yield line


def _count_skipped(gate: Gate | None, counts: Counts) -> None:
    if gate:
        counts.lines += gate.skipped
        counts.records += gate.skipped


def _take(reader: Reader, records: Iterable[Record], reading: Reading) -> None:
    """Pack the events of `records`."""
    events = (event for record in records for event in reader.read(record, reading.counts))
    while parcel := list(islice(events, _EVENTS_A_PARCEL)):
        reading.events += len(parcel)
        reading.parcels.append(zlib.compress(pickle.dumps(parcel), level=1))
        reading.packed_bytes += len(reading.parcels[-1])
        if reading.packed_bytes > _MOST_PARCEL_BYTES:
            reading.is_too_much = True
            reading.parcels.clear()
            return
