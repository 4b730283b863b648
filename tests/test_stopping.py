"""A run that is stopped early says what it read so far."""

from __future__ import annotations

import array
import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maillogdiag.gate import Gate
from maillogdiag.grammars.registry import load_grammars
from maillogdiag.pipeline import Scan
from maillogdiag.records import Line
from maillogdiag.rulebase import load_rules
from maillogdiag.sources.text import TextSource

FAILING = Path(__file__).parent / "fixtures" / "mastodon" / "auth-failed" / "sidekiq.log"
LINES = FAILING.read_bytes().count(b"\n")


class SourceThatIsStopped(TextSource):
    """Gets a Ctrl-C at the end of the file, and goes on as if there were more."""

    def __init__(self) -> None:
        super().__init__("a.log", lambda: FAILING.open("rb"), datetime.now(UTC))

    def lines(self, gate: Gate | None = None) -> Iterator[Line]:
        yield from super().lines(gate)
        os.kill(os.getpid(), signal.SIGINT)
        pytest.fail("reading goes on")


def test_what_was_read_is_reported_and_marked_as_partial() -> None:
    scan = Scan(load_grammars(), load_rules())

    with scan.stop:
        scan.run([SourceThatIsStopped(), SourceThatIsStopped()])

    report = scan.report()
    assert ["auth-failed"] == [finding.cause for finding in report.findings]
    assert 1 == len(report.coverage)
    assert (f"Stopped by you after {LINES} lines: this report is about what was read by then.",) == report.problems


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def waits_for_input(process: subprocess.Popen[bytes]) -> bool:
    """Whether the process has taken all its input, and sleeps."""
    assert process.stdin is not None
    unread = array.array("i", [0])
    fcntl.ioctl(process.stdin, termios.FIONREAD, unread)
    state = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]
    return unread[0] == 0 and state == "S"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_ends_the_command_with_the_report(number: int, code: int, tmp_path: Path) -> None:
    output = tmp_path / "report.json"
    command = [sys.executable, "-m", "maillogdiag", "scan", "-", "--output", str(output)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(FAILING.read_bytes())
        process.stdin.flush()
        wait_until(lambda: waits_for_input(process))
        process.send_signal(number)
        errors = process.stderr.read()

    assert code == process.returncode
    assert b"Traceback" not in errors
    report = json.loads(output.read_text())
    assert "Stopped by " in report["problems"][0]
    assert ["auth-failed"] == [finding["cause"] for finding in report["findings"]]
    assert [output] == list(tmp_path.iterdir())


def test_file_that_cannot_be_written_stays_as_it_was(tmp_path: Path) -> None:
    output = tmp_path / "report.html"
    output.write_text("the report before")
    limited = f"ulimit -f 1; trap '' XFSZ; exec {sys.executable} -m maillogdiag scan {FAILING} --output {output}"

    done = subprocess.run(["bash", "-c", limited], capture_output=True, check=False)

    assert 2 == done.returncode
    assert b"cannot write" in done.stderr
    assert "the report before" == output.read_text()
    assert [output] == list(tmp_path.iterdir())
