"""Make a report fit where it must: evidence is sampled and long texts are cut, step by step; counts stay exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from maillogdiag.reports.model import Coverage, Evidence, Finding, Report
from maillogdiag.reports.plain_text import clip
from maillogdiag.rulebase.rules import Fix, Setting


@dataclass(frozen=True, slots=True)
class _Budget:
    """How much may stay: numbers of things, and characters of each text."""

    findings: int
    fixes: int
    steps: int
    evidence: int
    coverage: int
    samples: int
    buckets: int
    characters: int


_BUDGETS = (
    _Budget(findings=300, fixes=12, steps=20, evidence=5, coverage=400, samples=3, buckets=400, characters=3_000),
    _Budget(findings=150, fixes=6, steps=12, evidence=3, coverage=100, samples=2, buckets=120, characters=1_000),
    _Budget(findings=60, fixes=3, steps=10, evidence=2, coverage=50, samples=1, buckets=60, characters=600),
    _Budget(findings=20, fixes=2, steps=8, evidence=1, coverage=20, samples=1, buckets=60, characters=400),
    _Budget(findings=12, fixes=1, steps=6, evidence=1, coverage=10, samples=0, buckets=40, characters=200),
    _Budget(findings=4, fixes=1, steps=4, evidence=1, coverage=5, samples=0, buckets=20, characters=100),
)


def fit(report: Report, render: Callable[[Report], str], most: int, size: Callable[[str], int] = len) -> str:
    """Return `report` rendered with as much in it as `most` allows, as `size` measures the text."""
    kept = report
    for budget in _BUDGETS:
        # What is too long before anything stands around it need not be rendered to see that.
        if _characters(kept) <= most and size(text := render(kept)) <= most:
            return text
        kept = _cut(report, budget)
    return render(kept)


def _characters(report: Report) -> int:
    evidence = sum(len(item.text) for finding in report.findings for item in finding.evidence)
    return evidence + sum(len(finding.explanation) for finding in report.findings)


def _cut(report: Report, budget: _Budget) -> Report:
    most = budget.characters
    limits = [clip(text, most) for text in report.limits[:10]]
    if left_out := report.findings[budget.findings :]:
        failed = sum(finding.count for finding in left_out)
        limits.append(
            f"{len(left_out):,} further causes with {failed:,} failed attempts are left out here; "
            "--format json has them all."
        )
    return replace(
        report,
        verdict=clip(report.verdict, most),
        findings=tuple(_cut_finding(finding, budget) for finding in report.findings[: budget.findings]),
        # The end of a long time is what matters to whoever reads it now.
        timeline=report.timeline[-budget.buckets :],
        coverage=_cut_coverage(report.coverage, budget),
        limits=tuple(limits),
        legend=_cut_texts(report.legend, 10, most),
        problems=_cut_texts(report.problems, 5, most),
        version=clip(report.version, 40),
        rules_digest=clip(report.rules_digest, 80),
    )


def _cut_finding(finding: Finding, budget: _Budget) -> Finding:
    most = budget.characters
    return replace(
        finding,
        rule=clip(finding.rule, 100),
        title=clip(finding.title, most),
        apps=_cut_texts(finding.apps, 8, 60),
        enhanced=clip(finding.enhanced, 20) if finding.enhanced else None,
        explanation=clip(finding.explanation, 2 * most),
        fixes=tuple(_cut_fix(fix, budget) for fix in finding.fixes[: budget.fixes]),
        before_onset=tuple(_cut_evidence(item, budget) for item in finding.before_onset[-budget.evidence :]),
        evidence=tuple(_cut_evidence(item, budget) for item in finding.evidence[: budget.evidence]),
    )


def _cut_fix(fix: Fix, budget: _Budget) -> Fix:
    most = budget.characters
    settings = (
        Setting(clip(one.file, 100), clip(one.key, 100), clip(one.value, most), one.present and clip(one.present, most))
        for one in fix.settings
    )
    return Fix(
        app=clip(fix.app, 60),
        steps=_cut_texts(fix.steps, budget.steps, most),
        settings=tuple(settings)[: budget.steps],
        restart=_cut_texts(fix.restart, 3, most),
        verify=clip(fix.verify, most),
        undo=clip(fix.undo, most),
    )


def _cut_evidence(item: Evidence, budget: _Budget) -> Evidence:
    return replace(item, source=clip(item.source, 200), text=clip(item.text, budget.characters))


def _cut_coverage(coverage: tuple[Coverage, ...], budget: _Budget) -> tuple[Coverage, ...]:
    kept = [
        replace(
            item,
            source=clip(item.source, 200),
            format=clip(item.format, 60),
            samples=_cut_texts(item.samples, budget.samples, budget.characters),
            problems=_cut_texts(item.problems, 3, budget.characters),
        )
        for item in coverage[: budget.coverage]
    ]
    if rest := coverage[budget.coverage :]:
        kept.append(
            Coverage(
                source=f"{len(rest):,} further sources",
                format="",
                lines=sum(item.lines for item in rest),
                records=sum(item.records for item in rest),
                mail_records=sum(item.mail_records for item in rest),
                not_understood=sum(item.not_understood for item in rest),
            )
        )
    return tuple(kept)


def _cut_texts(texts: tuple[str, ...], number: int, most: int) -> tuple[str, ...]:
    return tuple(clip(text, most) for text in texts[:number])
