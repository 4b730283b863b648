"""Compressed input: found out by its first bytes, read as far as it is whole."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from typing import BinaryIO, cast

from maillogdiag.errors import SourceError

_GZIP, _BZIP2, _XZ, _ZSTD = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"
HEAD_BYTES = 6

BROKEN = (EOFError, zlib.error, lzma.LZMAError, OSError)
"""What the decompressors raise on damaged data."""


def unpack(raw: BinaryIO, head: bytes) -> BinaryIO:
    """Return `raw` decompressed, or itself where it is not compressed.

    Args:
        raw: positioned at its start.
        head: its first bytes.

    Raises:
        SourceError: it is compressed in a way that this installation cannot read.
    """
    if head.startswith(_GZIP):
        return cast(BinaryIO, gzip.GzipFile(fileobj=raw))
    if head.startswith(_BZIP2):
        return cast(BinaryIO, bz2.BZ2File(raw))
    if head.startswith(_XZ):
        return cast(BinaryIO, lzma.LZMAFile(raw))
    if head.startswith(_ZSTD):
        return _zstd(raw)
    return raw


def _zstd(raw: BinaryIO) -> BinaryIO:
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        try:
            from backports import zstd  # type: ignore[no-redef,unused-ignore]
        except ImportError:
            raise SourceError("is packed with zstd; unpack it first: zstd -dc FILE | maillogdiag scan -") from None
    return cast(BinaryIO, zstd.ZstdFile(raw))
