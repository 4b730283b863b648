"""Which grammars may read an entry: those of which an anchor stands in it.

To look for some 250 anchors one by one takes longer than to read most entries. But the entries of a log are of few
shapes: where whatever may be part of a number or an id is made alike, most equal another one. An anchor that is not
in the shape, made alike as well, is not in the entry; so only the few that are in it are looked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from maillogdiag.grammars.interface import Grammar

_Asked = tuple[Grammar, tuple[str, ...]]

_ALIKE = "".join("0" if chr(code) in "0123456789abcdef" else chr(code) for code in range(128))
# Most entries are read by one of the first grammars: their anchors are looked for at once.
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
        self._first = tuple((grammar, grammar.anchors) for grammar in grammars[:_FIRST])
        self._others = tuple((grammar, grammar.anchors) for grammar in grammars[_FIRST:])
        self._alike = tuple(
            (grammar, [(anchor, anchor.translate(_ALIKE)) for anchor in anchors]) for grammar, anchors in self._others
        )
        self._most_shapes = most_shapes
        self._shapes: dict[str, tuple[_Asked, ...]] = {}
        self._characters = 0
        self._uses = 0
        self._has_few_shapes = True

    def grammars_for(self, text: str) -> Iterator[Grammar]:
        """Yield the grammars that have an anchor in `text`, in their order."""
        for grammar, anchors in self._first:
            if _has_any(anchors, text):
                yield grammar
        may_be_known = self._has_few_shapes and len(text) <= _MOST_CHARACTERS_OF_ONE
        for grammar, anchors in self._possible(text) if may_be_known else self._others:
            if _has_any(anchors, text):
                yield grammar

    def _possible(self, text: str) -> tuple[_Asked, ...]:
        """The other grammars, with those of their anchors that may stand in `text`."""
        self._uses += 1
        shape = text.translate(_ALIKE)
        known = self._shapes.get(shape)
        if known is None:
            if len(self._shapes) == self._most_shapes or self._characters > _MOST_CHARACTERS:
                self._has_few_shapes = self._uses >= _LEAST_USES * len(self._shapes)
                self._shapes.clear()
                self._characters = self._uses = 0
            found = (
                (grammar, tuple(anchor for anchor, alike in anchors if alike in shape))
                for grammar, anchors in self._alike
            )
            known = self._shapes[shape] = tuple(one for one in found if one[1])
            self._characters += len(shape)
        return known


def _has_any(anchors: Iterable[str], text: str) -> bool:
    for anchor in anchors:  # noqa: SIM110 - `any` over a generator takes twice as long, here in the innermost loop
        if anchor in text:
            return True
    return False
