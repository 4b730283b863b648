"""Two ways to read a journal: the Python package systemd-python, and the program journalctl."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from functools import cache
from typing import Any, Protocol

from maillogdiag.errors import SourceError
from maillogdiag.gate import Batch
from maillogdiag.sources.interface import Idle
from maillogdiag.sources.journal_program import Journalctl
from maillogdiag.sources.journal_python import SystemdPython
from maillogdiag.sources.journal_selection import Selection

_log = logging.getLogger(__name__)


class JournalReader(Protocol):
    """A way to read a journal."""

    name: str

    def units(self, selection: Selection) -> list[tuple[str, str]]:
        """Return the fields that name a unit or container in any entry, each with its values, sorted."""
        ...

    def batches(self, selection: Selection, problems: list[str], idle: Idle | None = None) -> Iterator[Batch]:
        """Yield the entries in order of time; raises SourceError where there is no journal to read.

        Args:
            selection: which ones.
            problems: gets a sentence for what was lost.
            idle: called while there is no further entry; they end where it returns False, or at once without it.
        """
        ...


def open_reader() -> JournalReader:
    """Return the best reader that this machine has.

    Raises:
        SourceError: it has none.
    """
    journal = _systemd_journal()
    if journal is not None:
        return SystemdPython(journal)
    program = shutil.which("journalctl")
    if program is None:
        raise SourceError(
            "the journal needs the journalctl program or the Python package systemd-python; install one (apt install "
            "systemd, or pip install 'maillogdiag[journal]'), or on the server send the log through a pipe: "
            "journalctl -u UNIT -o export | maillogdiag scan -"
        )
    _say_once("reading through journalctl, since systemd-python is not installed")
    return Journalctl(program)


def _systemd_journal() -> Any:
    try:
        from systemd import journal  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError:
        return None
    return journal


@cache
def _say_once(sentence: str) -> None:
    _log.warning(sentence)
