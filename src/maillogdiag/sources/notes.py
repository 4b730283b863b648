"""Sources that have nothing to read, and say why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from maillogdiag.errors import SourceError
from maillogdiag.gate import Gate
from maillogdiag.records import Line

_MOST_NAMES = 5


class UnreadableSource:
    """An input that is known to be unreadable; raises the reason once it is read."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.format = "unreadable"
        self.problems: list[str] = []
        self._reason = reason

    def lines(self, gate: Gate | None = None) -> Iterator[Line]:
        """Raise SourceError."""
        raise SourceError(self._reason)


class SkippedSource:
    """The files of a folder or an archive that are no logs; named, so that nobody wonders what became of them.

    Args:
        name: the folder or the archive.
        skipped: the files' names.
    """

    def __init__(self, name: str, skipped: Sequence[str]) -> None:
        names = ", ".join(skipped[:_MOST_NAMES]) + (", …" if len(skipped) > _MOST_NAMES else "")
        self.name = name
        # No problem: nothing of a log was lost.
        files = (
            "1 file skipped that is no log" if len(skipped) == 1 else f"{len(skipped):,} files skipped that are no logs"
        )
        self.format = f"{files}: {names}"
        self.problems: list[str] = []

    def lines(self, gate: Gate | None = None) -> Iterator[Line]:
        """Yield nothing."""
        yield from ()
