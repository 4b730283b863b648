"""Runs `maillogdiag … --follow` as a user does, and waits for what it says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_DEADLINE_S = 60


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for a condition, generously: the machine may be busy."""
    deadline = time.monotonic() + _DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.02)


class Run:
    """A command that follows.

    Args:
        arguments: of maillogdiag, without --follow.
        folder: an empty one for its output.
    """

    def __init__(self, arguments: list[str], folder: Path, stdin: int | None = None) -> None:
        self._out, self._err = folder / "stdout", folder / "stderr"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "maillogdiag", *arguments, "--follow"],
                stdin=stdin,
                stdout=out,
                stderr=err,
                env={**os.environ, "TZ": "UTC", "COLUMNS": "80"},
            )

    @property
    def said(self) -> str:
        """What it wrote to standard output so far."""
        return self._out.read_text()

    @property
    def complained(self) -> str:
        """What it wrote to standard error so far."""
        return self._err.read_text()

    def waits_to_say(self, words: str, times: int = 1) -> None:
        """Wait until it said so, so many times."""
        wait_until(lambda: self.said.count(words) >= times or self.process.poll() is not None)
        assert self.said.count(words) >= times, self.said + self.complained

    def end(self, number: int = signal.SIGINT) -> int:
        """End it as the user does; return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(_DEADLINE_S)


@contextmanager
def follower(folder: Path, *arguments: object, stdin: int | None = None) -> Iterator[Run]:
    """Give a command that follows until the end of the block at the latest."""
    output = folder / "followed"
    output.mkdir()
    run = Run([str(argument) for argument in arguments], output, stdin)
    try:
        yield run
    finally:
        run.process.kill()
        run.process.wait()
