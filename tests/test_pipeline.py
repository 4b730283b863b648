"""The whole way: one report, however it is run."""

from __future__ import annotations

from pathlib import Path

import pytest

import maillogdiag
from maillogdiag.grammars.registry import load_grammars
from maillogdiag.pipeline import Scan
from maillogdiag.reports.json_report import report_to_json
from maillogdiag.reports.model import Status
from maillogdiag.rulebase import load_rules
from maillogdiag.sources import open_inputs

FIXTURES = Path(__file__).parent / "fixtures"
STORIES = sorted(FIXTURES.glob("*/story"))


def report_of(folder: Path, *, gated: bool) -> str:
    scan = Scan(load_grammars(), load_rules(), gated=gated)
    scan.run(open_inputs([str(folder)]))
    return report_to_json(scan.report())


@pytest.mark.parametrize("folder", STORIES, ids=lambda folder: folder.parts[-2])
def test_the_gate_changes_nothing(folder: Path) -> None:
    assert report_of(folder, gated=False) == report_of(folder, gated=True)


def test_equal_input_gives_an_equal_report() -> None:
    assert report_of(STORIES[0], gated=True) == report_of(STORIES[0], gated=True)


def test_mail_that_works_again_is_recovered() -> None:
    report = maillogdiag.scan([str(FIXTURES / "mastodon" / "story")])

    assert Status.RECOVERED == report.status
    assert all(finding.recovered and finding.last_accepted_before for finding in report.findings)


def test_only_the_web_log_means_that_another_log_is_needed() -> None:
    report = maillogdiag.scan([str(FIXTURES / "mastodon" / "story" / "web.log")])

    assert Status.NOTHING_SEEN == report.status
    assert "another process sends it" in report.limits[0]


def test_the_same_log_given_twice_counts_once() -> None:
    log = str(FIXTURES / "zulip" / "auth-failed" / "send_email.log")

    assert maillogdiag.scan([log]).summary == maillogdiag.scan([log, log]).summary
