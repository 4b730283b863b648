"""Every text of a report, changed; by where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from maillogdiag.redaction.marked_text import MarkedText
from maillogdiag.reports.model import Coverage, Evidence, Finding, Report
from maillogdiag.rulebase.rules import Fix, Setting

Change = Callable[[MarkedText], None]
_Texts = tuple[str, ...]


def log_texts(report: Report) -> Iterator[str]:
    """Yield all texts that come from logs."""
    for finding in report.findings:
        for item in (*finding.before_onset, *finding.evidence):
            yield from (item.source, item.text)
        yield from (one.present for fix in finding.fixes for one in fix.settings if one.present)
    for source in report.coverage:
        yield from (source.source, *source.samples, *source.problems)
    yield from report.problems


def change_texts(report: Report, *, log: Change, source: Change, rule: Change) -> Report:
    """Return `report` with its texts changed.

    Args:
        log: for what stood in a log or in a settings file.
        source: for the names of sources.
        rule: for what rules and we ourselves say.
    """
    return replace(
        report,
        verdict=_changed(report.verdict, rule),
        findings=tuple(_change_finding(finding, log, source, rule) for finding in report.findings),
        coverage=tuple(_change_coverage(item, log, source) for item in report.coverage),
        limits=_each(report.limits, rule),
        problems=_each(report.problems, log),
    )


def _change_finding(finding: Finding, log: Change, source: Change, rule: Change) -> Finding:
    return replace(
        finding,
        title=_changed(finding.title, rule),
        explanation=_changed(finding.explanation, rule),
        fixes=tuple(_change_fix(fix, log, rule) for fix in finding.fixes),
        before_onset=tuple(_change_evidence(item, log, source) for item in finding.before_onset),
        evidence=tuple(_change_evidence(item, log, source) for item in finding.evidence),
    )


def _change_fix(fix: Fix, log: Change, rule: Change) -> Fix:
    return replace(
        fix,
        steps=_each(fix.steps, rule),
        settings=tuple(_change_setting(setting, log, rule) for setting in fix.settings),
        restart=_each(fix.restart, rule),
        verify=_changed(fix.verify, rule),
        undo=_changed(fix.undo, rule),
    )


def _change_setting(setting: Setting, log: Change, rule: Change) -> Setting:
    return replace(setting, value=_changed(setting.value, rule), present=_change_present(setting, log))


def _change_present(setting: Setting, log: Change) -> str | None:
    """The value as `KEY=value`, since only its key tells that a word is a user's name; `(set)` is no value."""
    present = setting.present
    if not present or present.startswith("("):
        return present and _changed(present, log)
    return _changed(f"{setting.key}={present}", log).partition("=")[2]


def _change_evidence(item: Evidence, log: Change, source: Change) -> Evidence:
    text = MarkedText(item.text, list(item.marks))
    log(text)
    return replace(item, source=_changed(item.source, source), text=text.text, marks=tuple(text.marks))


def _change_coverage(item: Coverage, log: Change, source: Change) -> Coverage:
    return replace(
        item,
        source=_changed(item.source, source),
        samples=_each(item.samples, log),
        problems=_each(item.problems, log),
    )


def _changed(text: str, change: Change) -> str:
    marked = MarkedText(text)
    change(marked)
    return marked.text


def _each(texts: _Texts, change: Change) -> _Texts:
    return tuple(_changed(text, change) for text in texts)
