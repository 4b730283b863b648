"""Progress on stderr while a long log is read; nothing where nobody watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from maillogdiag.pipeline import Progress
    from maillogdiag.sources.interface import Source

_FIRST_AFTER_S = 1.0
_AGAIN_AFTER_S = 0.2


@contextmanager
def show_progress(quiet: bool) -> Iterator[Progress | None]:
    """Give a callback that shows source, lines and rate on one line of the terminal, and wipe it at the end."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    start = time.monotonic()
    shown = start + _FIRST_AFTER_S - _AGAIN_AFTER_S

    def show(source: Source, lines: int) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown >= _AGAIN_AFTER_S:
            shown = now
            name = "".join(char if char.isprintable() else "?" for char in source.name)[-40:]
            sys.stderr.write(f"\r\x1b[K{name}: {lines:,} lines, {now - start:.0f} s")
            sys.stderr.flush()

    try:
        yield show
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
