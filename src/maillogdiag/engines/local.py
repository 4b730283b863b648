"""Reads on this machine, in several processes where that pays."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TypeGuard

from maillogdiag.pipeline import Scan
from maillogdiag.sources.interface import Source
from maillogdiag.sources.text import TextSource

# Less than this is mostly read before other processes have started, which takes a second.
LEAST_BYTES = 32 * 1024 * 1024


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_locally(scan: Scan, sources: Iterable[Source], jobs: int, least_bytes: int = LEAST_BYTES) -> None:
    """Do what `scan.run(sources)` does, in several processes where that pays.

    Args:
        scan: with the grammars that `load_grammars(scan.app)` returns.
        jobs: how many processes read; 1 for this one alone.
        least_bytes: for how much input other processes are started.
    """
    if jobs < 2:
        scan.run(sources)
        return
    planned = list(scan.stop.until_stopped(sources))
    if sum(source.size or 0 for source in planned if is_file(source)) < least_bytes:
        scan.run(planned)
        return
    # Imported only here: few logs are so big, and its imports take long.
    from maillogdiag.engines.processes import run_in_processes

    run_in_processes(scan, planned, jobs)


def is_file(source: Source) -> TypeGuard[TextSource]:
    """Whether any process of this machine can open it as often as it likes."""
    return type(source) is TextSource and source.size is not None
