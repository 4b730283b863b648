"""The benchmarks' logs hold what they say they hold, and every report about them is right."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from benchmarks import logs
from benchmarks.__main__ import _measured, _results
from benchmarks.measure import Command, Run
from benchmarks.races import Peer, Race, _prints, _succeeds
from maillogdiag import scan


@pytest.mark.parametrize("make", [logs.sidekiq, logs.sidekiq_journal, logs.mattermost, logs.zulip])
def test_the_report_of_a_generated_log_is_the_truth(make: object, tmp_path: Path) -> None:
    log, truth = logs.make_log(tmp_path, "log", 600_000, make)  # type: ignore[arg-type]

    report = scan([str(log)])

    assert truth.lines == report.coverage[0].lines
    assert truth.accepted == report.summary.accepted
    assert dict(truth.failed) == {finding.cause.value: finding.count for finding in report.findings}
    assert report.findings


def test_a_peer_that_answers_something_else_is_named() -> None:
    peer = Peer(Command(("echo", "5")), partial(_prints, 6))

    assert ["a log: echo: 5 instead of 6"] == _measured(
        Race("a log", Command(("true",)), _succeeds, {"echo": peer}), 1
    )[1]


def test_bounds_are_of_the_median_of_paired_rounds() -> None:
    peers = {
        "slow": Peer(Command(("true",)), _succeeds, at_least=4.0),
        "fast": Peer(Command(("true",)), _succeeds, at_most=2.0),
    }
    race = Race("a log", Command(("true",)), _succeeds, peers, most_mb=60.0)
    own = [Run(seconds, 61.0, ()) for seconds in (1.0, 2.0, 10.0)]
    others = {
        "slow": [Run(seconds, 1.0, ()) for seconds in (5.0, 6.0, 10.0)],
        "fast": [Run(seconds, 1.0, ()) for seconds in (0.5, 1.0, 1.0)],
    }

    assert [
        ("slow / ours", "3", "≥ 4", "no"),
        ("ours / fast", "2", "≤ 2", "yes"),
        ("peak memory, MB", "61", "≤ 60", "no"),
        ("memory / that for a tenth", "1.02", "≤ 1.1", "yes"),
    ] == list(_results(race, own, others, Run(1.0, 60.0, ())))
