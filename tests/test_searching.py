"""Searching each shape of lines once finds the same lines as searching each line."""

from __future__ import annotations

import re
import tracemalloc

from hypothesis import given, settings
from hypothesis import strategies as st

from maillogdiag.grammars.registry import load_grammars
from maillogdiag.searching import of_shapes, scanner_of

WORDS = tuple(dict.fromkeys(anchor for grammar in load_grammars() for anchor in grammar.anchors))
CASELESS = ("smtp", "mail server", "delivery of e-mail")
DULL = (" WARN: /",)
NO_HEAD = rb"(?!)"

ids = st.one_of(
    st.text("0123456789abcdef", min_size=1, max_size=30),
    st.text("0123456789abcdefghijklmnopqrstuvwxyz", min_size=26, max_size=26),
    st.uuids().map(str),
    st.from_regex(r"\d{1,6}\.\d{3}", fullmatch=True),
    st.sampled_from(WORDS + CASELESS).map(lambda word: (word + "0123456789abcdef" * 2)[:26]),
)
# Words, and their parts, next to ids in every way.
pieces = (
    ids
    | st.sampled_from(WORDS + CASELESS)
    | st.sampled_from(WORDS).flatmap(lambda word: st.integers(1, len(word)).map(lambda cut: word[:cut]))
    | st.sampled_from(
        ["=", "/", " WARN: /", '"', " ", ":", "-", "(", ".", "_", "é", "2026-11-02 10:25:00,123 ", "T10:25"]
    )
)
lines = st.lists(pieces, max_size=6).map("".join)


def holds_a_word(line: str) -> bool:
    telling = line.replace(" WARN: /", "\n/")
    timeless = re.sub(r"(?<=[: ][0-9]{2}):25|(?<=[0-9]T[0-9]{2}):25", "", telling)
    words = any(word in telling for word in WORDS if word != ":25") or any(word in line.lower() for word in CASELESS)
    return words or ":25" in timeless


def lines_found(block: bytes, ends: list[int]) -> set[int]:
    return {block.count(b"\n", 0, end - 1) for end in ends}


@settings(max_examples=200)
@given(st.lists(lines, min_size=1, max_size=12))
def test_no_word_is_hidden_by_an_id(texts: list[str]) -> None:
    block = "".join(text + "\n" for text in texts * 2).encode()  # the second time their shapes are known
    expected = {number for number, text in enumerate(texts * 2) if holds_a_word(text)}

    assert lines_found(block, of_shapes(WORDS, CASELESS, DULL, NO_HEAD)(block)) == expected
    assert lines_found(block, scanner_of(WORDS, CASELESS, DULL, NO_HEAD)(block)) == expected


def test_words_of_plug_ins_are_found_next_to_ids_and_within_what_is_dull() -> None:
    words = (" WARN: ", "\u00dc=ab", "tid=1 WARN", "WARN: /srv")

    for line in ("x \u00dc=ab0123456789 y", "x tid=1 WARN: /srv/a.rb:7", "x WARN: /srv/a.rb:7"):
        block = f"{line}\n".encode()
        assert {0} == lines_found(block, of_shapes(words, (), DULL, NO_HEAD)(block))
        assert {0} == lines_found(block, scanner_of(words, (), DULL, NO_HEAD)(block))


def test_a_log_of_long_lines_of_which_none_is_like_another_takes_little_memory() -> None:
    scan = of_shapes(("SMTP",), (), (), NO_HEAD)
    tracemalloc.start()
    try:
        for number in range(400):
            scan(f"line {number} {number:08} {'x' * 100_000}\n".encode())
        held_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert held_bytes < 16_000_000
