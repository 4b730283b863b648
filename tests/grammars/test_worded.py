"""A pattern that waits for a word finds whatever it would find without waiting."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillogdiag import grammars
from maillogdiag.grammars.worded import WordedPattern

PATTERNS = {
    f"{module.name}.{name}": value
    for module in pkgutil.iter_modules(grammars.__path__, "maillogdiag.grammars.")
    for name, value in vars(import_module(module.name)).items()
    if isinstance(value, WordedPattern)
}


@pytest.mark.parametrize("name", PATTERNS)
@given(data=st.data())
def test_no_match_is_without_the_words(name: str, data: st.DataObject) -> None:
    pattern = PATTERNS[name]
    text = data.draw(st.from_regex(pattern.compiled))

    assert pattern.search(text) is not None
