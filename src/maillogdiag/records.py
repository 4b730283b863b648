"""Lines and records: what sources deliver and what grammars read.

A `Line` is one line of a source with its envelope (journald, syslog, docker, kubectl …) peeled off. A `Record` is
one log entry: a line with the continuation lines that belong to it (a Ruby exception's backtrace, a Python
traceback, the rest of a wrapped SMTP reply), joined by newlines.

Both are named tuples: of all that is made once a line these take the least time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import repeat
from typing import Literal, NamedTuple

Kind = Literal["line", "entry", "routine"]
"""One line, whose entry may go on behind it; all lines of an entry, or certainly no fewer; or several lines, each an
entry of its own, that are written of every mail that goes well."""


class Place(NamedTuple):
    """Where a line stands: the source's name as the user knows it, and the 1-based line in it.

    A journal has no lines: there the number is that of the entry, counted from 1 in reading order.
    """

    source: str
    line: int

    def __str__(self) -> str:
        return f"{self.source}:{self.line}"


class Line(NamedTuple):
    """One line as an application wrote it, or several of one entry, with what their envelope told.

    Args:
        text: the line without its envelope and line ending.
        place: where it stands.
        time: when it was written, always aware; None where no envelope told it.
        host: the machine's name from the envelope.
        unit: systemd unit, container, pod or compose service from the envelope.
        process: syslog identifier, e.g. "bundle" or "postfix/smtp".
        pid: process id from the envelope.
        continues: whether the envelope says that this is a further line of the entry before it (a journal entry
            of several lines).
        kind: how much `text` is.
        times: of each line in `text`, where they are not all `time`.
    """

    text: str
    place: Place
    time: datetime | None = None
    host: str | None = None
    unit: str | None = None
    process: str | None = None
    pid: int | None = None
    continues: bool = False
    kind: Kind = "line"
    times: tuple[datetime | None, ...] = ()

    @property
    def lines(self) -> int:
        """How many lines of the source it is."""
        return 1 if self.kind == "line" else self.text.count("\n") + 1

    @property
    def stream(self) -> tuple[str | None, str | None, str | None, int | None]:
        """The writer: lines of several writers may be interleaved, one writer's lines follow each other."""
        return self[3:7]


class Record(NamedTuple):
    """One log entry; fields as in `Line`, of its first line.

    Args:
        text: all its lines, joined by newlines.
        lines: how many lines of the source it was joined from.
        is_routine: whether each of its lines is an entry of its own; see `Kind`.
        times: as in `Line`, where `is_routine`.
    """

    text: str
    place: Place
    time: datetime | None = None
    host: str | None = None
    unit: str | None = None
    process: str | None = None
    pid: int | None = None
    lines: int = 1
    is_routine: bool = False
    times: tuple[datetime | None, ...] = ()

    def at(self, time: datetime | None) -> Record:
        """Return the same with another time; `_replace` takes twice as long."""
        return Record(self.text, self.place, time, *self[3:])

    def saying(self, text: str) -> Record:
        """Return the same with another text."""
        return Record(text, *self[1:])

    def apart(self) -> Iterator[Record]:
        """Yield each line as a record of its own."""
        (source, first), writer = self.place, self[3:7]
        times = self.times or repeat(self.time)
        for number, (text, time) in enumerate(zip(self.text.split("\n"), times, strict=False), start=first):
            yield Record(text, Place(source, number), time, *writer)
