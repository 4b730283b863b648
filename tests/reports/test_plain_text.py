from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillogdiag.reports.plain_text import clip, marked_parts, split_links, visible, visible_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a␛[31mb"),
        ("abc\u202egpj.exe", "abc⟨U+202E⟩gpj.exe"),
        ("a\r\nb\r", "a\nb"),
        ("over\rwritten", "over␍written"),
        ("\x00\x7f\x9b", "␀␡⟨U+009B⟩"),
        ("tab\tstays", "tab\tstays"),
        ("\ud800", "\ufffd"),
        ("été 北京 👋", "été 北京 👋"),
    ],
)
def test_acting_characters_become_symbols(text: str, shown: str) -> None:
    assert shown == visible(text)


def test_line_is_one_line() -> None:
    assert "a b c" == visible_line(" a\n\n b\t c ")


@given(st.text(), st.lists(st.tuples(st.integers(-5, 50), st.integers(-5, 50))))
def test_parts_are_the_whole_text_whatever_the_marks(text: str, marks: list[tuple[int, int]]) -> None:
    text = text.replace("\r", "")

    assert visible(text) == "".join(part for part, _ in marked_parts(text, marks))


def test_marked_part_is_what_the_mark_says() -> None:
    assert [("a ", False), ("bad", True), (" c", False)] == list(marked_parts("a bad c", [(2, 5)]))


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://a.example/b?c=d.", ["https://a.example/b?c=d"]),
        ("(http://a.example).", ["http://a.example"]),
        ("javascript:alert(1) data:text/html,x file:///etc/passwd", []),
        ("https://ä.example", []),
    ],
)
def test_only_web_addresses_are_links(text: str, links: list[str]) -> None:
    parts = list(split_links(text))

    assert links == [part for part, is_link in parts if is_link]
    assert text == "".join(part for part, _ in parts)


def test_clip_says_that_it_cut() -> None:
    assert ("abc", "a …") == (clip("abc", 3), clip("abcd", 3))
