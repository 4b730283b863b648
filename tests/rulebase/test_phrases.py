"""Phrases are found as they are written, at a price that hostile text cannot drive up."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillogdiag.rulebase import load_rules
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


@pytest.mark.parametrize("piece", ["ip", "blocked ", "too many ", "550 ", "from ip host server "])
def test_matching_takes_no_longer_on_hostile_text(piece: str) -> None:
    rules = load_rules().rules
    index = PhraseIndex({phrase for rule in rules for phrase in rule.when.phrases})
    text = piece * (8192 // len(piece))

    start = time.process_time()
    index.find(text)

    assert time.process_time() - start < 0.5
