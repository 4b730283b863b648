"""Several processes give the report that one gives, and leave nothing behind."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from maillogdiag.engines import processes
from maillogdiag.engines.local import run_locally
from maillogdiag.engines.parts import Reading, Task
from maillogdiag.grammars.registry import load_grammars
from maillogdiag.pipeline import Scan
from maillogdiag.reports.json_report import report_to_json
from maillogdiag.rulebase import load_rules
from maillogdiag.sources import open_inputs
from tests.engines.conftest import stop


def report_of(folder: Path, jobs: int) -> str:
    scan = Scan(load_grammars(), load_rules())
    with patch("maillogdiag.engines.spreading._LEAST_BYTES", 100_000):
        run_locally(scan, open_inputs([str(folder)]), jobs, least_bytes=0)
    return report_to_json(scan.report())


def test_the_report_is_that_of_one_process(folder: Path) -> None:
    assert report_of(folder, 2) == report_of(folder, 1)


def test_a_process_that_is_killed_costs_no_part_of_the_report(folder: Path) -> None:
    killed: list[int] = []
    submit = processes._Processes.submit

    def submit_and_kill(workers: processes._Processes, task: Task) -> Callable[[], Reading]:
        reading_of = submit(workers, task)
        if not killed and task.start:
            reading_of()
            killed.extend(child.pid or 0 for child in processes.active_children())
            os.kill(killed[0], signal.SIGKILL)
        return reading_of

    with patch.object(processes._Processes, "submit", submit_and_kill):
        spread = report_of(folder, 2)

    assert killed
    assert spread == report_of(folder, 1)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("begun", [2, 3, 4])  # the fork server and the tracker, then the readers
def test_signal_ends_all_processes_with_the_report(number: int, code: int, begun: int, big_log: Path) -> None:
    exit_code, output, children = stop(big_log, number, begun, "--jobs", "2")

    assert code == exit_code
    assert "Stopped by " in json.loads(output)["problems"][0]
    assert len(children) >= begun
    deadline = time.monotonic() + 60
    while any(map(is_running, children)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
