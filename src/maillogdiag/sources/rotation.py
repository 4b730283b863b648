"""Rotated logs: sidekiq.log.2.gz was written before sidekiq.log.1, and that before sidekiq.log."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

_PACKED = re.compile(r"\.(?:gz|bz2|xz|zst)$")
_NUMBER = re.compile(r"\.(\d{1,4})$")
_DATE = re.compile(r"[-._](\d{4}-?\d\d-?\d\d(?:[T_-]?\d\d[-:]?\d\d[-:]?\d\d(?:\.\d+)?)?)(?=\.|$)")


def in_time_order(paths: Iterable[Path]) -> list[Path]:
    """Return `paths` with each rotated series oldest first; unrelated files keep their order."""
    known = list(paths)
    first_of_series: dict[tuple[Path, str], int] = {}
    for number, path in enumerate(known):
        first_of_series.setdefault(_series(path), number)
    return sorted(known, key=lambda path: (first_of_series[_series(path)], _age(path)))


def _series(path: Path) -> tuple[Path, str]:
    name = _NUMBER.sub("", _PACKED.sub("", path.name))
    return path.parent, _DATE.sub("", name)


def _age(path: Path) -> tuple[int, int, str]:
    """Sorts oldest first: dated files by date, numbered ones by falling number, the current one last."""
    name = _PACKED.sub("", path.name)
    if found := _DATE.search(name):
        return 0, 0, re.sub(r"\D", "", found[1])
    if found := _NUMBER.search(name):
        return 1, -int(found[1]), ""
    return 2, 0, ""
