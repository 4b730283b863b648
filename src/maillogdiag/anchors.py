"""Which grammars may read an entry: those of which an anchor stands in it.

To look for some 250 anchors one by one takes longer than to read most entries. But the entries of a log are of few
shapes: where whatever may be part of a number or an id is made alike, most equal another one. An anchor that is not
in the shape, made alike as well, is not in the entry; so only the few that are in it are looked for. A backtrace
comes back more often than the line above it, so that each has a shape of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from maillogdiag.grammars.interface import Grammar

# The anchors that may stand in a text of some shape, of each grammar that was asked for so far.
_Possible = list[tuple[str, ...]]

_ALIKE = "".join("0" if chr(code) in "0123456789abcdef" else chr(code) for code in range(128))
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
        self._most_shapes = most_shapes
        self._shapes: dict[str, _Possible] = {}
        self._characters = 0
        self._uses = 0
        self._has_few_shapes = True

    def first_for(self, text: str) -> Grammar | None:
        """Return the first grammar that has an anchor in `text`, whose shape is not worth remembering."""
        return next((grammar for grammar, anchors, _ in self._grammars if _has_any(anchors, text)), None)

    def grammars_for(self, text: str) -> Iterator[Grammar]:
        """Yield the grammars that have an anchor in `text`, in their order; no anchor has a line break."""
        first, _, further = text.partition("\n")
        parts = [(part, *self._shape_of(part)) for part in (first, further) if part]
        for number, (grammar, anchors, _) in enumerate(self._grammars):
            for part, shape, known in parts:
                if known is not None and len(known) <= number:
                    known += self._possible(shape, len(known), number + 1)
                if _has_any(anchors if known is None else known[number], part):
                    yield grammar
                    break

    def _possible(self, shape: str, begin: int, end: int) -> _Possible:
        """The anchors of some of the grammars that may stand in a text of that shape."""
        return [
            tuple(anchor for anchor, alike in anchors if alike in shape) for _, _, anchors in self._grammars[begin:end]
        ]

    def _shape_of(self, text: str) -> tuple[str, _Possible | None]:
        """The shape of `text`, and what is known of it; nothing is to be remembered where there is none of that."""
        if not self._has_few_shapes or len(text) > _MOST_CHARACTERS_OF_ONE:
            return "", None
        self._uses += 1
        shape = text.translate(_ALIKE)
        known = self._shapes.get(shape)
        if known is None:
            if len(self._shapes) == self._most_shapes or self._characters > _MOST_CHARACTERS:
                self._has_few_shapes = self._uses >= _LEAST_USES * len(self._shapes)
                self._shapes.clear()
                self._characters = self._uses = 0
            known = self._shapes[shape] = []
            self._characters += len(shape)
        return shape, known


def _has_any(anchors: Iterable[str], text: str) -> bool:
    for anchor in anchors:  # noqa: SIM110 - `any` over a generator takes twice as long, here in the innermost loop
        if anchor in text:
            return True
    return False
