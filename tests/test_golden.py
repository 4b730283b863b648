"""The whole report of every kind of recorded failure, in every format, as it is to look.

`pytest tests/test_golden.py --snapshot-update` writes them anew; read the difference before committing it.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

import maillogdiag
from maillogdiag.redaction import redact
from maillogdiag.reports.model import Report
from maillogdiag.reports.render import Format, render

FIXTURES = Path(__file__).parent / "fixtures"
ENDINGS = {Format.TERMINAL: "txt", Format.HTML: "html", Format.MARKDOWN: "md", Format.JSON: "json"}


def one_case_a_scenario() -> dict[str, Path]:
    """The first application's case of every scenario, stories and derived envelopes left out."""
    cases: dict[str, Path] = {}
    for app in ("mastodon", "zulip", "mattermost", "postfix", "exim"):
        for folder in sorted((FIXTURES / app).iterdir()):
            if not folder.name.startswith(("wrapped-", "journal", "sidekiq-", "zulip-", "shape-", "story")):
                cases.setdefault(folder.name, folder)
    return cases


CASES = one_case_a_scenario()


class _Golden(SingleFileSnapshotExtension):
    _write_mode = WriteMode.TEXT


@pytest.fixture(scope="module", params=CASES, ids=str)
def reports(request: pytest.FixtureRequest) -> tuple[Report, Report]:
    """The report as the terminal shows it, and the redacted one that leaves."""
    folder = CASES[request.param]
    before = Path.cwd()
    os.chdir(FIXTURES.parent)
    try:
        logs = [str(log.relative_to(FIXTURES.parent)) for log in sorted(folder.iterdir()) if log.name != "case.yaml"]
        report = maillogdiag.scan(logs)
    finally:
        os.chdir(before)
    report = replace(report, version="VERSION", rules_digest="DIGEST")
    return report, redact(report)[0]


@pytest.mark.parametrize("format", list(Format), ids=str)
def test_the_report_is_the_golden_one(reports: tuple[Report, Report], format: Format, snapshot: Any) -> None:
    report, redacted = reports
    text = render(report if format is Format.TERMINAL else redacted, format, width=80)

    class Extension(_Golden):
        file_extension = ENDINGS[format]

    assert text == snapshot(extension_class=Extension)
