"""What a reader needs of long log entries: the decisive words, and a little before and after them.

Cut here and not where evidence is found, since redaction must see whole lines.
"""

from __future__ import annotations

from dataclasses import replace

from maillogdiag.expressions import expression
from maillogdiag.reports.model import Evidence, Finding, Report
from maillogdiag.reports.plain_text import clip

LEAD_CHARACTERS = 120
"""How much of a line stands before the decisive words."""

SAMPLE_CHARACTERS = 200
"""How much is shown of an entry that was not understood."""

_MOST_CHARACTERS = 1_200
_CUT = "… "
# Half a word is hard to read, and so is a value without its key ("password: x").
_WORD_START = expression(r"(?<![:=>])\s+")


def excerpted(report: Report) -> Report:
    """Return `report` with long evidence and samples cut; what was cut before stays as it is."""
    return replace(
        report,
        findings=tuple(map(_excerpt_finding, report.findings)),
        coverage=tuple(
            replace(item, samples=tuple(clip(sample, SAMPLE_CHARACTERS) for sample in item.samples))
            for item in report.coverage
        ),
    )


def excerpt(item: Evidence) -> Evidence:
    """Return `item` cut between words before its first mark and at its end."""
    text, marks = item.text, item.marks
    at = marks[0][0] if marks else 0
    if at > LEAD_CHARACTERS + len(_CUT):
        word = _WORD_START.search(text, at - LEAD_CHARACTERS, at)
        start = word.end() if word else at
        text, shift = _CUT + text[start:], len(_CUT) - start
        marks = tuple((max(start + shift, 0), max(end + shift, 0)) for start, end in marks)
    if len(text) > _MOST_CHARACTERS + len(_CUT):
        after = marks[0][1] if marks else 0
        blank = max(text.rfind(" ", after, _MOST_CHARACTERS), text.rfind("\n", after, _MOST_CHARACTERS))
        text = text[: blank if blank > 0 else _MOST_CHARACTERS] + " …"
        marks = tuple((start, min(end, len(text))) for start, end in marks)
    return replace(item, text=text, marks=marks)


def _excerpt_finding(finding: Finding) -> Finding:
    return replace(
        finding,
        before_onset=tuple(map(excerpt, finding.before_onset)),
        evidence=tuple(map(excerpt, finding.evidence)),
    )
