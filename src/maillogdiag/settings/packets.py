"""Mattermost's support packets: zip archives with the settings in them, passwords masked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from maillogdiag.errors import SourceError

_MAGIC = b"PK\x03\x04"
_MEMBER = "sanitized_config.json"


def support_packets(paths: Iterable[str]) -> list[str]:
    """Return which of `paths` are support packets, and so hold settings as well as logs."""
    return [path for path in paths if _is_packet(Path(path))]


def is_zip(data: bytes) -> bool:
    """Whether a file that begins so is a zip archive."""
    return data.startswith(_MAGIC)


def open_packet(path: Path, most: int) -> tuple[str, bytes]:
    """Return what the settings in a support packet are called, and their first `most` bytes.

    Raises:
        SourceError: it is damaged, or no support packet.
    """
    # Imported only here: few runs need it, and its imports take as long as a small log.
    import zipfile
    import zlib

    # RuntimeError is an encrypted member, NotImplementedError a packing that Python does not know.
    try:
        with zipfile.ZipFile(path) as archive:
            name = next((one for one in archive.namelist() if one.rpartition("/")[2] == _MEMBER), None)
            if name is None:
                raise SourceError(f"is an archive without {_MEMBER}; name a Mattermost support packet, or one file")
            with archive.open(name) as file:
                return f"{path}!{name}", file.read(most)
    except (OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise SourceError(f"is a damaged archive: {error}; make a new support packet") from None


def _is_packet(path: Path) -> bool:
    try:
        if not path.is_file():  # what is read from a pipe is gone
            return False
        with path.open("rb") as file:
            if not is_zip(file.read(len(_MAGIC))):
                return False
        open_packet(path, 1)
    except (OSError, ValueError, SourceError):
        return False
    return True
