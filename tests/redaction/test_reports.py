"""Redaction of whole reports: what its parts together must keep."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import maillogdiag
from maillogdiag.redaction import redact
from maillogdiag.reports.model import Report
from maillogdiag.reports.render import Format, render


def report_of(log: str, tmp_path: Path) -> Report:
    path = tmp_path / "server.log"
    path.write_text(log)
    return maillogdiag.scan([str(path)])


@pytest.mark.parametrize("length", range(60, 200, 7))
def test_what_a_cut_excerpt_begins_within_is_recognised_all_the_same(length: int, tmp_path: Path) -> None:
    # The excerpt begins 120 characters before the error: within the subject, for some of these lengths.
    log = (
        '{"timestamp":"2026-11-20 09:00:05.000 Z","level":"error","msg":"Failed to send mail","subject":"Zinnia Quill '
        f'wants to meet Zinnia Quill","padding":"{"x" * length}","error":"535 5.7.8 authentication failed"}}\n'
    )
    report = report_of(log, tmp_path)
    assert ["auth-failed"] == [finding.cause for finding in report.findings]

    text = render(redact(report)[0], Format.JSON)

    assert "Zinnia" not in text
    assert "Quill" not in text


def test_a_sample_that_is_cut_within_a_subject_shows_none_of_it(tmp_path: Path) -> None:
    log = f"2026-11-20 09:00 smtp error: wibble {{'subject': '{'Zinnia Quill ' * 40}', 'x': 1}}\n"

    text = render(redact(report_of(log, tmp_path))[0], Format.JSON)

    assert json.loads(text)["coverage"][0]["samples"]
    assert "Quill" not in text
