"""Log text as a stream of bytes, whatever its packing and envelope."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, cast

from maillogdiag.envelopes import Peeled, Peeler
from maillogdiag.errors import SourceError
from maillogdiag.gate import Gate, numbered
from maillogdiag.records import Line, Place
from maillogdiag.sources.content import is_binary, is_journal
from maillogdiag.sources.journal import open_journal
from maillogdiag.sources.journal_streams import entries_of_stream
from maillogdiag.sources.losses import Losses
from maillogdiag.sources.packing import open_text

_MOST_LINE_BYTES = 1024 * 1024
_BLOCK_BYTES = 256 * 1024
_TAIL_BYTES = 4096
_SNIFF_BYTES = 8192


class TextSource:
    """A file, an archive member, or standard input.

    Args:
        name: as the user knows it.
        opener: opens the bytes, once.
        reference: a time no entry is later than; tells the year where the log has none.
        size: bytes that the opened stream has, packed as it is; None where nobody knows.
    """

    def __init__(self, name: str, opener: Callable[[], BinaryIO], reference: datetime, size: int | None = None) -> None:
        self.name = name
        self.format = "plain"
        self.problems: list[str] = []
        self.size = size
        self._opener = opener
        self.reference = reference
        self._raw: BinaryIO | None = None

    @property
    def position(self) -> int:
        """How many of the `size` bytes were read so far."""
        return self._raw.tell() if self._raw and not self._raw.closed else 0

    def lines(self, gate: Gate | None = None) -> Iterator[Line]:
        """Yield the lines, peeled; damaged input as far as it goes. See `Source.lines`."""
        try:
            raw = self._raw = self._opener()
        except OSError as error:
            raise SourceError(f"cannot be read: {error.strerror or error}") from None
        with raw:
            stream = open_text(raw, self.problems)
            sample = stream.peek(_SNIFF_BYTES)[:_SNIFF_BYTES]
            if is_journal(sample):
                yield from self._journal_lines(stream)
            elif is_binary(sample):
                raise SourceError("is no log: its content is binary")
            else:
                yield from self._text_lines(stream, gate)

    def _text_lines(self, stream: io.BufferedReader, gate: Gate | None) -> Iterator[Line]:
        losses = Losses()
        try:
            for number, peeled in self._peeled(stream, losses, gate):
                place = Place(self.name, number)
                losses.look_at(peeled.text)
                if "\n" not in peeled.text:
                    yield _line(peeled, peeled.text, place, continues=peeled.continues)
                    continue
                for order, text in enumerate(peeled.text.split("\n")):
                    yield _line(peeled, text, place, continues=peeled.continues or order > 0)
        finally:  # also where the reader has enough
            self.problems += losses.sentences()

    def _peeled(self, stream: io.BufferedReader, losses: Losses, gate: Gate | None) -> Iterator[tuple[int, Peeled]]:
        """Yield each entry with the number of its line, or its own number where an entry has many lines."""
        if found := entries_of_stream(stream.peek(_SNIFF_BYTES)[:_SNIFF_BYTES], cast(BinaryIO, stream)):
            self.format, entries = found
            yield from enumerate(entries, start=1)
            return
        peeler = self._new_peeler()
        parts = _Parts()
        number = 0
        blocks = self._blocks(stream, losses)
        try:
            for number, line in gate.sift(blocks) if gate else numbered(blocks):
                peeled = peeler.peel(_decode(line, losses))
                if peeled is None:
                    continue
                if not peeled.is_partial and not parts.begun:
                    yield number, peeled
                elif whole_line := parts.complete(peeled):
                    yield number, whole_line
            for peeled in parts.rest():
                yield number, peeled
        finally:
            if gate and gate.skipped:
                peeler.count(gate.format, gate.skipped)
            self.format = peeler.format

    def _new_peeler(self) -> Peeler:
        return Peeler(self.reference)

    def _blocks(self, stream: io.BufferedReader, losses: Losses) -> Iterator[bytes]:
        """Yield blocks of whole lines; one that is longer than 1 MiB loses its middle."""
        while block := stream.read1(_BLOCK_BYTES):
            whole, newline, begun = block.rpartition(b"\n")
            if newline:  # at once: the rest of the line that is begun may be long in coming
                yield whole + newline
            if begun:
                begun += stream.readline(_MOST_LINE_BYTES - len(begun))
                if len(begun) == _MOST_LINE_BYTES and not begun.endswith(b"\n"):
                    losses.cut_lines += 1
                    begun += _rest_of_line(stream)
                yield begun

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


class _Parts:
    """Puts lines together that a container runtime cut into parts."""

    def __init__(self) -> None:
        self.begun: dict[tuple[str | None, int | None], Peeled] = {}

    def complete(self, peeled: Peeled) -> Peeled | None:
        """Return the whole line; None as long as parts are to come."""
        writer = (peeled.unit, peeled.pid)
        if begun := self.begun.pop(writer, None):
            text = begun.text + peeled.text
            peeled = begun._replace(text=text, is_partial=peeled.is_partial and len(text) < _MOST_LINE_BYTES)
        if peeled.is_partial:
            self.begun[writer] = peeled
            return None
        return peeled

    def rest(self) -> Iterator[Peeled]:
        """Yield the lines whose last part never came."""
        yield from self.begun.values()


def _decode(line: bytes, losses: Losses) -> str:
    if b"\0" in line:
        losses.zero_bytes += line.count(b"\0")
        line = line.lstrip(b"\0").replace(b"\0", b"\xef\xbf\xbd")
    return line.decode("utf-8", errors="replace").rstrip("\r\n").removeprefix("\ufeff")


def _rest_of_line(stream: io.BufferedReader) -> bytes:
    """Read to the end of the line; return the last part of it."""
    tail = b""
    while part := stream.readline(_MOST_LINE_BYTES):
        tail = (tail + part)[-_TAIL_BYTES:]
        if part.endswith(b"\n"):
            break
    return tail


def _line(peeled: Peeled, text: str, place: Place, *, continues: bool) -> Line:
    return Line(text, place, peeled.time, peeled.host, peeled.unit, peeled.process, peeled.pid, continues)
