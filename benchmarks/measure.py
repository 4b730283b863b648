"""Runs whole commands on one core in interleaved rounds, and compares them round by round."""

from __future__ import annotations

import os
import shutil
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile


@dataclass(frozen=True, slots=True)
class Command:
    """A command to measure.

    Args:
        words: the command line.
        environment: variables added to the environment.
    """

    words: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_installed(self) -> bool:
        """Whether there is such a program."""
        return shutil.which(self.words[0]) is not None


@dataclass(frozen=True, slots=True)
class Run:
    """One run: processor time in seconds, peak memory in MB, exit code, what it wrote to stdout.

    Logs lie in the page cache and nothing waits for anything, so that processor time is how long a run takes on an
    idle core; other work on the machine disturbs it little.
    """

    seconds: float
    peak_mb: float
    code: int
    output: bytes


def run(command: Command) -> Run:
    """Run a command on one core."""
    with TemporaryFile() as output:
        pid = os.posix_spawnp(
            command.words[0],
            command.words,
            {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC", **command.environment},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, output.fileno(), 1),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
        )
        _, status, usage = os.wait4(pid, 0)
        seconds = usage.ru_utime + usage.ru_stime
        output.seek(0)
        return Run(seconds, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status), output.read())


def stay_on_one_core() -> None:
    """Bind this process, and so all it starts, to one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def warm(files: Sequence[Path]) -> None:
    """Read files once, so that they lie in the page cache."""
    buffer = bytearray(1 << 20)
    for file in files:
        with file.open("rb", buffering=0) as raw:
            while raw.readinto(buffer):
                pass


def race(ours: Command, peers: Mapping[str, Command], rounds: int) -> tuple[list[Run], dict[str, list[Run]]]:
    """Run all commands in turn, `rounds` times; return our runs and the peers'."""
    own: list[Run] = []
    others: dict[str, list[Run]] = {name: [] for name in peers}
    for _ in range(rounds):
        own.append(run(ours))
        for name, peer in peers.items():
            others[name].append(run(peer))
    return own, others


def ratio(own: Sequence[Run], other: Sequence[Run]) -> float:
    """Return the median over the rounds of our time by the other's."""
    return statistics.median(mine.seconds / its.seconds for mine, its in zip(own, other, strict=True))


def maillogdiag(*arguments: str) -> Command:
    """Return the command line of this checkout's maillogdiag."""
    return Command((sys.executable, "-m", "maillogdiag", *arguments))
