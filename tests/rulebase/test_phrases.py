"""Phrases are found as they are written, at a price that hostile text cannot drive up."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillogdiag.rulebase.phrases import PhraseIndex, occurs


def test_a_star_spans_at_most_eighty_characters() -> None:
    assert occurs("from*to", f"from {'x' * 70} to")
    assert not occurs("from*to", f"from {'x' * 90} to")


@pytest.mark.parametrize("text", ["spf", "the spf record", "[spf] failed", "no spf."])
def test_a_blank_at_the_end_of_a_phrase_is_the_edge_of_a_word(text: str) -> None:
    assert occurs(" spf ", text)


@pytest.mark.parametrize("text", ["bl.spfbl.net", "spfail", "xspf"])
def test_a_part_of_a_word_is_not_the_word(text: str) -> None:
    assert not occurs(" spf ", text)


PHRASES = st.lists(st.text("ab* ", min_size=3, max_size=8).filter(lambda text: text.strip("* ")), max_size=8)


@given(PHRASES, st.text("ab ", max_size=40))
def test_the_index_finds_what_looking_for_each_phrase_finds(phrases: list[str], text: str) -> None:
    expected = {phrase for phrase in phrases if occurs(phrase, text)}

    assert expected == PhraseIndex(phrases).find(text)


class LookedThrough(str):
    """A text that counts how often something is looked for in it."""

    looks = 0

    def find(self, *arguments: Any) -> int:
        self.looks += 1
        return super().find(*arguments)


def test_hostile_text_is_not_looked_through_without_end() -> None:
    text = LookedThrough("blocked by " * 1_000)

    assert not occurs("blocked*for ever", text)
    assert text.looks < 50
