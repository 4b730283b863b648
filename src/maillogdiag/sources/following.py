"""Files that go on: appended to, rotated, truncated, gone for a while and back again."""

from __future__ import annotations

import io
import logging
import os
import sys
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from maillogdiag.envelopes import Peeler
from maillogdiag.sources.interface import Idle, Source
from maillogdiag.sources.notes import UnreadableSource
from maillogdiag.sources.packing import is_packed
from maillogdiag.sources.paths import open_inputs
from maillogdiag.sources.pipes import FollowedPipe
from maillogdiag.sources.rotation import in_time_order, series_of
from maillogdiag.sources.text import TextSource

# After a rotation writers go on with the old file until they are told to open the new one.
_OLD_FILE_S = 1.0
_MARK_BYTES = 64
_HEAD_BYTES = 8
_log = logging.getLogger(__name__)


def open_followed(paths: Sequence[str]) -> list[Source]:
    """Return a source for every log that `paths` name, as `open_inputs` does; what may go on is followed.

    That is a text file that is not packed and is the newest of its rotated series, a file that is not there yet, and
    standard input, until it is closed. All else is read once.
    """
    found = list(open_inputs(paths))
    files = [Path(source.name) for source in found if isinstance(source, TextSource) and source.size is not None]
    newest = {series_of(path): path for path in in_time_order(files, lambda path: path)}
    return [_followed(source, newest.values()) for source in found]


def _followed(source: Source, newest: Collection[Path]) -> Source:
    path = Path(source.name)
    if isinstance(source, UnreadableSource) and _may_come(path):
        _log.warning("%s does not exist: waiting for it", path)
        return FollowedText(source.name, partial(FollowedFile, path), datetime.now().astimezone())
    if not isinstance(source, TextSource):
        return source
    if source.name == "-":
        return FollowedText("-", lambda idle, _: FollowedPipe(sys.stdin.fileno(), idle), source.reference)
    if path.is_fifo():
        return FollowedText(source.name, partial(_opened_pipe, path), source.reference)
    if path not in newest or _is_packed(path):
        return source
    return FollowedText(source.name, partial(FollowedFile, path), source.reference)


def _may_come(path: Path) -> bool:
    is_pattern = any(char in path.name for char in "*?[")
    return not is_pattern and not path.exists() and path.parent.is_dir()


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return is_packed(file.read(_HEAD_BYTES))


def _opened_pipe(path: Path, idle: Idle, _: list[str]) -> FollowedPipe:
    return FollowedPipe(os.open(path, os.O_RDONLY), idle)


class FollowedText(TextSource):
    """A text that goes on.

    Args:
        name: as the user knows it.
        opener: opens the bytes; takes what to call while there is nothing to read, and the list of problems.
        reference: see `TextSource`; once everything was read that was there, it is the day after today.

    Attributes:
        idle: called while there is nothing to read; the text ends where it returns False.
    """

    def __init__(self, name: str, opener: Callable[[Idle, list[str]], io.RawIOBase], reference: datetime) -> None:
        super().__init__(name, lambda: cast(BinaryIO, opener(self._wait, self.problems)), reference)
        self.idle: Idle = lambda: False
        self._peeler: Peeler | None = None

    def _new_peeler(self) -> Peeler:
        self._peeler = super()._new_peeler()
        return self._peeler

    def _wait(self) -> bool:
        if self._peeler:
            today = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
            self._peeler.reference = today + timedelta(days=1)
        return self.idle()


class FollowedFile(io.RawIOBase):
    """What is written to files of one name, as `tail -F` reads it.

    A file that was renamed or deleted is read to its end before the new one of its name. One that was truncated
    (logrotate's copytruncate) is read from its beginning; it is told by what stands before the place read last,
    since it may have grown again. A line that breaks off there is ended.

    Args:
        path: the name.
        idle: called while there is nothing to read; the file ends where it returns False.
        problems: gets a sentence where the file never came, or cannot be opened.
    """

    def __init__(self, path: Path, idle: Idle, problems: list[str]) -> None:
        self._path = path
        self._idle = idle
        self._problems = problems
        self._file: io.FileIO | None = None
        self._mark = b""  # the last bytes that were read
        self._replaced_at: float | None = None
        self._problem = ""

    def readable(self) -> bool:
        """Say that it is to be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read what there is; wait where there is nothing."""
        while not (part := self._more(len(buffer))):
            if not self._idle():
                return 0
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        """Close the file that is read."""
        if self._file:
            self._file.close()
        super().close()

    def _more(self, size: int) -> bytes:
        """Return the next bytes, or what ends a line that breaks off; nothing where there is nothing now."""
        if self._file is None:
            self._file = self._opened()
        if self._file is None:
            return b""
        if self._was_rewritten(self._file):
            self._file.seek(0)
            return self._line_end() or self._more(size)
        if part := self._file.read(size):
            self._mark = (self._mark + part)[-_MARK_BYTES:]
            return part
        if self._is_replaced(self._file) and (new := self._opened()):
            self._file.close()
            self._file = new
            return self._line_end() or self._more(size)
        return b""

    def _opened(self) -> io.FileIO | None:
        if self._problem in self._problems:
            self._problems.remove(self._problem)
        try:
            return io.FileIO(self._path)
        except OSError as error:
            self._problem = f"cannot be opened: {error.strerror or error}"
            self._problems.append(self._problem)
            return None

    def _was_rewritten(self, file: io.FileIO) -> bool:
        return os.pread(file.fileno(), len(self._mark), file.tell() - len(self._mark)) != self._mark

    def _is_replaced(self, file: io.FileIO) -> bool:
        """Whether another file that has text goes by this name, and its writers had time to open it."""
        try:
            now = self._path.stat()
        except OSError:
            return False
        if os.path.samestat(now, os.fstat(file.fileno())) or not now.st_size:
            self._replaced_at = None
            return False
        self._replaced_at = self._replaced_at or time.monotonic()
        return time.monotonic() - self._replaced_at >= _OLD_FILE_S

    def _line_end(self) -> bytes:
        """Forget the file before; return what ends its last line."""
        is_broken_off = bool(self._mark) and not self._mark.endswith(b"\n")
        self._mark, self._replaced_at = b"", None
        return b"\n" if is_broken_off else b""
