"""The benchmarks' logs hold what they say they hold, and every report about them is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import logs
from maillogdiag import scan


@pytest.mark.parametrize("make", [logs.sidekiq, logs.sidekiq_journal, logs.mattermost, logs.zulip])
def test_the_report_of_a_generated_log_is_the_truth(make: object, tmp_path: Path) -> None:
    log, truth = logs.make_log(tmp_path, "log", 600_000, make)  # type: ignore[arg-type]

    report = scan([str(log)])

    assert truth.lines == report.coverage[0].lines
    assert truth.accepted == report.summary.accepted
    assert dict(truth.failed) == {finding.cause.value: finding.count for finding in report.findings}
    assert report.findings
