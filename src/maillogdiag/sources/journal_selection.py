"""Which entries of a journal to read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

UNIT_FIELDS = ("_SYSTEMD_UNIT", "_SYSTEMD_USER_UNIT", "CONTAINER_NAME")
"""Whose entry it is."""
NAMING_FIELDS = (*UNIT_FIELDS, "UNIT")
"""These, and the unit that systemd itself writes about: that it failed, that it was restarted."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which entries to read.

    Args:
        matches: fields and values of which an entry has at least one; none means all entries.
        start: from when.
        end: up to when.
        directory: a folder of journal files; None means this machine's journal, if there are no files either.
        files: journal files.
    """

    matches: tuple[tuple[str, str], ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    directory: Path | None = None
    files: tuple[Path, ...] = ()

    @property
    def has_limits(self) -> bool:
        """Whether times limit it."""
        return self.start is not None or self.end is not None

    def matching(self, matches: tuple[tuple[str, str], ...]) -> Selection:
        """Return the same, of these entries only."""
        return replace(self, matches=matches)
