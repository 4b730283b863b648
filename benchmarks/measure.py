"""Runs whole commands in interleaved rounds, and compares them round by round."""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

Check = Callable[[int, BinaryIO], list[str]]
"""Takes a run's exit code and what it wrote to stdout; returns what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command to measure.

    Args:
        words: the command line.
        environment: variables added to the environment.
        module: the Python module that it needs.
    """

    words: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    module: str | None = None

    @property
    def is_installed(self) -> bool:
        """Whether there is such a program."""
        return shutil.which(self.words[0]) is not None and (self.module is None or find_spec(self.module) is not None)


@dataclass(frozen=True, slots=True)
class Run:
    """One run: seconds, peak memory in MB, and what was wrong with it.

    On one core the seconds are processor time: logs lie in the page cache and nothing waits for anything, so that it
    is how long a run takes on an idle core; other work on the machine disturbs it little. On more they are wall time.
    """

    seconds: float
    peak_mb: float
    problems: tuple[str, ...]


def run(command: Command, check: Check, cores: int = 1) -> Run:
    """Run a command on so many cores.

    What it wrote is not read at once: the peak memory of a process counts from that of the one that started it.
    """
    with TemporaryFile() as output:
        begin = time.perf_counter()
        pid = os.posix_spawnp(
            command.words[0],
            command.words,
            {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC", **command.environment},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, output.fileno(), 1),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
        )
        _, status, usage = os.wait4(pid, 0)
        seconds = usage.ru_utime + usage.ru_stime if cores == 1 else time.perf_counter() - begin
        output.seek(0)
        problems = check(os.waitstatus_to_exitcode(status), output)
        return Run(seconds, usage.ru_maxrss / 1024, tuple(problems))


_CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def stay_on(cores: int) -> bool:
    """Bind this process, and so all it starts, to so many cores; returns whether there are as many."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, _CORES[-cores:])
    return len(_CORES) >= cores


def warm(files: Sequence[Path]) -> None:
    """Read files once, so that they lie in the page cache."""
    buffer = bytearray(1 << 20)
    for file in files:
        with file.open("rb", buffering=0) as raw:
            while raw.readinto(buffer):
                pass


def ratio(ones: Sequence[Run], others: Sequence[Run]) -> float:
    """Return the median over the rounds of one command's time by another's."""
    return statistics.median(one.seconds / other.seconds for one, other in zip(ones, others, strict=True))


def maillogdiag(*arguments: str) -> Command:
    """Return the command line of this checkout's maillogdiag."""
    return Command((sys.executable, "-m", "maillogdiag", *arguments))
