"""Rotated logs: sidekiq.log.2.gz was written before sidekiq.log.1, and that before sidekiq.log."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from maillogdiag.expressions import expression

_PACKED = expression(r"\.(?:gz|bz2|xz|zst)$")
_NUMBER = expression(r"\.(\d{1,4})$")
_DATE = expression(r"[-._](\d{4}-?\d\d-?\d\d(?:[T_-]?\d\d[-:]?\d\d[-:]?\d\d(?:\.\d+)?)?)(?=\.|$)")

_Named = TypeVar("_Named")


def in_time_order(items: Iterable[_Named], path_of: Callable[[_Named], Path]) -> list[_Named]:
    """Return `items` with each rotated series oldest first; series keep the order of their first items.

    Args:
        items: files or archive members.
        path_of: an item's path.
    """
    known = list(items)
    rank: dict[tuple[Path, str], int] = {}
    for number, item in enumerate(known):
        rank.setdefault(series_of(path_of(item)), number)
    return sorted(known, key=lambda item: (rank[series_of(path_of(item))], _age(path_of(item))))


def series_of(path: Path) -> tuple[Path, str]:
    """Return what all files of a rotated series have in common."""
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
