"""Archives: zip (Mattermost's support packets) and tar, packed or not; each log in them is a source."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO, cast

from maillogdiag.errors import SourceError
from maillogdiag.sources.content import SNIFF_BYTES, is_journal, looks_like_log
from maillogdiag.sources.interface import Source
from maillogdiag.sources.notes import SkippedSource, UnreadableSource
from maillogdiag.sources.packing import open_text, unpack
from maillogdiag.sources.rotation import in_time_order
from maillogdiag.sources.text import TextSource

# RuntimeError is an encrypted member, NotImplementedError a packing that Python does not know.
_DAMAGES = (EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, tarfile.TarError)


@dataclass(frozen=True, slots=True)
class _Member:
    """A file in an archive."""

    name: str
    open: Callable[[], BinaryIO]
    changed: datetime


def sources_of_zip(path: Path) -> Iterator[Source]:
    """Yield a source for each log in a zip archive; one that says so where the archive is damaged."""
    return _sources(path, _zip_members(path))


def sources_of_tar(path: Path) -> Iterator[Source]:
    """Yield a source for each log in a tar archive, packed or not; see `sources_of_zip`."""
    return _sources(path, _tar_members(path))


def _sources(path: Path, members: Iterator[_Member]) -> Iterator[Source]:
    found: list[_Member] = []
    damage = None
    try:
        found.extend(members)
    except (OSError, SourceError, *_DAMAGES) as error:
        damage = UnreadableSource(str(path), f"is a damaged archive: {error}")
    skipped: list[str] = []
    for member in in_time_order(found, lambda one: Path(one.name)):
        if _is_log(member):
            yield TextSource(f"{path}!{member.name}", member.open, member.changed)
        else:
            skipped.append(member.name)
    if skipped:
        yield SkippedSource(str(path), skipped)
    if damage:
        yield damage


def _is_log(member: _Member) -> bool:
    try:
        with member.open() as raw:
            sample = open_text(raw, []).peek(SNIFF_BYTES)[:SNIFF_BYTES]
    except (OSError, SourceError):
        return True  # reading it will tell what is wrong
    return is_journal(sample) or looks_like_log(member.name, sample)


def _zip_members(path: Path) -> Iterator[_Member]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                yield _Member(info.filename, partial(_open_zip_member, path, info), _zip_time(info))


def _zip_time(info: zipfile.ZipInfo) -> datetime:
    try:
        return datetime(*info.date_time).astimezone()
    except (ValueError, OverflowError):  # zip has a month 0
        return datetime.now().astimezone()


def _tar_members(path: Path) -> Iterator[_Member]:
    with path.open("rb") as raw, _open_tar(raw) as archive:
        for info in archive:
            if info.isfile():
                changed = datetime.fromtimestamp(info.mtime, tz=UTC)
                yield _Member(info.name, partial(_open_tar_member, path, info), changed)


def _open_tar(raw: io.BufferedReader) -> tarfile.TarFile:
    return tarfile.open(fileobj=unpack(raw, raw.peek()), mode="r:")


def _open_zip_member(path: Path, info: zipfile.ZipInfo) -> BinaryIO:
    try:
        with zipfile.ZipFile(path) as archive:  # the member keeps the file open
            opened = archive.open(info)
    except _DAMAGES as error:
        raise OSError(str(error)) from None
    return cast(BinaryIO, _MemberFile(opened))


def _open_tar_member(path: Path, info: tarfile.TarInfo) -> BinaryIO:
    raw = path.open("rb")
    try:
        opened = _open_tar(raw).extractfile(info)
    except _DAMAGES as error:
        raw.close()
        raise OSError(str(error)) from None
    assert opened is not None  # only regular files are members
    return cast(BinaryIO, _MemberFile(opened, raw))


class _MemberFile(io.RawIOBase):
    """A member's bytes; a damaged archive raises EOFError, as damaged packed files do.

    Args:
        opened: the member.
        archive: what to close with it.
    """

    def __init__(self, opened: IO[bytes], archive: IO[bytes] | None = None) -> None:
        self._opened = opened
        self._archive = archive

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            part = self._opened.read(len(buffer))
        except _DAMAGES as error:
            raise EOFError(str(error)) from None
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        if not self.closed:
            self._opened.close()
            if self._archive:
                self._archive.close()
        super().close()
