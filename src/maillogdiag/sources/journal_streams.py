"""What journalctl prints as a stream of fields, several lines an entry: -o export and -o verbose.

https://systemd.io/JOURNAL_EXPORT_FORMATS/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from io import BufferedReader
from typing import BinaryIO

from maillogdiag.envelopes import Peeled, unpack_entry
from maillogdiag.envelopes.stamps import iso_time
from maillogdiag.expressions import expression

_EXPORT_HEADS = (b"__CURSOR=", b"__REALTIME_TIMESTAMP=")
_VERBOSE_HEAD = expression(
    rb"(?:[^\W\d]{2,4} )?(?P<date>\d{4}-\d\d-\d\d) (?P<clock>\d\d:\d\d:\d\d(?:\.\d{6})?) (?P<zone>\S{1,6}) \[s=[0-9a-f]"
)
_VERBOSE_FIELD = expression(rb"    (?P<name>[A-Z0-9_]{1,64})=(?P<value>.*)")
_VERBOSE_INDENT = b" " * len("    MESSAGE=")
# What is longer is cut: a core dump's field may be a gigabyte.
_MOST_FIELD_BYTES = 1024 * 1024


def is_stream_of_fields(head: bytes) -> bool:
    """Whether text that begins so has its entries in several lines each."""
    return head.startswith(_EXPORT_HEADS) or bool(_VERBOSE_HEAD.match(head))


def entries_of_stream(head: bytes, stream: BinaryIO) -> tuple[str, Iterator[Peeled]] | None:
    """Return the format and the entries of a stream of fields; None where it is none.

    Args:
        head: how it begins.
        stream: at its start.
    """
    if head.startswith(_EXPORT_HEADS):
        return "journalctl export", entries_of_export(stream)
    if _VERBOSE_HEAD.match(head):
        return "journalctl verbose", _entries_of_verbose(_bounded_lines(stream))
    return None


def entries_of_export(stream: BinaryIO) -> Iterator[Peeled]:
    """Yield the entries; one that is cut off at the end is yielded with the fields it has."""
    for fields in fields_of_export(stream):
        yield from _entry(fields, "journalctl export")


def fields_of_export(stream: BinaryIO) -> Iterator[dict[str, object]]:
    """Yield each entry's fields, likewise."""
    lines = _bounded_lines(stream)
    while (fields := _next_fields(lines)) is not None:
        yield fields


def entries_of_journalctl(stream: BufferedReader) -> Iterator[Sequence[bytes | dict[str, object]]]:
    """Yield the entries of what journalctl itself exports, in portions.

    They are text where that can be told from afar, else fields.

    Text has neither zero bytes nor empty lines within an entry; a binary field begins with its length, of which at
    least the last one of eight bytes is zero.
    """
    lines = _bounded_lines(stream)
    while text := stream.peek():
        zero = text.find(b"\0")
        # The bytes of a length before that may be newlines; so may those of one that goes on in the next portion.
        end = text.rfind(b"\n\n", 0, max((zero if zero >= 0 else len(text)) - 8, 0))
        if end >= 0:
            yield stream.read(end).split(b"\n\n")
            stream.read(2)
        elif fields := _next_fields(lines):
            yield [fields]


def message_of_text(entry: bytes) -> bytes | None:
    """Return the message of an entry's text."""
    _, name, rest = entry.partition(b"\nMESSAGE=")
    return rest.partition(b"\n")[0] if name else None


def fields_of_text(entry: bytes) -> dict[str, object]:
    """Return the fields of an entry's text; of a field that occurs twice the first one counts."""
    fields: dict[str, object] = {}
    for line in entry.split(b"\n"):
        name, _, value = line.partition(b"=")
        fields.setdefault(name.decode("ascii", "replace"), value)
    return fields


def _next_fields(lines: Iterator[bytes]) -> dict[str, object] | None:
    """Return the next entry's fields, None where there is no further entry."""
    fields: dict[str, object] = {}
    for line in lines:
        if line in (b"\n", b"\r\n"):
            return fields
        name, equals, value = line.rstrip(b"\r\n").partition(b"=")
        if not equals:
            value = _binary_value(lines)
        elif not line.endswith(b"\n"):
            _skip_rest(lines)
        fields.setdefault(name.decode("ascii", "replace"), value)
    return fields or None


def _bounded_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield lines, those longer than 1 MiB in parts."""
    return iter(lambda: stream.readline(_MOST_FIELD_BYTES), b"")


def _skip_rest(lines: Iterator[bytes]) -> None:
    for part in lines:
        if part.endswith(b"\n"):
            return


def _binary_value(source: Iterator[bytes]) -> bytes:
    """A value that is not plain text: eight bytes of length (little-endian), the data, a newline."""
    data = b""
    while len(data) < 8 and (more := next(source, b"")):
        data += more
    size = int.from_bytes(data[:8], "little")
    parts, have = [data[8:]], len(data) - 8
    while have < size + 1 and (more := next(source, b"")):
        have += len(more)
        if have <= _MOST_FIELD_BYTES:
            parts.append(more)
    return b"".join(parts)[:size]


def _entries_of_verbose(lines: Iterable[bytes]) -> Iterator[Peeled]:
    """Yield the entries of -o verbose; a message's further lines are indented deeper than its first."""
    fields: dict[str, object] = {}
    name = b""
    for line in lines:
        text = line.rstrip(b"\r\n")
        if head := _VERBOSE_HEAD.match(text):
            yield from _entry(fields, "journalctl verbose")
            fields, name = {"__REALTIME_TIMESTAMP": _micros(head)}, b""
        elif found := _VERBOSE_FIELD.match(text):
            name = found["name"]
            fields[name.decode()] = found["value"]
        elif name == b"MESSAGE":
            before = fields["MESSAGE"]
            assert isinstance(before, bytes)
            if len(before) < _MOST_FIELD_BYTES:
                fields["MESSAGE"] = before + b"\n" + text.removeprefix(_VERBOSE_INDENT)
    yield from _entry(fields, "journalctl verbose")


def _micros(head: re.Match[bytes]) -> str:
    """The time in an entry's head, in microseconds as the other forms have it; only UTC's zone is certain."""
    zone = "Z" if head["zone"] in (b"UTC", b"GMT") else ""
    time = iso_time(f"{head['date'].decode()}T{head['clock'].decode()}{zone}")
    return str(round(time.timestamp() * 1e6)) if time else ""


def _entry(fields: dict[str, object], format: str) -> Iterator[Peeled]:
    if "MESSAGE" in fields:
        yield unpack_entry(fields, Peeled(""), format)
