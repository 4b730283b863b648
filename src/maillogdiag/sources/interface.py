"""What a source is: somewhere log text comes from, one of the journal, a file, an archive member, standard input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from maillogdiag.gate import Gate
from maillogdiag.records import Line

Idle = Callable[[], bool]
"""Called by a source that goes on while there is nothing to read; waits a moment, and returns whether to go on."""


class Source(Protocol):
    """Log text from one place, to be read once from front to end.

    Attributes:
        name: what the user calls it: a path, "archive.zip!member", "journal", "-".
        format: the envelope found in it, e.g. "journalctl short", "docker compose", "plain"; settled once
            `lines` has been read.
        problems: what was lost while reading, each one sentence a user understands ("gzip data ends early at
            byte 4,096: the rest could not be read"); complete once `lines` has been read.
    """

    name: str
    format: str
    problems: list[str]

    def lines(self, gate: Gate | None = None) -> Iterator[Line]:
        """Yield the lines in order, envelopes peeled; raises SourceError where nothing can be read at all.

        Args:
            gate: may hold lines back that cannot matter, and counts them; of use for big texts only.
        """
        ...
