"""Evidence: the few lines of a log entry that prove a finding, with the decisive words marked."""

from __future__ import annotations

import re

from maillogdiag.events import Event
from maillogdiag.failures import Failure
from maillogdiag.reports.model import Evidence

_MOST_LINES = 2
_MOST_CHARACTERS = 1_200
_LEAD_CHARACTERS = 120
# Half a word is hard to read, half a host name or a value without its key ("password: x") hard to redact.
_WORD_START = re.compile(r"(?<![:=>])\s+")


def evidence_of(event: Event, failure: Failure) -> Evidence:
    """Return the part of the event's record around the failure's text, and where that text stands in it."""
    record = event.record
    decisive = failure.text.strip().splitlines()[0] if failure.text.strip() else ""
    at = record.text.find(decisive) if decisive else -1
    text, shift = _excerpt(record.text, max(at, 0))
    marks: tuple[tuple[int, int], ...] = ()
    if at >= 0:
        start = at + shift
        end = min(start + len(decisive), len(text))
        marks = ((start, end),) if 0 <= start < end else ()
    return Evidence(record.place.source, record.place.line, record.time, text, marks)


def _excerpt(text: str, at: int) -> tuple[str, int]:
    """Cut `text` around position `at`; return it and by how much positions move."""
    start = 0 if at < _LEAD_CHARACTERS else text.rfind("\n", 0, at) + 1
    if at - start > _LEAD_CHARACTERS:
        word = _WORD_START.search(text, at - _LEAD_CHARACTERS, at)
        start = word.end() if word else at
    lead = "… " if start else ""
    end = start + _MOST_CHARACTERS
    if len(text) > end:
        blank = max(text.rfind(" ", at, end), text.rfind("\n", at, end))
        end = blank if blank > 0 else end
    lines = text[start:end].splitlines()
    kept = "\n".join(lines[:_MOST_LINES])
    is_cut = len(lines) > _MOST_LINES or len(text) > end
    return lead + kept + (" …" if is_cut else ""), len(lead) - start
