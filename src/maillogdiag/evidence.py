"""Evidence: the few lines of a log entry that prove a finding, with the decisive words marked.

Lines are kept whole, though a report shows less of long ones (`reports/excerpts.py`): redaction comes between the two,
and what tells it that a word is a user's name may stand before the part that is shown.
"""

from __future__ import annotations

import re

from maillogdiag.events import Event
from maillogdiag.expressions import expression
from maillogdiag.failures import Failure
from maillogdiag.reports.excerpts import LEAD_CHARACTERS
from maillogdiag.reports.model import Evidence

_MOST_LINES = 2
_BEFORE, _AFTER = 4_000, 8_000
# Where even that does not reach to the ends of the line, half a word there is dropped: nothing would recognise it.
_HALF_WORD_AT_START = expression(r"\A\S+")


def evidence_of(event: Event, failure: Failure) -> Evidence:
    """Return the lines of the event's record around the failure's text, and where that text stands in them."""
    record = event.record
    decisive = failure.text.strip().splitlines()[0] if failure.text.strip() else ""
    at = record.text.find(decisive) if decisive else -1
    if at < 0 and ": " in decisive:  # a tracker's page has the exception's class and its message apart
        decisive = decisive.split(": ", 1)[1]
        at = record.text.find(decisive)
    text, shift = _lines_around(record.text, max(at, 0))
    marks: tuple[tuple[int, int], ...] = ()
    if at >= 0:
        start = at + shift
        end = min(start + len(decisive), len(text))
        marks = ((start, end),) if 0 <= start < end else ()
    return Evidence(record.place.source, record.place.line, record.time, text, marks)


def sample_of(text: str) -> str:
    """Return the beginning of an entry that no grammar could read."""
    return text if len(text) <= _BEFORE else _without_half_word(text[:_BEFORE])


def _lines_around(text: str, at: int) -> tuple[str, int]:
    """Return the lines of `text` around position `at`, and by how much positions move."""
    is_near = at < LEAD_CHARACTERS and text.count("\n", 0, at) < _MOST_LINES
    start = 0 if is_near else text.rfind("\n", 0, at) + 1
    if at - start > _BEFORE:
        start = at - _BEFORE
        start = min(start + _length(_HALF_WORD_AT_START.match(text[start:])), at)
    rest = text[start : at + _AFTER]
    if len(text) > at + _AFTER:
        rest = _without_half_word(rest)
    lines = rest.splitlines()
    lead = "… " if start else ""
    is_cut = len(lines) > _MOST_LINES or len(text) > at + _AFTER
    return lead + "\n".join(lines[:_MOST_LINES]) + (" …" if is_cut else ""), len(lead) - start


def _without_half_word(text: str) -> str:
    """Return `text` without the word at its end; a single word loses all but its first letter."""
    words = text.rsplit(maxsplit=1)
    return text if text[-1:].isspace() or not words else text[: len(text) - len(words[-1])] or text[:1]


def _length(found: re.Match[str] | None) -> int:
    return len(found[0]) if found else 0
