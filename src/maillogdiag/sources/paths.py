"""From what the user names to sources: files, globs, folders, archives, `-`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from glob import glob
from pathlib import Path
from typing import BinaryIO, cast

from maillogdiag.errors import SourceError
from maillogdiag.sources.content import SNIFF_BYTES, is_journal, is_tar, is_zip, looks_like_log
from maillogdiag.sources.interface import Source
from maillogdiag.sources.journal import open_journal
from maillogdiag.sources.notes import SkippedSource, UnreadableSource
from maillogdiag.sources.packing import beginnings_of
from maillogdiag.sources.ranges import is_divisible
from maillogdiag.sources.remote import is_url, open_urls
from maillogdiag.sources.rotation import in_time_order
from maillogdiag.sources.text import TextSource


def open_inputs(paths: Sequence[str], *, stdin: BinaryIO | None = None) -> Iterator[Source]:
    """Yield a source for every log that `paths` name; rotated series in the order of time, no file twice.

    Args:
        paths: files, globs, folders (searched through, logs told by their content), archives (zip, tar; packed or
            not), journal files, "-" for standard input, URLs.
        stdin: what "-" means; the process's standard input by default.
    """
    named: list[Path] = []
    for text in dict.fromkeys(paths):
        if text == "-":
            yield _standard_input(stdin)
        elif is_url(text):
            yield from open_urls(text)
        elif _is_glob(text):
            matching = [Path(found) for found in sorted(glob(text, recursive=True))]
            named += matching
            if not matching:
                yield UnreadableSource(text, "no file matches this pattern")
        else:
            named.append(Path(text))
    seen: set[Path] = set()
    for path in in_time_order(named, lambda path: path):
        try:
            if path.is_dir():
                yield from _sources_of_folder(path, seen)
            elif _is_new(path, seen):
                yield from _sources_of_file(path)
        except (OSError, RuntimeError) as error:  # its folder may not be entered, or links lead in a circle
            yield UnreadableSource(str(path), _reason(error))


def _standard_input(stdin: BinaryIO | None) -> Source:
    if stdin is None and sys.stdin is None:
        return UnreadableSource("-", "is closed: nothing is piped into maillogdiag")
    return TextSource("-", lambda: stdin or sys.stdin.buffer, datetime.now().astimezone())


def _reason(error: OSError | RuntimeError) -> str:
    return f"cannot be read: {getattr(error, 'strerror', None) or error}"


def _is_glob(text: str) -> bool:
    return any(char in text for char in "*?[") and not os.path.lexists(text)


def _is_new(path: Path, seen: set[Path]) -> bool:
    """Whether a file was not met before, under whatever name."""
    real = path.resolve()
    if real in seen:
        return False
    seen.add(real)
    return True


def _sources_of_folder(folder: Path, seen: set[Path]) -> Iterator[Source]:
    """Yield the logs below a folder; its journal files are one journal, and what is no log is named."""
    closed: list[OSError] = []
    found = (Path(below) / name for below, _, names in os.walk(folder, onerror=closed.append) for name in names)
    files = [path for path in sorted(found) if _is_file(path) and not path.name.startswith(".")]
    for error in closed:
        yield UnreadableSource(str(error.filename), _reason(error))
    if not files and not closed:
        yield UnreadableSource(str(folder), "holds no file that can be read")
    journals: list[Path] = []
    skipped: list[str] = []
    for path in in_time_order(files, lambda path: path):
        if not _is_new(path, seen):
            continue
        try:
            raw, sample = _samples(path)
        except (OSError, SourceError):
            yield from _sources_of_file(path)  # which says what is wrong
            continue
        if is_journal(raw):
            journals.append(path)
        elif is_zip(raw) or is_tar(sample) or is_journal(sample) or looks_like_log(path.name, sample):
            yield from _sources_of_file(path)
        else:
            skipped.append(str(path.relative_to(folder)))
    if journals:
        yield _named_after(folder, journals)
    if skipped:
        yield SkippedSource(str(folder), skipped)


def _is_file(path: Path) -> bool:
    """Whether it is a file, or may be one."""
    try:
        return path.is_file()
    except OSError:  # which is said once it is read
        return True


def _named_after(folder: Path, journals: Iterable[Path]) -> Source:
    source = open_journal(files=list(journals))
    source.name = str(folder)
    return source


def _sources_of_file(path: Path) -> Iterator[Source]:
    """Yield what a file holds, whatever it is."""
    opener = partial(_open, path)
    try:
        if not path.is_file() and path.exists():  # a pipe, whose first bytes can be read only once
            yield TextSource(str(path), opener, datetime.now().astimezone())
            return
        raw, sample = _samples(path)
        known = path.stat()
    except OSError as error:
        yield UnreadableSource(str(path), _reason(error))
        return
    except SourceError as error:
        yield UnreadableSource(str(path), str(error))
        return
    if is_journal(raw):
        yield open_journal(files=[path])
    elif is_zip(raw) or is_tar(sample):
        # Imported only here: few need it, and its imports take as long as a small log.
        from maillogdiag.sources.archives import sources_of_tar, sources_of_zip

        yield from sources_of_zip(path) if is_zip(raw) else sources_of_tar(path)
    else:
        changed = datetime.fromtimestamp(known.st_mtime, tz=UTC).astimezone()
        opener = partial(_open_known, path, known.st_ino, known.st_size)
        yield TextSource(str(path), opener, changed, known.st_size, is_divisible=is_divisible(raw))


def _samples(path: Path) -> tuple[bytes, bytes]:
    """Return a file's first bytes as they are, and unpacked."""
    with path.open("rb") as file:
        return beginnings_of(cast(BinaryIO, file), SNIFF_BYTES)


def _open_known(path: Path, inode: int, size: int) -> BinaryIO:
    """Open the file that was found; another one of its name is not what is to be read now, or in parts."""
    file = _open(path)
    now = os.fstat(file.fileno())
    if now.st_ino != inode or now.st_size < size:
        file.close()
        raise OSError("it was rotated or cut meanwhile; scan it again, together with its rotated files")
    return file


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, path.open("rb"))
