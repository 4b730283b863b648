"""Reads in several processes of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from functools import partial
from multiprocessing import active_children, forkserver, get_context, parent_process
from signal import SIGINT, SIGTERM
from threading import Thread

from maillogdiag.engines.children import deaf_to_ctrl_c
from maillogdiag.engines.local import is_file
from maillogdiag.engines.parts import Reading, Task, read
from maillogdiag.engines.spreading import Await, run_spread
from maillogdiag.grammars.registry import MODULES
from maillogdiag.pipeline import Scan
from maillogdiag.sources.interface import Source
from maillogdiag.stopping import waiting

_AHEAD_PER_PROCESS = 2


def run_in_processes(scan: Scan, sources: Iterable[Source], jobs: int) -> None:
    """Do what `scan.run(sources)` does, in `jobs` processes.

    Args:
        scan: with the grammars that `load_grammars(scan.app)` returns.
    """
    workers = _Processes(jobs)
    is_done = False
    try:
        run_spread(scan, sources, workers)
        is_done = not scan.stop.cause
    finally:
        workers.end(is_done=is_done)


class _Processes:
    """As `spreading.Workers`; where a process is killed, say for want of memory, this one reads on alone."""

    def __init__(self, jobs: int) -> None:
        self.ahead = jobs * _AHEAD_PER_PROCESS
        self._others = set(active_children())
        self._is_broken = False
        context = get_context("forkserver")
        # What all of them need is imported once.
        context.set_forkserver_preload(["maillogdiag.engines.parts", *MODULES])
        with deaf_to_ctrl_c():
            forkserver.ensure_running()
        self._executor = ProcessPoolExecutor(jobs, context, _end_with_parent)

    def can_read(self, source: Source) -> bool:
        """Files are read by other processes; what can be opened once, or needs more than bytes, is not."""
        return is_file(source)

    def submit(self, task: Task) -> Await:
        """Give out a task."""
        try:
            with waiting(SIGINT, SIGTERM):  # it may begin a process, which could not be ended if it were half begun
                future = self._executor.submit(read, task)
        except BrokenExecutor:
            self._is_broken = True
            return partial(read, task)
        return partial(self._result, task, future)

    def end(self, *, is_done: bool) -> None:
        """End the processes, at once where they are not done.

        Then they are not waited for: what they still do is of no use, and one that started while another was killed
        never ends.
        """
        if is_done and not self._is_broken:
            self._executor.shutdown()
            return
        self._executor.shutdown(wait=False, cancel_futures=True)
        for process in set(active_children()) - self._others:
            process.terminate()

    def _result(self, task: Task, future: Future[Reading]) -> Reading:
        try:
            return future.result()
        except BrokenExecutor:
            self._is_broken = True
            return read(task)


def _end_with_parent() -> None:
    """Prepare a reading process to end as soon as its parent does."""

    def wait() -> None:
        if parent := parent_process():
            parent.join()
            os._exit(1)

    Thread(target=wait, daemon=True).start()
