"""Log text as a stream of bytes, whatever its packing and envelope."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, cast

from maillogdiag.envelopes import Peeled, Peeler
from maillogdiag.errors import SourceError
from maillogdiag.gate import Gate, Portion, numbered
from maillogdiag.records import Line, Place
from maillogdiag.sources.content import SNIFF_BYTES, is_binary, is_journal
from maillogdiag.sources.journal import open_journal
from maillogdiag.sources.journal_streams import entries_of_stream
from maillogdiag.sources.losses import Losses
from maillogdiag.sources.packing import open_text

_MOST_LINE_BYTES = 1024 * 1024
_BLOCK_BYTES = 256 * 1024
_TAIL_BYTES = 4096


Begun = dict[tuple[str | None, int | None], Peeled]
"""By unit and process id."""


class TextSource:
    """A file, an archive member, or standard input.

    Args:
        name: as the user knows it.
        opener: opens the bytes, once.
        reference: a time no entry is later than; tells the year where the log has none.
        size: bytes that the opened stream has, packed as it is; None where nobody knows.
        is_divisible: whether it is plain text that may be read from any line on.

    Attributes:
        passed: how many of these bytes other processes have read.
    """

    def __init__(
        self,
        name: str,
        opener: Callable[[], BinaryIO],
        reference: datetime,
        size: int | None = None,
        *,
        is_divisible: bool = False,
    ) -> None:
        self.name = name
        self.format = "plain"
        self.problems: list[str] = []
        self.size = size
        self.is_divisible = is_divisible
        self.passed = 0
        self._opener = opener
        self.reference = reference
        self._raw: BinaryIO | None = None

    def __getstate__(self) -> dict[str, object]:
        """What another process needs to read it: all but the open file."""
        return {**self.__dict__, "_raw": None}

    @property
    def position(self) -> int:
        """How many of the `size` bytes were read so far."""
        return self._raw.tell() if self._raw and not self._raw.closed else self.passed

    def open(self) -> BinaryIO:
        """Return its bytes; raises SourceError where they cannot be read."""
        try:
            self._raw = self._opener()
        except OSError as error:
            raise SourceError(f"cannot be read: {error.strerror or error}") from None
        return self._raw

    def lines(self, gate: Gate | None = None) -> Iterator[Line]:
        """Yield the lines, peeled; damaged input as far as it goes. See `Source.lines`."""
        with self.open() as raw:
            stream = open_text(raw, self.problems)
            sample = stream.peek(SNIFF_BYTES)[:SNIFF_BYTES]
            if is_journal(sample):
                yield from self._journal_lines(stream)
            elif is_binary(sample):
                raise SourceError("is no log: its content is binary")
            elif found := entries_of_stream(sample, cast(BinaryIO, stream)):
                self.format, entries = found
                yield from self._entry_lines(entries)
            else:
                yield from self._text_lines(stream, gate)

    def _entry_lines(self, entries: Iterable[Peeled]) -> Iterator[Line]:
        """Yield the lines of entries, each with the number of its entry."""
        losses = Losses()
        try:
            for number, peeled in enumerate(entries, start=1):
                yield from _lines(peeled, Place(self.name, number), losses)
        finally:  # also where the reader has enough
            self.problems += losses.sentences()

    def _text_lines(self, stream: io.BufferedReader, gate: Gate | None) -> Iterator[Line]:
        reader = LineReader(self.name, self._new_peeler())
        blocks = blocks_of(stream, reader.losses)
        try:
            yield from reader.lines(gate.sift(blocks) if gate else numbered(blocks))
            yield from reader.rest()
        finally:
            if gate and gate.skipped:
                reader.peeler.count(gate.format, gate.skipped)
            self.format = reader.peeler.format
            self.problems += reader.losses.sentences()

    def _new_peeler(self) -> Peeler:
        return Peeler(self.reference)

    def _journal_lines(self, stream: io.BufferedReader) -> Iterator[Line]:
        """Read a journal file that was packed or piped: its readers need it on disk."""
        with TemporaryDirectory(prefix="maillogdiag-") as folder:
            path = Path(folder) / "unpacked.journal"
            with path.open("wb") as file:
                shutil.copyfileobj(stream, file)
            source = open_journal(files=[path])
            for line in source.lines():
                yield line._replace(place=Place(self.name, line.place.line))
            self.format = source.format
            self.problems += source.problems


class LineReader:
    """Reads the lines of a text, in as many portions as it comes in.

    Args:
        name: the text's.
        peeler: what takes the lines' envelopes off.
        begun: lines that a container runtime cut into parts, as far as they came.

    Attributes:
        number: of the line read last.
    """

    def __init__(self, name: str, peeler: Peeler, begun: Begun | None = None) -> None:
        self.peeler = peeler
        self.begun = {} if begun is None else begun
        self.losses = Losses()
        self.number = 0
        self._name = name

    def lines(self, portions: Iterable[Portion]) -> Iterator[Line]:
        """Yield lines without their envelopes; one that came in parts once it is whole."""
        name, peeler, losses = self._name, self.peeler, self.losses
        for number, portion, kind in portions:
            texts = _decoded(portion, losses)
            self.number = number
            peeled = peeler.peel(texts[0])
            if kind != "line" and peeled and not self.begun and (whole := peeler.peel_further(texts, peeled, kind)):
                losses.look_at(whole)
                self.number += len(texts) - 1
                _, time, host, unit, process, pid, *_ = peeled
                yield Line(whole, Place(name, number), time, host, unit, process, pid, False, kind)
                continue
            yield from self._lines(peeled)
            for text in texts[1:]:
                self.number += 1
                yield from self._lines(peeler.peel(text))

    def _lines(self, peeled: Peeled | None) -> Sequence[Line]:
        if peeled is not None and (peeled.is_partial or self.begun):
            peeled = self._completed(peeled)
        return _lines(peeled, Place(self._name, self.number), self.losses) if peeled else ()

    def rest(self) -> Iterator[Line]:
        """Yield the lines whose last part never came."""
        for peeled in self.begun.values():
            yield from _lines(peeled, Place(self._name, self.number), self.losses)

    def _completed(self, peeled: Peeled) -> Peeled | None:
        """Return the whole line; None as long as parts are to come."""
        writer = (peeled.unit, peeled.pid)
        if begun := self.begun.pop(writer, None):
            text = begun.text + peeled.text
            peeled = begun._replace(text=text, is_partial=peeled.is_partial and len(text) < _MOST_LINE_BYTES)
        if peeled.is_partial:
            self.begun[writer] = peeled
            return None
        return peeled


def blocks_of(stream: io.BufferedReader, losses: Losses) -> Iterator[bytes]:
    """Yield blocks of whole lines; one that is longer than 1 MiB loses its middle."""
    while block := stream.read1(_BLOCK_BYTES):
        end = block.rfind(b"\n") + 1
        if end:  # at once: the rest of the line that is begun may be long in coming
            yield block[:end]
        if begun := block[end:]:
            begun += stream.readline(_MOST_LINE_BYTES - len(begun))
            if len(begun) == _MOST_LINE_BYTES and not begun.endswith(b"\n"):
                losses.cut_lines += 1
                begun += _rest_of_line(stream)
            yield begun


def _decoded(portion: bytes, losses: Losses) -> list[str]:
    """Return the lines of a portion; at once where none has anything about it that has to be taken off."""
    if b"\0" in portion or b"\r" in portion or b"\xef\xbb\xbf" in portion:
        return [_decode(line, losses) for line in portion.split(b"\n")]
    return portion.decode("utf-8", "replace").split("\n")


def _decode(line: bytes, losses: Losses) -> str:
    if b"\0" in line:
        losses.zero_bytes += line.count(b"\0")
        line = line.lstrip(b"\0").replace(b"\0", b"\xef\xbf\xbd")
    return line.decode("utf-8", "replace").rstrip("\r\n").removeprefix("\ufeff")


def _rest_of_line(stream: io.BufferedReader) -> bytes:
    """Read to the end of the line; return the last part of it."""
    tail = b""
    while part := stream.readline(_MOST_LINE_BYTES):
        tail = (tail + part)[-_TAIL_BYTES:]
        if part.endswith(b"\n"):
            break
    return tail


def _lines(peeled: Peeled, place: Place, losses: Losses) -> Sequence[Line]:
    text, time, host, unit, process, pid, _, _, continues = peeled
    losses.look_at(text)
    if "\n" not in text:
        return (Line(text, place, time, host, unit, process, pid, continues),)
    return [
        Line(part, place, time, host, unit, process, pid, continues or order > 0)
        for order, part in enumerate(text.split("\n"))
    ]
