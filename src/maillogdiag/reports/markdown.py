"""The report for a forum post or an issue: folded, and small enough for GitHub, GitLab and Discourse.

Log text stands only in fenced blocks and code spans, where nothing in it is markup, a mention or a reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from maillogdiag.expressions import expression
from maillogdiag.reports import wording
from maillogdiag.reports.fitting import fit
from maillogdiag.reports.model import Coverage, Evidence, Finding, Report
from maillogdiag.reports.plain_text import visible, visible_line
from maillogdiag.rulebase.rules import Fix

MOST_CHARACTERS = 59_500
"""GitHub takes 65,536 and Discourse 32,000 to 150,000, as it is set up; the rest is for words around it."""

_BACKTICKS = expression(r"`+")
# What Markdown could take for markup in a sentence; "_" only where it does not stand within a word.
_MARKUP = expression(r"[\\`*\[\]|~]|(?<!\w)_|_(?!\w)|(?<!\S)[#@](?=\S)")
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def render_markdown(report: Report) -> str:
    """Return `report` as Markdown of at most `MOST_CHARACTERS` characters that ends in a newline."""
    return fit(report, lambda one: "\n".join(_lines(one)) + "\n", MOST_CHARACTERS)


def _lines(report: Report) -> Iterator[str]:
    yield f"## {wording.STATUS_SIGNS[report.status]} {_inline(report.verdict)}"
    summary = report.summary
    if summary.attempts:
        unknown = f", {summary.unknown_outcome:,} with unknown outcome" if summary.unknown_outcome else ""
        attempts = wording.counted(summary.attempts, "attempt")
        yield f"\n{attempts}: {summary.accepted:,} accepted, {summary.failed:,} failed{unknown}.\n"
    yield f"> {_inline(wording.banner_words(report))}"
    yield from (f"> {_code(item)}  " for item in report.legend)
    for number, finding in enumerate(wording.recognised(report), 1):
        yield from _finding_lines(f"{number}. {_inline(finding.title)}", finding)
    if unknown_findings := wording.unrecognised(report):
        yield "\n## Failures not recognised"
        for finding in unknown_findings:
            yield from _finding_lines(_inline(finding.title), finding)
    yield from _timeline_lines(report)
    yield from _coverage_lines(report.coverage)
    if limits := (*report.problems, *report.limits):
        yield "\n## What could not be seen\n"
        yield from (f"- {_inline(limit)}" for limit in limits)
    yield f"\n<sub>{_inline(wording.origin_words(report))}</sub>"


def _finding_lines(title: str, finding: Finding) -> Iterator[str]:
    yield f"\n### {title}\n"
    reply = wording.reply_words(finding)
    facts = [
        f"`{finding.cause.value}`",
        f"{finding.severity} severity",
        *([f"reply {_code(reply)}"] if reply else []),
        _inline(wording.app_names(finding.apps)),
    ]
    yield " · ".join(fact for fact in facts if fact) + "\n"
    yield f"- {wording.impact_words(finding)}, {wording.span_words(finding)}"
    if finding.last_accepted_before:
        yield f"- worked until {wording.time_words(finding.last_accepted_before)}"
    yield f"- **{wording.state_words(finding)}**"
    if last_word := wording.last_word_words(finding):
        yield f"- {last_word}"
    yield f"\n{_inline(finding.explanation)}"
    for fix in finding.fixes:
        yield from _fix_lines(fix)
    if finding.before_onset:
        yield from _folded(wording.BEFORE_ONSET, _evidence_lines(finding.before_onset))
    if finding.evidence:
        yield from _folded(wording.evidence_heading(finding), _evidence_lines(finding.evidence))


def _fix_lines(fix: Fix) -> Iterator[str]:
    yield f"\n**{_inline(wording.fix_heading(fix))}**\n"
    yield from (f"{number}. {_inline(step)}" for number, step in enumerate(fix.steps, 1))
    for file, settings, present in wording.setting_files(fix):
        yield f"\nin {_code(file)}:\n"
        yield from _fenced(settings)
        if present:
            yield f"\nnow: {', '.join(map(_code, present))}"
    ends = (*(("Restart", one) for one in fix.restart), ("Check", fix.verify), ("Undo", fix.undo))
    if said := [f"- {word}: {_inline(text)}" for word, text in ends if text]:
        yield ""
        yield from said


def _evidence_lines(evidence: Iterable[Evidence]) -> Iterator[str]:
    for item in evidence:
        when = f", {wording.time_words(item.time, seconds=True)}" if item.time else ""
        inferred = f" {wording.INFERRED}" if item.is_inferred else ""
        yield f"\n{_code(item.place)}{when}{inferred}\n"
        yield from _fenced(item.text)


def _timeline_lines(report: Report) -> Iterator[str]:
    if not report.timeline:
        return
    rows = (
        f"| {wording.time_words(bucket.start)} | {bucket.accepted:,} | {bucket.failed:,} |"
        for bucket in report.timeline
        if bucket.accepted or bucket.failed
    )
    yield from _folded("Timeline", ["", "| from | accepted | failed |", "|--|--:|--:|", *rows])


def _coverage_lines(coverage: tuple[Coverage, ...]) -> Iterator[str]:
    if not coverage:
        return
    lines = ["", "| source | lines | about mail | understood |", "|--|--:|--:|--|"]
    for item in coverage:
        # A table's cell ends at "|" even inside a code span.
        source = _code(item.source).replace("|", "\\|")
        lines.append(f"| {source} | {item.lines:,} | {item.mail_records:,} | {wording.understood_words(item)} |")
    for item in coverage:
        lines += [f"\n{_code(item.source)}: {_inline(problem)}" for problem in item.problems]
        for sample in item.samples:
            lines += ["", *_fenced(sample)]
    yield from _folded("What was examined", lines)


def _folded(summary: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"\n<details><summary>{summary}</summary>"
    yield from lines
    yield "\n</details>"


def _fenced(text: str) -> list[str]:
    """A fenced block whose fence is longer than any run of backticks in it."""
    text = visible(text)
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", text, fence]


def _code(text: str) -> str:
    """A code span, likewise."""
    text = visible_line(text)
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}" if text else ""


def _inline(text: str) -> str:
    """A sentence in which nothing is markup."""
    # A zero-width joiner would do against mentions, but is invisible; a backslash is seen by nobody once rendered.
    return _MARKUP.sub(r"\\\g<0>", visible_line(text)).translate(_HTML)
