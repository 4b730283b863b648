"""What changed from one moment to the next, a line each: for pipes, cron and monitoring."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from maillogdiag.reports import wording
from maillogdiag.reports.model import Finding, Report
from maillogdiag.reports.plain_text import visible_line


def changes(before: Report | None, now: Report) -> Iterator[str]:
    """Yield a line without its end where the status changed, and for each finding that is new, over or back again.

    Example: `2026-11-21 07:16 UTC new auth-failed: The mail server refused … (3 failed attempts; a.log:12)`. Behind
    the time, which is the log's, stands the status ("failing", "ok" …), or "new", "over" or "again".
    """
    if before is None or before.status is not now.status:
        yield _line(_newest(now), now.status, now.verdict)
    known = {(finding.cause, finding.rule): finding for finding in before.findings} if before else {}
    for finding in now.findings:
        if word := _change(known.get((finding.cause, finding.rule)), finding):
            yield _line(finding.recovered or finding.last_seen, word, _words(finding))


def _change(before: Finding | None, now: Finding) -> str:
    if before is None:
        return "over" if now.recovered else "new"
    if bool(before.recovered) == bool(now.recovered):
        return ""
    return "over" if now.recovered else "again"


def _words(finding: Finding) -> str:
    place = f"; {finding.evidence[-1].place}" if finding.evidence else ""
    return f"{finding.cause}: {finding.title} ({wording.impact_words(finding)}{place})"


def _line(time: datetime | None, word: str, text: str) -> str:
    return visible_line(f"{wording.time_words(time)} {word} {text}")


def _newest(report: Report) -> datetime | None:
    times = [time for finding in report.findings for time in (finding.last_seen, finding.recovered) if time]
    return max((*times, *(bucket.start for bucket in report.timeline if bucket.accepted)), default=None)
