"""From what the user names to sources: files, globs, folders, archives, `-`."""

from __future__ import annotations

import io
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from glob import glob
from pathlib import Path
from typing import BinaryIO, cast

from maillogdiag.errors import SourceError
from maillogdiag.records import Line
from maillogdiag.sources.interface import Source
from maillogdiag.sources.journal import open_journal
from maillogdiag.sources.packing import HEAD_BYTES, unpack
from maillogdiag.sources.rotation import in_time_order
from maillogdiag.sources.text import TextSource

_JOURNAL = b"LPKSHHRH"
_SNIFF_BYTES = 8192


class UnreadableSource:
    """An input that is known to be unreadable; says so once it is read."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.format = "unreadable"
        self.problems: list[str] = []
        self._reason = reason

    def lines(self) -> Iterator[Line]:
        """Raise SourceError."""
        raise SourceError(self._reason)


def open_inputs(paths: Sequence[str]) -> Iterator[Source]:
    """Yield a source for every log that `paths` name, rotated series in the order of time.

    Args:
        paths: files, globs, folders (searched through, logs told by their content), archives (zip, tar; packed or
            not), journal files, "-" for standard input.
    """
    for path in paths:
        if path == "-":
            yield TextSource("-", _standard_input, datetime.now().astimezone())
            continue
        named = [Path(found) for found in sorted(glob(path))] if _is_glob(path) else [Path(path)]
        if not named:
            yield UnreadableSource(path, "no file matches this pattern")
        for one in in_time_order(named):
            yield from _open_path(one, is_named=True)


def _is_glob(path: str) -> bool:
    return any(char in path for char in "*?[") and not Path(path).exists()


def _standard_input() -> BinaryIO:
    # A pipe cannot be rewound; what was peeked at stays in the buffer.
    return cast(BinaryIO, _Rewindable(sys.stdin.buffer))


class _Rewindable(io.RawIOBase):
    """A pipe whose first bytes may be read once more."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._head = b""
        self._again = b""

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._again, self._head = self._head, b""
        return 0

    def read(self, size: int = -1) -> bytes:
        if self._again:
            part, self._again = (self._again, b"") if size < 0 else (self._again[:size], self._again[size:])
            return part
        part = self._pipe.read(size)
        if len(self._head) < HEAD_BYTES and not self._again:
            self._head += part[:HEAD_BYTES]
        return part

    def readline(self, size: int | None = -1) -> bytes:
        limit = -1 if size is None else size
        if self._again:
            again, self._again = self._again, b""
            head, newline, rest = again.partition(b"\n")
            if newline:
                self._again = rest
                return head + newline
            return again + self._pipe.readline(limit)
        return self._pipe.readline(limit)


def _open_path(path: Path, *, is_named: bool) -> Iterator[Source]:
    if path.is_dir():
        files = sorted(one for one in path.rglob("*") if one.is_file() and not one.name.startswith("."))
        for one in in_time_order(files):
            yield from _open_path(one, is_named=False)
        return
    try:
        with path.open("rb") as file:
            head = file.read(_SNIFF_BYTES)
        changed = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).astimezone()
    except OSError as error:
        yield UnreadableSource(str(path), f"cannot be read: {error.strerror}")
        return
    if head.startswith(_JOURNAL):
        yield open_journal(files=[path])
    elif zipfile.is_zipfile(path):
        yield from _zip_members(path)
    elif _is_tar(path, head):
        yield from _tar_members(path)
    elif is_named or not _is_binary(path, head):
        yield TextSource(str(path), partial(path.open, "rb"), changed)


def _is_binary(path: Path, head: bytes) -> bool:
    """Whether a file met in a folder is no log; packed files are looked into."""
    try:
        with path.open("rb") as raw:
            sample = unpack(cast(BinaryIO, raw), head[:HEAD_BYTES]).read(_SNIFF_BYTES)
    except (EOFError, OSError, SourceError, ValueError):
        return False  # reading it will tell what is wrong
    controls = sum(byte < 9 or 13 < byte < 27 for byte in sample)
    return controls > len(sample) // 10


def _zip_members(path: Path) -> Iterator[Source]:
    try:
        archive = zipfile.ZipFile(path)
        members = [member for member in archive.infolist() if not member.is_dir()]
    except (OSError, zipfile.BadZipFile) as error:
        yield UnreadableSource(str(path), f"is a damaged zip archive: {error}")
        return
    for member in sorted(members, key=lambda one: one.filename):
        if _looks_like_log(member.filename):
            opener = cast(Callable[[], BinaryIO], partial(archive.open, member))
            yield TextSource(f"{path}!{member.filename}", opener, datetime(*member.date_time).astimezone())


def _is_tar(path: Path, head: bytes) -> bool:
    return (b"ustar" in head[257:270] or head[:2] in (b"\x1f\x8b", b"BZ", b"\xfd7")) and tarfile.is_tarfile(path)


def _tar_members(path: Path) -> Iterator[Source]:
    try:
        archive = tarfile.open(path)  # noqa: SIM115 - the members are read after this generator has moved on
        members = [member for member in archive if member.isfile()]
    except (OSError, EOFError, tarfile.TarError) as error:
        yield UnreadableSource(str(path), f"is a damaged tar archive: {error}")
        return
    for member in sorted(members, key=lambda one: one.name):
        if _looks_like_log(member.name):
            opener = cast(Callable[[], BinaryIO], partial(archive.extractfile, member))
            changed = datetime.fromtimestamp(member.mtime, tz=UTC).astimezone()
            yield TextSource(f"{path}!{member.name}", opener, changed)


def _looks_like_log(name: str) -> bool:
    """Members that are surely none are left alone; the rest is told by its content."""
    return not name.endswith((".prof", ".yaml", ".json", ".png", ".jpg", ".so", ".pyc"))
