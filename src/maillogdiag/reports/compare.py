"""Two reports of the same server, before and after: did the fix work?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from maillogdiag.reports.model import Finding, Report, Summary
from maillogdiag.reports.plain_text import visible_line
from maillogdiag.reports.wording import counted, state_words


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of the findings; findings are the same where cause and rule are.

    Args:
        gone: only in the old report.
        new: only in the new one.
        still: in both, as (old, new).
        old_summary: attempts of the old report.
        new_summary: attempts of the new one; without any, nothing is known of what is gone.
    """

    gone: tuple[Finding, ...]
    new: tuple[Finding, ...]
    still: tuple[tuple[Finding, Finding], ...]
    old_summary: Summary
    new_summary: Summary


def compare_reports(old: Report, new: Report) -> Comparison:
    """Return which findings of `old` are gone in `new`, which are new, and which are still there."""
    before = {(finding.cause, finding.rule): finding for finding in old.findings}
    after = {(finding.cause, finding.rule): finding for finding in new.findings}
    return Comparison(
        gone=tuple(finding for key, finding in before.items() if key not in after),
        new=tuple(finding for key, finding in after.items() if key not in before),
        still=tuple((before[key], finding) for key, finding in after.items() if key in before),
        old_summary=old.summary,
        new_summary=new.summary,
    )


def comparison_as_text(comparison: Comparison) -> str:
    """Return the comparison for people, a line for each finding, ending in a newline."""
    return "\n".join(_lines(comparison)) + "\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    yield f"{_answer(comparison)}\n"
    yield f"old: {_attempts(comparison.old_summary)}"
    yield f"new: {_attempts(comparison.new_summary)}"
    for title, lines in (
        ("Gone", [f"{_name(one)} (was {counted(one.count, 'failed attempt')})" for one in comparison.gone]),
        ("New", [f"{_name(one)} ({counted(one.count, 'failed attempt')})" for one in comparison.new]),
        ("Still there", [_change(old, new) for old, new in comparison.still]),
    ):
        if lines:
            yield f"\n{title}:"
            yield from (f"  {line}" for line in lines)


def _answer(comparison: Comparison) -> str:
    if not comparison.new_summary.attempts:
        return "The new report saw no mail at all: it cannot tell whether anything is mended."
    if comparison.still or comparison.new:
        return (
            f"{len(comparison.gone)} gone, {len(comparison.new)} new, {len(comparison.still)} still there: "
            "mail still fails."
        )
    if comparison.gone:
        return "All causes of the old report are gone, and none is new."
    return "Neither report found a failure."


def _attempts(summary: Summary) -> str:
    return f"{counted(summary.attempts, 'attempt')}, {summary.accepted:,} accepted, {summary.failed:,} failed"


def _change(old: Finding, new: Finding) -> str:
    over = f"; {state_words(new)}" if new.recovered else ""
    return f"{_name(new)} ({old.count:,} → {new.count:,} failed attempts{over})"


def _name(finding: Finding) -> str:
    return f"{visible_line(finding.title)} [{finding.cause}]"
