"""Text with marked stretches that stay where they belong while parts of it are replaced."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class MarkedText:
    """A text and its marks, [start, end) positions.

    Args:
        text: changes with every substitution.
        marks: move along; a replaced value that a mark cuts is marked as a whole.
    """

    text: str
    marks: list[tuple[int, int]] = field(default_factory=list)

    def sub(self, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str]) -> None:
        """Replace what `pattern` finds, as `re.sub` does."""
        edits: list[tuple[int, int, str]] = []
        for found in pattern.finditer(self.text):
            new = replace(found)
            if new != found[0]:
                edits.append((found.start(), found.end(), new))
        if edits:
            self._apply(edits)

    def _apply(self, edits: list[tuple[int, int, str]]) -> None:
        parts: list[str] = []
        at = 0
        for start, end, new in edits:
            parts += [self.text[at:start], new]
            at = end
        self.text = "".join([*parts, self.text[at:]])
        self.marks = [(_moved(start, edits, 0), _moved(end, edits, 1)) for start, end in self.marks]


def _moved(position: int, edits: list[tuple[int, int, str]], side: int) -> int:
    """Where `position` is after `edits`; within a replaced part it goes to its start (side 0) or its end (side 1)."""
    shift = 0
    for start, end, new in edits:
        if end <= position:
            shift += len(new) - (end - start)
        elif start < position:
            return start + shift + (len(new) if side else 0)
        else:
            break
    return position + shift
