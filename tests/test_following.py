"""`--follow`: the diagnosis while a log grows, and the report in the end."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import maillogdiag
from maillogdiag import following
from maillogdiag.following import Following, Moment
from maillogdiag.grammars.registry import load_grammars
from maillogdiag.pipeline import Scan
from maillogdiag.reports.model import Report
from maillogdiag.rulebase import load_rules
from maillogdiag.sources import open_followed
from maillogdiag.stopping import Stop
from tests.follower import follower, wait_until

FIXTURES = Path(__file__).parent / "fixtures"
STORY_LOG = FIXTURES / "mastodon" / "story" / "sidekiq.log"
STORY = STORY_LOG.read_bytes().splitlines(keepends=True)
# First mails are accepted; then the password is refused, then the server is busy, and in the end all is well.
WELL, REFUSED, BUSY = b"".join(STORY[:152]), b"".join(STORY[152:450]), b"".join(STORY[450:562])
WELL_AGAIN = b"".join(STORY[562:])


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def scanned(*arguments: object) -> str:
    command = [sys.executable, "-m", "maillogdiag", "scan", *map(str, arguments)]
    environment = {**os.environ, "TZ": "UTC", "COLUMNS": "80"}
    return subprocess.run(command, capture_output=True, check=False, env=environment).stdout.decode()


def test_changes_are_said_as_they_come_and_the_end_is_the_report_of_a_scan(tmp_path: Path) -> None:
    log = tmp_path / "sidekiq.log"
    log.write_bytes(WELL)

    with follower(tmp_path, "scan", log) as run:
        run.waits_to_say(" ok No mail failure")
        append(log, REFUSED)
        run.waits_to_say(" new auth-failed: ")
        append(log, BUSY)
        run.waits_to_say(" new temporary-server-failure: ")
        append(log, WELL_AGAIN)
        run.waits_to_say(" over auth-failed: ")
        code = run.end()

    assert 1 == code
    assert "" == run.complained
    assert run.said.endswith(scanned(log))
    changes = run.said.removesuffix(scanned(log))
    assert 1 == changes.count(" new auth-failed: ")
    assert "unknown" not in changes


def test_log_is_followed_past_rotation_and_truncation(tmp_path: Path) -> None:
    log = tmp_path / "sidekiq.log"
    log.write_bytes(WELL)

    with follower(tmp_path, "scan", log) as run:
        run.waits_to_say(" ok ")
        log.rename(tmp_path / "sidekiq.log.1")
        log.write_bytes(REFUSED)
        run.waits_to_say(" new auth-failed: ")
        log.write_bytes(BUSY)  # copytruncate
        run.waits_to_say(" new temporary-server-failure: ")
        log.unlink()
        log.write_bytes(WELL_AGAIN)
        run.waits_to_say(" over auth-failed: ")
        run.end(signal.SIGTERM)

    assert f"{len(STORY):,} lines" in run.said


def test_standard_input_is_followed_until_it_is_closed(tmp_path: Path) -> None:
    with follower(tmp_path, "scan", "-", stdin=subprocess.PIPE) as run:
        assert run.process.stdin is not None
        run.process.stdin.write(WELL + REFUSED)
        run.process.stdin.flush()
        run.waits_to_say(" new auth-failed: ")
        run.process.stdin.write(BUSY + WELL_AGAIN)
        run.process.stdin.close()
        code = run.process.wait(60)

    assert 1 == code
    assert "14 of 40 attempts failed" in run.said


def test_report_in_another_format_has_standard_output_to_itself(tmp_path: Path) -> None:
    log = tmp_path / "sidekiq.log"
    log.write_bytes(WELL + REFUSED)

    with follower(tmp_path, "scan", log, "--format", "json", "--fail-on", "never") as run:
        wait_until(lambda: " new auth-failed: " in run.complained)
        code = run.end()

    assert 0 == code
    assert ["auth-failed"] == [finding["cause"] for finding in json.loads(run.said)["findings"]]


def test_log_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    log = tmp_path / "sidekiq.log"

    with follower(tmp_path, "scan", log) as run:
        run.waits_to_say(" nothing-seen ")
        log.write_bytes(WELL)
        run.waits_to_say(" ok ")
        code = run.end()

    assert 0 == code
    assert "does not exist: waiting for it" in run.complained


def test_terminal_shows_a_view_that_changes_and_the_report_in_the_end(tmp_path: Path) -> None:
    log = tmp_path / "sidekiq.log"
    log.write_bytes(WELL)
    pid, terminal = pty.fork()
    if not pid:
        os.environ.update(TZ="UTC", TERM="xterm", COLUMNS="80", LINES="40")
        os.execv(sys.executable, [sys.executable, "-m", "maillogdiag", "scan", "--follow", str(log)])
    shown = _shown(terminal)

    assert "No mail failure was found" in _until(shown, "waiting for more")
    append(log, REFUSED)
    assert "535 5.7.8 Error: authentication failed" in _until(shown, "1. The mail server refused")
    os.kill(pid, signal.SIGINT)
    assert "Traceback" not in _until(shown, "What was examined")
    assert 1 == os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _shown(terminal: int) -> Iterator[str]:
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the other side is closed
            return
        yield part.decode(errors="replace")


def _until(shown: Iterator[str], words: str) -> str:
    text = ""
    for part in shown:
        text += part
        if words in text:
            return text
    raise AssertionError(text)


def test_until_and_follow_exclude_each_other() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "maillogdiag", "journal", "--follow", "--until", "now"], capture_output=True, check=False
    )

    assert 2 == done.returncode
    assert b"--until" in done.stderr


def follow(log: Path, react: Callable[[Moment], bool]) -> Report:
    """Follow `log`, with `react` called at each moment when all was read that was there, until it returns True."""
    scan, stop = Scan(load_grammars(), load_rules()), Stop()

    def show(moment: Moment) -> None:
        if moment.is_whole and react(moment):
            stop.signal = signal.SIGINT

    deadline = threading.Timer(60, lambda: setattr(stop, "signal", signal.SIGALRM))
    deadline.start()
    Following(scan, open_followed([str(log)]), show).run(stop)
    deadline.cancel()
    assert signal.SIGINT == stop.signal
    return scan.report()


TRACEBACK_LOG = FIXTURES / "zulip" / "auth-failed" / "errors.log"


def test_last_entry_is_diagnosed_though_nothing_follows_it(tmp_path: Path) -> None:
    log = tmp_path / "errors.log"
    log.write_bytes(TRACEBACK_LOG.read_bytes())

    expected = maillogdiag.scan([str(log)])

    assert follow(log, lambda moment: moment.report == expected) == expected


def test_entry_whose_lines_are_still_coming_is_not_cut_in_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_QUIET_S", 3600)
    log = tmp_path / "errors.log"
    text = TRACEBACK_LOG.read_bytes()
    log.write_bytes(text[: len(text) // 2])

    def write_on(moment: Moment) -> bool:
        if log.stat().st_size < len(text):
            append(log, text[len(text) // 2 :])
        return moment.report.coverage[0].lines == text.count(b"\n")

    assert follow(log, write_on) == maillogdiag.scan([str(log)])


def test_attempts_without_outcome_are_shown_as_such(tmp_path: Path) -> None:
    log = tmp_path / "sidekiq.log"
    performing = next(number for number, line in enumerate(STORY) if b" Performing ActionMailer" in line)
    log.write_bytes(b"".join(STORY[: performing + 1]))
    waiting = []

    def write_on(moment: Moment) -> bool:
        waiting.append(moment.waiting)
        if len(waiting) == 1:
            append(log, b"".join(STORY[performing + 1 : 152]))
        return moment.waiting == 0

    follow(log, write_on)

    assert waiting[0] > 0


def test_following_that_is_ended_before_all_was_read_is_partial() -> None:
    scan, stop = Scan(load_grammars(), load_rules()), Stop()
    stop.signal = signal.SIGINT

    Following(scan, open_followed([str(STORY_LOG)]), lambda moment: None).run(stop)

    assert "Stopped by you after 0 lines" in scan.report().problems[0]
