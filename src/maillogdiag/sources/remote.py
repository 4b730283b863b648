"""Logs named by URL (s3://, gs://, sftp://, http://, https:// …), read by way of fsspec.

What a URL may hold besides the place, a password or a signature in its query, is never shown.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import unquote, urlsplit, urlunsplit

from maillogdiag.errors import SourceError
from maillogdiag.expressions import expression
from maillogdiag.sources.content import SNIFF_BYTES, is_tar, is_zip, looks_like_log
from maillogdiag.sources.interface import Source
from maillogdiag.sources.notes import SkippedSource, UnreadableSource
from maillogdiag.sources.packing import beginnings_of
from maillogdiag.sources.ranges import is_divisible
from maillogdiag.sources.rotation import in_time_order
from maillogdiag.sources.text import TextSource

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_URL = expression(r"[a-zA-Z][a-zA-Z0-9+.-]*://")
_URL_IN_TEXT = expression(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s'\"<>]+")


def is_url(text: str) -> bool:
    """Whether a path is a URL."""
    return bool(_URL.match(text))


def open_urls(url: str) -> Iterator[Source]:
    """Yield a source for every log that a URL names: one file; those below it, if it ends with "/"; those like "*"."""
    name = shown_url(url)
    try:
        from fsspec.core import url_to_fs

        files, path = url_to_fs(url)
        is_one = "*" not in path and not url.endswith("/")
        paths = [path] if is_one else sorted(files.glob(path) if "*" in path else files.find(path))
    except ImportError as error:
        yield UnreadableSource(name, _missing(error))
        return
    except Exception as error:  # noqa: BLE001 - each file system's package has its own
        yield UnreadableSource(name, _reason(error, url))
        return
    if not paths:
        yield UnreadableSource(name, "no file is there, or none that may be read")
    skipped = []
    for path in in_time_order(paths, Path):
        source = _source(files, path, url, must_look_like_log=not is_one)
        if source:
            yield source
        else:
            skipped.append(Path(shown_url(path)).name)
    if skipped:
        yield SkippedSource(name, skipped)


def _source(files: AbstractFileSystem, path: str, url: str, *, must_look_like_log: bool) -> Source | None:
    """Return what a file holds; None where it is no log."""
    name = shown_url(url) if not must_look_like_log else shown_url(files.unstrip_protocol(path), urlsplit(url).netloc)
    try:
        size = files.info(path).get("size")
        with _RemoteFile(files, path, url) as raw:
            head, sample = beginnings_of(cast(BinaryIO, io.BufferedReader(raw)), SNIFF_BYTES)
            has_parts = size is not None and _can_seek(raw)
    except SourceError as error:
        return UnreadableSource(name, str(error))
    except Exception as error:  # noqa: BLE001 - each file system's package has its own
        return UnreadableSource(name, _reason(error, url))
    if is_zip(head) or is_tar(sample):
        return UnreadableSource(name, "is an archive, which is read from a file only: download it first")
    if must_look_like_log and not looks_like_log(path, sample):
        return None
    opener = partial(_open, files, path, url)
    return TextSource(name, opener, _changed(files, path), size, is_divisible=has_parts and is_divisible(head))


def _can_seek(raw: io.RawIOBase) -> bool:
    """Whether a part of a file may be asked for; some web servers give only the whole."""
    try:
        raw.seek(0)
    except OSError:
        return False
    return True


def _changed(files: AbstractFileSystem, path: str) -> datetime:
    try:
        return cast(datetime, files.modified(path)).astimezone()
    except Exception:  # noqa: BLE001 - many cannot tell, each in its own way
        return datetime.now().astimezone()


def _open(files: AbstractFileSystem, path: str, url: str) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_RemoteFile(files, path, url)))


class _RemoteFile(io.RawIOBase):
    """A file that raises nothing but OSError."""

    def __init__(self, files: AbstractFileSystem, path: str, url: str) -> None:
        self._url = url
        self._at = 0
        try:
            self._file = files.open(path, "rb")
        except Exception as error:  # noqa: BLE001 - each file system's package has its own
            raise OSError(_reason(error, url)) from None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            part = self._file.read(len(buffer))
        except Exception as error:  # noqa: BLE001 - each file system's package has its own
            raise OSError(_reason(error, self._url)) from None
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if (offset, whence) == (0, io.SEEK_CUR):  # which only asks where it is
            return self._at
        try:
            self._at = self._file.seek(offset, whence)
        except Exception as error:  # noqa: BLE001 - each file system's package has its own
            raise OSError(_reason(error, self._url)) from None
        return self._at

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def shown_url(url: str, host: str = "") -> str:
    """Return `url` without user, password and query, as it may be shown; a path is returned as it is."""
    return "::".join(_shown_link(link, host) for link in url.split("::")) if "://" in url else url


def _shown_link(url: str, host: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "a URL that cannot be read"
    return urlunsplit((parts.scheme, (parts.netloc or host).rpartition("@")[2], parts.path, "", ""))


def _without_secrets(text: str, url: str) -> str:
    """Return an error's text with all URLs shortened, and without what a package may have taken out of `url`."""
    text = _URL_IN_TEXT.sub(lambda found: shown_url(found[0]), text)
    for link in url.split("::"):
        _, _, behind = link.partition("://")
        place, _, query = behind.partition("?")
        secrets = {place.rpartition("@")[0].partition(":")[2] if "@" in place else "", query}
        secrets |= {pair.partition("=")[2] for pair in query.split("&")}
        for secret in sorted({*secrets, *map(unquote, secrets)} - {""}, key=len, reverse=True):
            text = text.replace(secret, "…")
    return text


def _missing(error: ImportError) -> str:
    if (error.name or "").partition(".")[0] == "fsspec":
        return "needs fsspec: pip install 'maillogdiag[cluster]'"
    return f"needs a package more, installed with pip: {error}"


def _reason(error: Exception, url: str) -> str:
    if isinstance(error, FileNotFoundError):
        return "does not exist, or cannot be reached"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    text = _without_secrets(str(text), url)
    return text if text.startswith("cannot be read") else f"cannot be read: {text}"
