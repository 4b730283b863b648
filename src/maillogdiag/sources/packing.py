"""Compressed input: found out by its first bytes, read as far as it is whole."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zlib
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import BinaryIO, cast

from maillogdiag.errors import SourceError

_GZIP, _BZIP2, _XZ, _ZSTD = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HEAD_BYTES = 8
_BUFFER_BYTES = 256 * 1024


def open_text(raw: BinaryIO, problems: list[str]) -> io.BufferedReader:
    """Return the text in `raw`: decompressed where it is packed, as UTF-8 where it is UTF-16 (PowerShell's `>`).

    Args:
        raw: at its start; a pipe will do.
        problems: gets a sentence where the packed data breaks off.

    Raises:
        SourceError: it is packed in a way that this installation cannot read.
    """
    head = b""
    while len(head) < _HEAD_BYTES and (more := _read_some(raw, _BUFFER_BYTES)):
        head += more
    whole = io.BufferedReader(_Again(head, raw), _BUFFER_BYTES)
    unpacked = unpack(cast(BinaryIO, whole), head)
    return io.BufferedReader(_Salvaged(unpacked, problems), _BUFFER_BYTES)


def beginnings_of(raw: BinaryIO, size: int) -> tuple[bytes, bytes]:
    """Return the first bytes of `raw` as they are, and as its text has them.

    Args:
        raw: at its start.
        size: how many of each.

    Raises:
        SourceError: as for `open_text`.
    """
    head = raw.read(size)
    whole = cast(BinaryIO, io.BufferedReader(_Again(head, raw)))
    return head, open_text(whole, []).peek(size)[:size]


def open_range(raw: BinaryIO, start: int, end: int | None, problems: list[str]) -> io.BufferedReader:
    """Return the bytes from `start` to `end`, or to the end of it all, of a text that is neither packed nor UTF-16.

    Args:
        raw: a file, not a pipe.
        problems: gets a sentence where it cannot be read on.
    """
    raw.seek(start)
    within = cast(BinaryIO, raw if end is None else _Limited(raw, end - start))
    return io.BufferedReader(_Salvaged(within, problems, start), _BUFFER_BYTES)


def is_plain(head: bytes) -> bool:
    """Whether data that begins so is read as it is: neither compressed nor UTF-16."""
    return not is_packed(head) and not head.startswith(_UTF_16)


def is_packed(head: bytes) -> bool:
    """Whether data that begins so is compressed."""
    return head.startswith((_GZIP, _BZIP2, _XZ, _ZSTD))


def unpack(raw: BinaryIO, head: bytes) -> BinaryIO:
    """Return `raw` decompressed or in UTF-8; itself where it needs neither.

    Args:
        raw: at its start.
        head: its first bytes.

    Raises:
        SourceError: it is packed in a way that this installation cannot read.
    """
    if head.startswith(_GZIP):
        return cast(BinaryIO, gzip.GzipFile(fileobj=raw))
    if head.startswith(_BZIP2):
        return cast(BinaryIO, bz2.BZ2File(raw))
    if head.startswith(_XZ):
        return cast(BinaryIO, lzma.LZMAFile(raw))
    if head.startswith(_ZSTD):
        return _open_zstd(raw)
    if head.startswith(_UTF_16):
        return cast(BinaryIO, _FromUtf16(raw))
    return raw


class _Again(io.RawIOBase):
    """A stream whose first bytes were read and are put back."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._head:
            part, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        else:
            part = _read_some(self._rest, len(buffer))
        buffer[: len(part)] = part
        return len(part)


class _Salvaged(io.RawIOBase):
    """Unpacked data that ends where it is damaged, with a note, instead of raising."""

    def __init__(self, unpacked: BinaryIO, problems: list[str], start: int = 0) -> None:
        self._unpacked = unpacked
        self._problems = problems
        self._read_bytes = start
        self._is_damaged = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._is_damaged:
            return 0
        try:
            part = _read_some(self._unpacked, len(buffer))
        except _broken() as error:
            self._is_damaged = True
            self._problems.append(
                f"the packed data is damaged: it was read up to byte {self._read_bytes:,} of the text, and the rest "
                f"is lost ({error or type(error).__name__})"
            )
            return 0
        self._read_bytes += len(part)
        buffer[: len(part)] = part
        return len(part)


def _read_some(stream: BinaryIO, size: int) -> bytes:
    """Read what is there, so that a pipe's lines arrive as they are written."""
    read1 = getattr(stream, "read1", None)
    return cast(bytes, read1(size) if read1 else stream.read(size))


def _broken() -> tuple[type[Exception], ...]:
    """What the decompressors raise on damaged data."""
    known = (EOFError, zlib.error, lzma.LZMAError, OSError)
    return (*known, zstd.ZstdError) if (zstd := _zstd()) else known


class _Limited:
    """The next so many bytes of a stream."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._left = size

    def read1(self, size: int) -> bytes:
        part = _read_some(self._stream, min(size, self._left)) if self._left else b""
        self._left -= len(part)
        return part


class _FromUtf16:
    """UTF-16 text as UTF-8 bytes."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-16")("replace")

    def read1(self, size: int) -> bytes:
        # A character takes two bytes or four in UTF-16, and at most four in UTF-8.
        while part := _read_some(self._stream, max(1, size // 2)):
            if text := self._decoder.decode(part):
                return text.encode("utf-8", "replace")
        return b""


@cache
def _zstd() -> ModuleType | None:
    for name in ("compression.zstd", "backports.zstd"):  # Python 3.14's own, and its backport
        try:
            return import_module(name)
        except ImportError:
            continue
    return None


def _open_zstd(stream: BinaryIO) -> BinaryIO:
    zstd = _zstd()
    if zstd is None:
        raise SourceError(
            "is packed with zstd, which this installation cannot read: pip install backports.zstd, "
            "or unpack it first: zstd -dc FILE | maillogdiag scan -"
        )
    return cast(BinaryIO, zstd.ZstdFile(stream))
