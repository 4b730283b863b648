"""Logs to be read by several processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parents[1] / "fixtures"
SIDEKIQ = FIXTURES / "mastodon" / "story" / "sidekiq.log"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A big log, a packed one, a damaged one, and a file that is no log."""
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "sidekiq.log").write_bytes(SIDEKIQ.read_bytes() * 10)
    (folder / "send_email.log").write_bytes((FIXTURES / "zulip" / "story" / "send_email.log").read_bytes())
    subprocess.run(["gzip", "-k", folder / "send_email.log"], check=True)
    (folder / "notes.py").write_text("no log")
    (folder / "broken.log.gz").write_bytes((folder / "send_email.log.gz").read_bytes()[:-30])
    return folder


def children_of(pid: int) -> list[int]:
    """All processes that a process began, and those that they began."""
    found = []
    try:
        children = [child for thread in Path(f"/proc/{pid}/task").iterdir() for child in _begun_by(thread)]
    except OSError:  # it is over
        return []
    for child in children:
        found += [int(child), *children_of(int(child))]
    return found


@pytest.fixture(scope="module")
def big_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log = tmp_path_factory.mktemp("big") / "big.log"
    log.write_bytes(SIDEKIQ.read_bytes() * (60_000_000 // SIDEKIQ.stat().st_size))
    return log


def _begun_by(thread: Path) -> list[str]:
    return (thread / "children").read_text().split()


def stop(log: Path, number: int, processes: int, *options: str, later_s: float = 0) -> tuple[int, bytes, list[int]]:
    """Stop a scan once it has begun so many processes; return its exit code, its report, and the processes."""
    command = [sys.executable, "-m", "maillogdiag", "scan", str(log), "--format", "json", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as scan:
        deadline = time.monotonic() + 60
        while len(children := children_of(scan.pid)) < processes and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(later_s)
        os.killpg(scan.pid, number)
        output, errors = scan.communicate()
    assert b"Traceback" not in errors
    return scan.returncode, output, children
