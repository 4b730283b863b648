"""Progress on stderr while a long log is read; nothing where nobody watches, or where the report comes at once."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from maillogdiag.sources.interface import Source

_FIRST_AFTER_S = 1.0
_MOST_NAME = 40


class ShownProgress:
    """One line on the terminal: source, lines, rate and, where the size of everything is known, the time left."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._bytes_before: dict[int, int] = {}
        self._total: int | None = 0
        self._source: Source | None = None
        self._lines = self._lines_before = 0
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._bar:
            self._bar.stop()

    def plan(self, sources: Iterable[Source]) -> list[Source]:
        """Return `sources`, all looked up, so that the time left is that of them all."""
        from maillogdiag.sources.text import TextSource

        planned = list(sources)
        for source in planned:
            self._bytes_before[id(source)] = self._total or 0
            size = source.size if isinstance(source, TextSource) else None
            self._total = None if size is None or self._total is None else self._total + size
        return planned

    def update(self, source: Source, lines: int) -> None:
        """Show that `lines` of `source` were read."""
        if source is not self._source:
            self._source, self._lines_before = source, self._lines
        self._lines = self._lines_before + lines
        seconds = time.monotonic() - self._start
        if seconds < _FIRST_AFTER_S:
            return
        name = "".join(char if char.isprintable() else "?" for char in source.name)[-_MOST_NAME:]
        words = f"{name}: {self._lines:,} lines, {self._lines / seconds:,.0f} a second"
        if self._bar is None or self._task is None:
            self._bar = _bar(has_total=self._total is not None)
            self._task = self._bar.add_task(words, total=self._total)
            self._bar.start()
        self._bar.update(self._task, completed=self._bytes_done(source), description=words)

    def _bytes_done(self, source: Source) -> int:
        from maillogdiag.sources.text import TextSource

        return self._bytes_before[id(source)] + (source.position if isinstance(source, TextSource) else 0)


def _bar(*, has_total: bool) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

    words = TextColumn("{task.description}", markup=False)
    left = (BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), TextColumn("left"))
    columns = (words, *left) if has_total else (SpinnerColumn(), words)
    return Progress(*columns, console=Console(file=sys.stderr), transient=True)
