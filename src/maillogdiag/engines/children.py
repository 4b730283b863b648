"""Processes that this one begins: Ctrl-C reaches all that a terminal has, and is this one's to handle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from signal import SIGINT

from maillogdiag.stopping import waiting


@contextmanager
def deaf_to_ctrl_c() -> Iterator[None]:
    """What begins meanwhile never hears of Ctrl-C, and this process only afterwards."""
    # Python begins this one with the first other process, and then lets Ctrl-C through again.
    resource_tracker.ensure_running()
    with waiting(SIGINT):
        yield
