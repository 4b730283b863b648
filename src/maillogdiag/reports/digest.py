"""The report in one line, for cron mails, monitoring and --quiet."""

from __future__ import annotations

from maillogdiag.reports.model import Report
from maillogdiag.reports.plain_text import visible_line


def digest_of(report: Report) -> str:
    """Return one line without its end: status, counts, and the causes with their failed attempts.

    Example: `failing attempts=40 accepted=3 failed=37 unknown=0 auth-failed=35 dns-failure=2`. Words stay in this
    order and form, so that a monitoring system may read them.
    """
    summary = report.summary
    counts: dict[str, int] = {}
    for finding in report.findings:
        counts[finding.cause] = counts.get(finding.cause, 0) + finding.count
    words = [
        report.status,
        f"attempts={summary.attempts}",
        f"accepted={summary.accepted}",
        f"failed={summary.failed}",
        f"unknown={summary.unknown_outcome}",
        *(f"{cause}={count}" for cause, count in counts.items()),
    ]
    return visible_line(" ".join(words))
