"""A Dask cluster gives the report that one process gives, also where one of its workers dies."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from typer.testing import CliRunner

from maillogdiag.cli.commands import app
from maillogdiag.engines.cluster import Cluster, run_on_cluster
from maillogdiag.engines.parts import Task
from maillogdiag.engines.spreading import Await
from maillogdiag.errors import UsageError
from maillogdiag.grammars.registry import load_grammars
from maillogdiag.pipeline import Scan
from maillogdiag.reports.json_report import report_to_json
from maillogdiag.rulebase import load_rules
from maillogdiag.sources import open_inputs
from tests.engines.conftest import stop


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Two workers, each a process."""
    with Cluster(None, 2) as cluster:
        yield cluster


def report_of(paths: list[str], cluster: Cluster | None = None) -> tuple[str, Scan, list[int]]:
    """The report, and what progress was shown: after how many lines."""
    scan = Scan(load_grammars(), load_rules())
    shown: list[int] = []
    scan.progress = lambda source, lines: shown.append(lines)
    if cluster is None:
        scan.run(open_inputs(paths))
    else:
        with patch("maillogdiag.engines.spreading._LEAST_BYTES", 100_000):
            run_on_cluster(scan, cluster.sources(paths), cluster)
    return report_to_json(scan.report()), scan, shown


def test_the_report_is_that_of_one_process(cluster: Cluster, folder: Path) -> None:
    paths = [str(folder), (folder / "sidekiq.log").as_uri(), str(folder / "missing.log")]

    spread, scan, shown = report_of(paths, cluster)

    assert spread == report_of(paths)[0]
    assert scan.has_unreadable_source
    assert len(shown) > 5


def test_a_worker_that_dies_costs_no_part_of_the_report(cluster: Cluster, folder: Path) -> None:
    submit, killed = Cluster.submit, []

    def submit_and_kill(cluster: Cluster, task: Task) -> Await:
        reading_of = submit(cluster, task)
        if not killed and task.start:
            reading_of()  # so that work is under way, and the other results are with the workers
            killed.extend(cluster._client.run(os.getpid).values())
            os.kill(killed[0], signal.SIGKILL)
        return reading_of

    with patch.object(Cluster, "submit", submit_and_kill):
        spread, _, _ = report_of([str(folder)], cluster)

    assert len(killed) == 2
    assert spread == report_of([str(folder)])[0]


def complaint_about(*arguments: str) -> str:
    with pytest.raises(UsageError) as raised:
        CliRunner().invoke(app, ["scan", *arguments], catch_exceptions=False)
    return str(raised.value)


def test_a_scheduler_that_cannot_be_reached_is_named() -> None:
    with patch("maillogdiag.engines.cluster._CONNECT_S", 0.5):
        assert "127.0.0.1:1" in complaint_about("--engine", "dask://127.0.0.1:1", "a.log")


def test_without_dask_it_is_said_what_to_install() -> None:
    with patch.dict(sys.modules, {"distributed": None}):
        assert "pip install 'maillogdiag[cluster]'" in complaint_about("--engine", "dask", "a.log")


@pytest.mark.parametrize(("arguments", "word"), [(("--engine", "spark"), "spark"), (("--engine", "dask", "-F"), "-F")])
def test_an_engine_that_cannot_be_used_is_refused(arguments: tuple[str, ...], word: str) -> None:
    assert word.replace("-F", "--follow") in complaint_about(*arguments, "a.log")


@pytest.mark.parametrize("later_s", [0, 0.5, 1])
def test_ctrl_c_while_a_cluster_begins(later_s: float, big_log: Path) -> None:
    # Python's tracker, then the workers
    code, _, _ = stop(big_log, signal.SIGINT, 3, "--engine", "dask", later_s=later_s)

    assert code == 130
