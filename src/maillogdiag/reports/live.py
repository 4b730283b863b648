"""The report while it changes: what fits on a screen. The whole of it follows in the end."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from maillogdiag.reports import wording
from maillogdiag.reports.model import Finding, Report
from maillogdiag.reports.plain_text import clip, visible_line
from maillogdiag.reports.terminal import SEVERITY_STYLES, STATUS_STYLES

_LINES_AROUND = 8
_LINES_A_FINDING = 4


def live_view(report: Report, waiting: int, *, is_whole: bool, width: int, height: int) -> RenderableType:
    """Return what to show now.

    Args:
        waiting: attempts that have no outcome yet.
        is_whole: whether everything was read that was there at the beginning.
        width: columns of the terminal.
        height: its lines.
    """
    style = STATUS_STYLES[report.status]
    parts = [Text(f"{wording.STATUS_SIGNS[report.status]} {visible_line(report.verdict)}", style)]
    summary = report.summary
    numbers = (
        f"  {wording.counted(summary.attempts, 'attempt')}: {summary.accepted:,} accepted, {summary.failed:,} failed"
    )
    parts.append(Text(numbers + (f", {waiting:,} without outcome yet" if waiting else "")))
    most = max(1, (height - _LINES_AROUND) // _LINES_A_FINDING)
    for number, finding in enumerate(report.findings[:most], start=1):
        parts += [Text(), *_finding(finding, number, width)]
    if len(report.findings) > most:
        parts.append(Text(f"\n  and {wording.counted(len(report.findings) - most, 'more cause')}"))
    lines = wording.counted(sum(item.lines for item in report.coverage), "line")
    doing = "waiting for more" if is_whole else "reading what is there"
    parts += [Text(), Text(f"{lines} read, {doing}; Ctrl-C ends and shows the whole report", "dim")]
    return Group(*parts)


def _finding(finding: Finding, number: int, width: int) -> list[Text]:
    title = Text(f"{number}. {visible_line(finding.title)}", "bold")
    facts = wording.impact_words(finding)
    facts += f", the last at {wording.time_words(finding.last_seen)}" if finding.last_seen else ""
    facts += f"; over since {wording.time_words(finding.recovered)}" if finding.recovered else ""
    lines = [
        title + Text(f"  [{finding.severity} severity]", SEVERITY_STYLES[finding.severity]),
        Text(f"   {clip(facts, max(width - 3, 10))}", "green" if finding.recovered else ""),
    ]
    if finding.evidence:
        item = finding.evidence[-1]
        start, end = item.marks[0] if item.marks else (0, len(item.text))
        decisive = clip(visible_line(item.text[start:end]), max(width - 3, 10))
        lines.append(Text(f"   {decisive}", "dim"))
    return lines
