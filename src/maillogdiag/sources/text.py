"""Log text as a stream of bytes, whatever its packing and envelope."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain
from typing import BinaryIO

from maillogdiag.envelopes import Peeled, Peeler
from maillogdiag.errors import SourceError
from maillogdiag.records import Line, Place
from maillogdiag.sources.journal_export import entries_of_export, is_export
from maillogdiag.sources.packing import BROKEN, HEAD_BYTES, unpack

_MOST_LINE_BYTES = 1024 * 1024
_SNIFF_BYTES = 4096


class TextSource:
    """A file, an archive member, or standard input.

    Args:
        name: as the user knows it.
        opener: opens the bytes, once; raises OSError.
        reference: a time no entry is later than; tells the year where the log has none.
    """

    def __init__(self, name: str, opener: Callable[[], BinaryIO], reference: datetime) -> None:
        self.name = name
        self.format = "plain"
        self.problems: list[str] = []
        self._opener = opener
        self._reference = reference

    def lines(self) -> Iterator[Line]:
        """Yield the lines, peeled; damaged input as far as it goes. See `Source.lines`."""
        try:
            raw = self._opener()
        except OSError as error:
            raise SourceError(f"cannot be read: {error.strerror or error}") from None
        with raw:
            head = raw.read(HEAD_BYTES)
            raw.seek(0)
            stream = unpack(raw, head)
            yield from self._text_lines(stream)

    def _text_lines(self, stream: BinaryIO) -> Iterator[Line]:
        lines = self._whole_lines(stream)
        first = next(lines, b"")
        if is_export(first):
            self.format = "journalctl export"
            for number, peeled in enumerate(entries_of_export(chain([first], lines)), start=1):
                yield _line(peeled, Place(self.name, number))
            return
        peeler = Peeler(self._reference)
        for number, line in enumerate(chain([first], lines) if first else (), start=1):
            text = line.decode("utf-8", errors="replace").rstrip("\r\n").replace("\x00", "\ufffd")
            yield _line(peeler.peel(text), Place(self.name, number))
        self.format = peeler.format

    def _whole_lines(self, stream: BinaryIO) -> Iterator[bytes]:
        """Yield lines; one that is longer than 1 MiB loses its middle, damaged data ends it with a note."""
        try:
            while line := stream.readline(_MOST_LINE_BYTES):
                if len(line) == _MOST_LINE_BYTES and not line.endswith(b"\n"):
                    skipped, tail = _skip_line(stream)
                    self.problems.append(
                        f"a line of {(len(line) + skipped) / 1e6:,.0f} MB was cut to its first and last part"
                    )
                    line += tail
                yield line
        except BROKEN as error:
            self.problems.append(f"the packed data is damaged and could only be read in part ({error})")


def _skip_line(stream: BinaryIO) -> tuple[int, bytes]:
    """Read to the end of the line; return how much that was, and its last part."""
    skipped, tail = 0, b""
    while part := stream.readline(_MOST_LINE_BYTES):
        skipped += len(part)
        tail = (tail + part)[-_SNIFF_BYTES:]
        if part.endswith(b"\n"):
            break
    return skipped, tail


def _line(peeled: Peeled, place: Place) -> Line:
    return Line(peeled.text, place, peeled.time, peeled.host, peeled.unit, peeled.process, peeled.pid)
