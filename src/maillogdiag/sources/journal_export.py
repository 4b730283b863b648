"""The journal export format: one field a line, a blank line between entries.

https://systemd.io/JOURNAL_EXPORT_FORMATS/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from maillogdiag.envelopes import Peeled, from_journal_fields

FIELDS = (
    "MESSAGE",
    "__REALTIME_TIMESTAMP",
    "_HOSTNAME",
    "_SYSTEMD_UNIT",
    "_SYSTEMD_USER_UNIT",
    "CONTAINER_NAME",
    "SYSLOG_IDENTIFIER",
    "_COMM",
    "_PID",
    "SYSLOG_PID",
)


def is_export(first_line: bytes) -> bool:
    """Whether a stream that begins with this line is a journal export."""
    return first_line.startswith((b"__CURSOR=", b"__REALTIME_TIMESTAMP="))


def entries_of_export(lines: Iterable[bytes], format: str = "journalctl export") -> Iterator[Peeled]:
    """Yield the entries; an entry that is cut off at the end is yielded with the fields it has."""
    fields: dict[str, str] = {}
    source = iter(lines)
    for line in source:
        if line in (b"\n", b"\r\n"):
            if "MESSAGE" in fields:
                yield from _messages(fields, format)
            fields = {}
            continue
        name, equals, value = line.rstrip(b"\n").partition(b"=")
        if not equals:
            value = _binary_value(source)
        fields[name.decode("ascii", "replace")] = value.decode("utf-8", "replace")
    if "MESSAGE" in fields:
        yield from _messages(fields, format)


def _binary_value(source: Iterator[bytes]) -> bytes:
    """A value that is not plain text: eight bytes of length (little-endian), the data, a newline."""
    data = b""
    while len(data) < 8 and (more := next(source, b"")):
        data += more
    size = int.from_bytes(data[:8], "little")
    while len(data) < 8 + size + 1 and (more := next(source, b"")):
        data += more
    return data[8 : 8 + size]


def _messages(fields: dict[str, str], format: str) -> Iterator[Peeled]:
    """One entry a line of the message, as text logs have it."""
    for text in fields["MESSAGE"].splitlines() or [""]:
        yield from_journal_fields({**fields, "MESSAGE": text}, format)
