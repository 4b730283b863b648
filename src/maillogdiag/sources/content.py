"""Tells logs from other files by their content; the name decides only where the content cannot."""

from __future__ import annotations

import re

from maillogdiag.expressions import expression

SNIFF_BYTES = 8192
"""So much of a file's beginning tells what it is."""

_JOURNAL = b"LPKSHHRH"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_TAR_MAGIC = slice(257, 262)
# Text, but never a log; some of it is secret.
_NO_LOGS = expression(
    r"\.(?:ya?ml|toml|conf|cfg|cnf|ini|env|service|timer|py|rb|js|css|html|md|rst|sql|sh|pem|crt|key|csv|xml|lock|prof)$",
    re.IGNORECASE,
)
_LOG_KEYS = (b'"MESSAGE"', b'"log"', b'"msg"', b'"message"', b'"level"', b'"lvl"', b"__REALTIME_TIMESTAMP")
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\b\t\n\v\f\r\x1b\0")
_MOST_UNREADABLE = 0.3
_MOST_CONTROLS = 0.05


def is_journal(sample: bytes) -> bool:
    """Whether a file that begins so is a systemd journal file."""
    return sample.startswith(_JOURNAL)


def is_zip(sample: bytes) -> bool:
    """Whether a file that begins so is a zip archive."""
    return sample.startswith(_ZIP)


def is_tar(sample: bytes) -> bool:
    """Whether unpacked data that begins so is a tar archive."""
    return sample[_TAR_MAGIC] == b"ustar"


def is_binary(sample: bytes) -> bool:
    """Whether data that begins so is no text; holes of zero bytes in a text are forgiven."""
    text = sample.replace(b"\0", b"")
    controls = len(text) - len(text.translate(None, _CONTROLS))
    unreadable = text.decode("utf-8", "replace").count("\ufffd")
    return controls > len(text) * _MOST_CONTROLS or unreadable > len(text) * _MOST_UNREADABLE


def looks_like_log(name: str, sample: bytes) -> bool:
    """Whether a file met in a folder or an archive may be a log.

    Args:
        name: its name.
        sample: its first bytes, unpacked.
    """
    if not sample.strip(b"\0"):
        return name.endswith(".log")  # empty as yet
    if is_binary(sample) or _NO_LOGS.search(name):
        return False
    first_line = sample.partition(b"\n")[0]
    return not name.endswith(".json") or any(key in first_line for key in _LOG_KEYS)
