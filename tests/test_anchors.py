"""Which grammars are asked of an entry: those of which an anchor stands in it, whatever was asked of others before."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from maillogdiag.anchors import Anchors
from maillogdiag.grammars.interface import Grammar

# Of few letters, some of which ids have as well: texts hold anchors, or shapes of anchors that they do not hold.
words = st.text("b3: :é", min_size=1, max_size=4)
texts = st.text("b3: :é\n", max_size=12)


@given(
    each=st.lists(st.lists(words, min_size=1, max_size=3), min_size=4, max_size=7),
    entries=st.lists(texts, max_size=20),
    most_shapes=st.integers(1, 5),
)
def test_those_are_asked_of_which_an_anchor_is_in_the_text(
    each: list[list[str]], entries: list[str], most_shapes: int
) -> None:
    grammars = [cast(Grammar, SimpleNamespace(anchors=tuple(some))) for some in each]
    asked = Anchors(grammars, most_shapes)

    for text in entries:
        assert list(asked.grammars_for(text)) == [one for one in grammars if any(word in text for word in one.anchors)]
