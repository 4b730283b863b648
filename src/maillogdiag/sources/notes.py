"""Sources that have nothing to read, and say why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set

from maillogdiag.errors import SourceError
from maillogdiag.gate import Gate
from maillogdiag.records import Line
from maillogdiag.sources.interface import Source

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
        number = len(skipped)
        names = ", ".join(skipped[:_MOST_NAMES]) + (", …" if number > _MOST_NAMES else "")
        files = "1 file skipped that is no log" if number == 1 else f"{number:,} files skipped that are no logs"
        self.name = name
        self.skipped = skipped
        self.format = f"{files}: {names}"
        self.problems: list[str] = []  # none: nothing of a log was lost

    def lines(self, gate: Gate | None = None) -> Iterator[Line]:
        """Yield nothing."""
        yield from ()


def without(sources: Iterable[Source], settings: Set[str]) -> Iterator[Source]:
    """Yield `sources`; files that were read as settings, as which they are named elsewhere, do not count as skipped."""
    for source in sources:
        if isinstance(source, SkippedSource):
            own = [name for name in source.skipped if not {f"{source.name}!{name}", f"{source.name}/{name}"} & settings]
            if own:
                yield SkippedSource(source.name, own)
        else:
            yield source
