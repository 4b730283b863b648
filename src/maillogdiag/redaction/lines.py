"""`maillogdiag redact`: a raw log, line by line; nothing but the map of values is held in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from maillogdiag.redaction.detecting import Detector
from maillogdiag.redaction.hosts import replace_host
from maillogdiag.redaction.known import replace_known
from maillogdiag.redaction.mapping import RedactionMap
from maillogdiag.redaction.marked_text import MarkedText
from maillogdiag.redaction.scrubbing import EVERYTHING, scrub
from maillogdiag.redaction.vocabulary import is_common_word

_TIME = (
    r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,9})?|"
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)"
)
# journald writes a message that is no plain text (colours) as the numbers of its bytes.
_BYTES = re.compile(r"\[(?P<bytes>\d{1,3}(?:,\s?\d{1,3}){7,200000})\]")


def _replace_machine(match: re.Match[str], mapping: RedactionMap) -> str:
    host = match["host"]
    # supervisord and Zulip write the level where syslog has the machine: "INFO", "CRIT", "ERR".
    if is_common_word(host) or (host.isupper() and host.isalpha()):
        return match[0]
    return match["before"] + replace_host(host, mapping)


def _replace_bytes(match: re.Match[str], mapping: RedactionMap) -> str:
    numbers = [int(number) for number in match["bytes"].split(",")]
    if max(numbers) > 255:
        return match[0]
    text = MarkedText(bytes(numbers).decode("utf-8", errors="replace"))
    scrub(text, mapping)
    return json.dumps(text.text)


_ENVELOPES = (
    Detector(("[",), _BYTES, _replace_bytes),
    Detector(
        (),
        re.compile(
            rf"(?m)(?P<before>^(?:[\w.-]{{1,100}}\s{{1,40}}\| )?(?:<\d{{1,3}}>)?{_TIME} )"
            r"(?P<host>[\w.-]{1,253})(?= [\w./@\\-]{1,200}(?:\[\d{1,10}\])?: )"
        ),
        _replace_machine,
    ),
)


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
