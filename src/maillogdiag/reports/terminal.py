"""The report on a terminal: the sections of the HTML form, in the same order, readable in a pipe as well.

Log text never passes through rich's markup: `[/etc/ssl]` would break it, `[bold]` would vanish.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from maillogdiag.reports import wording
from maillogdiag.reports.model import Bucket, Coverage, Evidence, Finding, Report, Status
from maillogdiag.reports.plain_text import clip, marked_parts, split_links, visible, visible_line
from maillogdiag.rulebase.rules import Fix

STATUS_STYLES = {
    Status.FAILING: "bold red",
    Status.RECOVERED: "bold yellow",
    Status.OK: "bold green",
    Status.NOTHING_SEEN: "bold yellow",
}
SEVERITY_STYLES = {"high": "red", "medium": "yellow", "low": "blue"}
_BLOCKS = " ▁▂▃▄▅▆▇█"
_MOST_EVIDENCE_LINES = 8


def render_terminal(report: Report, console: Console) -> None:
    """Print `report` to `console`."""
    _print_verdict(report, console)
    for number, finding in enumerate(wording.recognised(report), 1):
        _print_finding(finding, console, number)
    if unknown := wording.unrecognised(report):
        _print_heading("Failures not recognised", console)
        for finding in unknown:
            _print_finding(finding, console, None)
    if report.timeline:
        _print_timeline(report.timeline, console)
    _print_coverage(report.coverage, console)
    _print_list("What could not be seen", (*report.problems, *report.limits), console)
    _print_origin(report, console)


def _print_verdict(report: Report, console: Console) -> None:
    style = STATUS_STYLES[report.status]
    sign = Text(f"{wording.STATUS_SIGNS[report.status]} ", style)
    console.print(sign + Text(visible_line(report.verdict), style))
    summary = report.summary
    if summary.attempts:
        unknown = f", {summary.unknown_outcome:,} with unknown outcome" if summary.unknown_outcome else ""
        _print_at(
            2,
            f"{wording.counted(summary.attempts, 'attempt')}: "
            f"{summary.accepted:,} accepted, {summary.failed:,} failed{unknown}",
            console,
        )


def _print_finding(finding: Finding, console: Console, number: int | None) -> None:
    console.print()
    label = f"{number}. " if number else "• "
    title = Text(label + visible_line(finding.title), "bold")
    console.print(title + Text(f"  [{finding.severity} severity]", SEVERITY_STYLES[finding.severity]))
    facts = [finding.cause.value, wording.reply_words(finding), wording.app_names(finding.apps)]
    _print_at(3, " · ".join(visible_line(fact) for fact in facts if fact), console, "dim")
    _print_at(3, f"{wording.impact_words(finding)}, {wording.span_words(finding)}", console)
    _print_at(3, wording.state_words(finding), console, "green" if finding.recovered else "red")
    if last_word := wording.last_word_words(finding):
        _print_at(3, last_word, console)
    if finding.last_accepted_before:
        _print_at(3, f"last accepted before: {wording.time_words(finding.last_accepted_before)}", console)
    console.print()
    _print_prose(3, finding.explanation, console)
    for fix in finding.fixes:
        _print_fix(fix, console)
    for heading, items in ((wording.BEFORE_ONSET, finding.before_onset), ("Evidence", finding.evidence)):
        if items:
            console.print()
            _print_at(3, heading, console, "bold")
            for item in items:
                _print_evidence(item, console)


def _print_fix(fix: Fix, console: Console) -> None:
    console.print()
    _print_at(3, wording.fix_heading(fix), console, "bold")
    for number, step in enumerate(fix.steps, 1):
        _print_prose(3, step, console, label=f"{number}. ")
    for file, lines, present in wording.setting_files(fix):
        _print_at(3, f"in {visible_line(file)}:", console)
        # Not wrapped: what is copied from here must be one line of the file.
        for line in visible(lines).splitlines():
            console.print(Text("       " + line, "bold cyan"), soft_wrap=True)
        for line in present:
            _print_prose(7, line, console, label="now: ")
    for word, texts in (("restart", fix.restart), ("check", (fix.verify,)), ("undo", (fix.undo,))):
        for text in texts:
            if text:
                _print_prose(3, text, console, label=f"{word + ':':<9}")


def _print_evidence(item: Evidence, console: Console) -> None:
    when = f"  {wording.time_words(item.time, seconds=True)}" if item.time else ""
    inferred = f"  {wording.INFERRED}" if item.is_inferred else ""
    _print_at(3, f"{visible_line(item.place)}{when}{inferred}", console, "dim")
    text = Text()
    for part, is_marked in marked_parts(item.text, item.marks):
        text.append(part, "bold red" if is_marked else "")
    lines = text.split("\n")[:_MOST_EVIDENCE_LINES]
    for line in lines:
        line.expand_tabs(4)
        console.print(Padding(line, (0, 0, 0, 5)), overflow="fold")


def _print_timeline(timeline: tuple[Bucket, ...], console: Console) -> None:
    _print_heading("Timeline", console)
    most = max(bucket.accepted + bucket.failed for bucket in timeline) or 1
    room = max(console.width - 22, 4)
    for name, style, values in (
        ("accepted", "green", [bucket.accepted for bucket in timeline]),
        ("failed", "red", [bucket.failed for bucket in timeline]),
    ):
        # Narrower than the timeline: neighbours share a column, so that every attempt is in the picture.
        step = -(-len(values) // room)
        columns = [sum(values[at : at + step]) for at in range(0, len(values), step)]
        tallest = most * step
        bars = "".join(_BLOCKS[-(-value * 8 // tallest) if value else 0] for value in columns)
        console.print(Text(f"  {name:<9} ") + Text(bars, style) + Text(f" {sum(values):,}"))
    _print_at(12, f"{wording.time_words(timeline[0].start)} to {wording.time_words(timeline[-1].start)}", console)


def _print_coverage(coverage: tuple[Coverage, ...], console: Console) -> None:
    if not coverage:
        return
    _print_heading("What was examined", console)
    for item in coverage:
        numbers = f"{wording.counted(item.lines, 'line')}, {item.mail_records:,} about mail"
        form = f" ({visible_line(item.format)})" if item.format else ""
        words = f"{visible_line(item.source)}{form}: {numbers}, {wording.understood_words(item)}"
        _print_at(2, words, console)
        for problem in item.problems:
            _print_at(4, f"problem: {visible_line(problem)}", console, "yellow")
        for sample in item.samples:
            _print_at(4, f"not understood: {clip(visible_line(sample), 200)}", console, "dim")


def _print_list(title: str, texts: Iterable[str], console: Console) -> None:
    lines = [text for text in texts if text]
    if not lines:
        return
    _print_heading(title, console)
    for text in lines:
        _print_prose(2, text, console, label="• ")


def _print_origin(report: Report, console: Console) -> None:
    console.print()
    if report.redacted:
        _print_prose(0, wording.REDACTED, console)
    for line in report.legend:
        _print_at(2, visible_line(line), console)
    console.print(Text(visible_line(wording.origin_words(report)), "dim"))


def _print_heading(title: str, console: Console) -> None:
    console.print()
    console.print(Text(title, "bold underline" if console.color_system else "bold"))


def _print_at(indent: int, text: str, console: Console, style: str = "") -> None:
    console.print(Padding(Text(visible(text), style), (0, 0, 0, indent)), overflow="fold")


def _print_prose(indent: int, text: str, console: Console, label: str = "") -> None:
    """Print wrapped prose, with `label` before its first line and the others below the text, not the label."""
    width = max(console.width - indent - len(label), 10)
    lines = _linked(visible_line(text), console.is_terminal).wrap(console, width, overflow="fold")
    for number, line in enumerate(lines):
        lead = label if number == 0 else " " * len(label)
        console.print(Text(" " * indent + lead) + line, soft_wrap=True)


def _linked(text: str, has_links: bool) -> Text:
    parts = Text()
    for piece, is_url in split_links(text):
        parts.append(piece, f"underline link {piece}" if is_url and has_links else "")
    return parts
