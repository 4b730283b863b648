"""Which grammars may read an entry: those of which an anchor stands in it.

To look for some 250 anchors one by one takes longer than to read most entries. But the entries of a log are of few
shapes: where whatever may be part of a number or an id is made alike, most equal another one. An anchor that is not
in the shape, made alike as well, is not in the entry; so only the few that are in it are looked for. A backtrace
comes back more often than the line above it, so that each has a shape of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from maillogdiag.grammars.interface import Grammar

# A text whose numbers are made alike; and of each grammar, by its number, that was asked for so far, the anchors that
# may stand in such a text.
_Shape = tuple[str, dict[int, tuple[str, ...]]]

_ALIKE = "".join("0" if chr(code) in "0123456789abcdef" else chr(code) for code in range(128))
# Most first lines are of one of the first grammars: their anchors are looked for at once.
_FIRST = 3
# What is remembered takes less than a megabyte; where hardly any shape comes back, nothing is.
_MOST_CHARACTERS = 250_000
_MOST_CHARACTERS_OF_ONE = 10_000
_LEAST_USES = 4


class Anchors:
    """Finds the grammars to ask.

    Args:
        grammars: in the order in which they are asked.
        most_shapes: how many are remembered.
    """

    def __init__(self, grammars: Sequence[Grammar], most_shapes: int = 500) -> None:
        self._grammars = [
            (grammar, grammar.anchors, [(anchor, anchor.translate(_ALIKE)) for anchor in grammar.anchors])
            for grammar in grammars
        ]
        self._all = {number: anchors for number, (_, anchors, _) in enumerate(self._grammars)}
        self._most_shapes = most_shapes
        self._shapes: dict[str, dict[int, tuple[str, ...]]] = {}
        self._characters = 0
        self._uses = 0
        self._has_few_shapes = True

    def first_for(self, text: str) -> Grammar | None:
        """Return the first grammar that has an anchor in `text`, whose shape is not worth remembering."""
        return next((grammar for grammar, anchors, _ in self._grammars if _has_any(anchors, text)), None)

    def grammars_for(self, text: str) -> Iterator[Grammar]:
        """Yield the grammars that have an anchor in `text`, in their order; no anchor has a line break."""
        first, _, further = text.partition("\n")
        below = self._shape_of(further) if further else None
        shape = None
        for number, (grammar, anchors, _) in enumerate(self._grammars):
            if number >= _FIRST:
                shape = shape or self._shape_of(first)
                anchors = self._possible(number, shape)
            if (anchors and _has_any(anchors, first)) or (below and _has_any(self._possible(number, below), further)):
                yield grammar

    def _possible(self, number: int, shape: _Shape) -> tuple[str, ...]:
        """The anchors of that grammar that may stand in a text of that shape."""
        alike, known = shape
        if number not in known:
            known[number] = tuple(anchor for anchor, same in self._grammars[number][2] if same in alike)
        return known[number]

    def _shape_of(self, text: str) -> _Shape:
        if not self._has_few_shapes or len(text) > _MOST_CHARACTERS_OF_ONE:
            return "", self._all
        self._uses += 1
        shape = text.translate(_ALIKE)
        known = self._shapes.get(shape)
        if known is None:
            if len(self._shapes) == self._most_shapes or self._characters > _MOST_CHARACTERS:
                self._has_few_shapes = self._uses >= _LEAST_USES * len(self._shapes)
                self._shapes.clear()
                self._characters = self._uses = 0
            known = self._shapes[shape] = {}
            self._characters += len(shape)
        return shape, known


def _has_any(anchors: Iterable[str], text: str) -> bool:
    for anchor in anchors:  # noqa: SIM110 - `any` over a generator takes twice as long, here in the innermost loop
        if anchor in text:
            return True
    return False
