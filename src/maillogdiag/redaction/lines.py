"""`maillogdiag redact`: a raw log, line by line; nothing but the map of values is held in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from maillogdiag.expressions import expression
from maillogdiag.redaction.detecting import Detector
from maillogdiag.redaction.known import replace_known
from maillogdiag.redaction.mapping import RedactionMap
from maillogdiag.redaction.marked_text import MarkedText
from maillogdiag.redaction.scrubbing import EVERYTHING, scrub

# journald writes a message that is no plain text (colours) as the numbers of its bytes.
_BYTES = expression(r"\[(?P<bytes>\d{1,3}(?:,\s?\d{1,3}){7,200000})\]")


def _replace_bytes(match: re.Match[str], mapping: RedactionMap) -> str:
    numbers = [int(number) for number in match["bytes"].split(",")]
    if max(numbers) > 255:
        return match[0]
    text = MarkedText(bytes(numbers).decode("utf-8", errors="replace"))
    scrub(text, mapping)
    return json.dumps(text.text)


# journalctl -o export: a field whose value is no plain text is its name alone, eight bytes of length (little-endian),
# the value, and a line feed (https://systemd.io/JOURNAL_EXPORT_FORMATS/).
_EXPORT_HEADS = (b"__CURSOR=", b"__REALTIME_TIMESTAMP=")
_EXPORT_NAME = expression(rb"[A-Z_][A-Z0-9_]{0,63}\n")
# What is longer, such as a core dump, is left out: no mail failure needs it.
_MOST_VALUE_BYTES = 1024 * 1024

_ENVELOPES = (Detector(("[",), _BYTES, _replace_bytes),)


def redact_stream(stream: BinaryIO, mapping: RedactionMap) -> Iterator[bytes]:
    """Yield a raw log line by line, as UTF-8, with personal values and secrets replaced.

    Args:
        stream: plain text or `journalctl -o export`, at its start.
    """
    is_export = None
    for line in iter(stream.readline, b""):
        if is_export is None:
            is_export = line.startswith(_EXPORT_HEADS)
        if is_export and _EXPORT_NAME.fullmatch(line):
            value = redact_text(_read_value(stream).decode("utf-8", errors="replace"), mapping).encode()
            yield line + len(value).to_bytes(8, "little") + value + b"\n"
        else:
            yield redact_text(line.decode("utf-8", errors="replace"), mapping).encode()


def _read_value(stream: BinaryIO) -> bytes:
    size = int.from_bytes(stream.read(8), "little")
    value = stream.read(min(size, _MOST_VALUE_BYTES))
    rest = size - len(value) + 1
    while rest > 0 and (skipped := stream.read(min(rest, _MOST_VALUE_BYTES))):
        rest -= len(skipped)
    return value if size <= _MOST_VALUE_BYTES else b""


def redact_lines(lines: Iterable[str], mapping: RedactionMap) -> Iterator[str]:
    """Yield each line with personal values and secrets replaced; line endings stay."""
    for line in lines:
        yield redact_text(line, mapping)


def redact_text(text: str, mapping: RedactionMap) -> str:
    """Return a piece of a raw log with personal values and secrets replaced."""
    mapping.reserve(text)
    marked = MarkedText(text)
    scrub(marked, mapping, _ENVELOPES)
    scrub(marked, mapping, EVERYTHING)
    replace_known(marked, mapping)
    return marked.text
