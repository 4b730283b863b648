"""Finds where one of some three hundred words ends in a block of lines: by hyperscan, or by what lines have in common.

Hyperscan (`pip install 'maillogdiag[fast]'`) searches for all of them at once, at hundreds of megabytes a second.
Python's own tools manage a few, whichever way they search. But a log's lines are of few shapes: without their times and
ids most are alike. So each shape is searched once, and that takes a fraction of the time of reading every line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from itertools import accumulate
from typing import Any

Scanner = Callable[[bytes], list[int]]
"""Takes a block of lines; returns where words in it end, in order: at least the last one of each line."""

# Shapes of a log that has few come back; of one that has many or long ones no more are remembered.
_MOST_SHAPES = 20_000
_MOST_SHAPE_BYTES = 8 * 1024 * 1024
# A port of two digits, which may as well be a part of a time of day: behind ":00", " 00" or "0T00".
_PORT = re.compile(r":\d\d")
_NO_TIME = rb"(?<![: ]\d\d:\d\d)(?<!\dT\d\d:\d\d)"


def scanner_of(words: Iterable[str], caseless: Iterable[str], dull: Iterable[str], head: bytes) -> Scanner:
    """Return what searches for words.

    Args:
        words: case-sensitive, without line breaks. ":25" is none in "10:25:00".
        caseless: without regard to case.
        dull: what begins with a word and means nothing there.
        head: a regular expression of what lines may begin with, where words mean nothing but in its group "kept".
    """
    caseless, dull = tuple(caseless), tuple(dull)
    literals = set(words)
    text = "\n".join(literals)
    # A word that holds another one, which means something wherever it stands, is found with it.
    inside_others = [word for word in literals if text.count(word) > 1 and _is_certain(word, dull)]
    lowered = [word.encode().lower() for word in caseless]
    needed = tuple(
        sorted(
            word
            for word, lower in ((word, word.encode().lower()) for word in literals)
            if not any(one in word and one != word for one in inside_others)
            and not any(one in lower for one in lowered)
        )
    )
    meaningless = tuple(phrase for phrase in dull if _word_of(phrase, needed))
    scanner = of_hyperscan(needed, caseless, meaningless)
    return scanner or of_shapes(needed, caseless, meaningless, head)


def _word_of(phrase: str, words: Iterable[str]) -> str | None:
    """Return the word that a dull phrase begins with; None where another one ends at the same place."""
    found = [word for word in words if phrase.startswith(word)]
    return found[0] if found and not any(word != found[0] and word.endswith(found[0]) for word in words) else None


def _is_certain(word: str, dull: Iterable[str]) -> bool:
    """Whether a word means something wherever it stands."""
    return not _PORT.fullmatch(word) and not any(phrase.startswith(word) for phrase in dull)


def _conditions(words: Iterable[str], dull: Iterable[str]) -> dict[str, bytes]:
    """Return by word, where it does not mean something wherever it stands, an expression of what holds at its end."""
    conditions = {word: _NO_TIME for word in words if _PORT.fullmatch(word)}
    for phrase in dull:
        if word := _word_of(phrase, words):
            conditions[word] = conditions.get(word, b"") + rb"(?!" + re.escape(phrase[len(word) :].encode()) + rb")"
    return conditions


@cache
def of_hyperscan(words: tuple[str, ...], caseless: tuple[str, ...], dull: tuple[str, ...]) -> Scanner | None:
    """Return what searches for all words at once; None without hyperscan. Arguments as for `scanner_of`.

    All are literals: regular expressions take ten times the memory, and some of them a tenth of a second.
    """
    try:
        import hyperscan
    except ImportError:
        return None
    expressions = [_escaped(word) for word in (*words, *caseless)]
    flags = [0] * len(words) + [hyperscan.HS_FLAG_CASELESS] * len(caseless)
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(expressions=expressions, ids=list(range(len(expressions))), flags=flags)
    except hyperscan.error:
        return None
    conditions = {words.index(word): re.compile(held) for word, held in _conditions(words, dull).items()}

    def scan(block: bytes) -> list[int]:
        ends: list[int] = []

        def note(word: int, _start: int, end: int, _flags: int, _context: Any) -> None:
            if word not in conditions or conditions[word].match(block, end):
                ends.append(end)

        database.scan(block, match_event_handler=note)
        return ends

    return scan


def _escaped(word: str) -> bytes:
    """A literal in hyperscan's syntax, byte by byte."""
    return b"".join(b"\\x%02x" % byte for byte in word.encode())


def of_shapes(words: tuple[str, ...], caseless: tuple[str, ...], dull: tuple[str, ...], head: bytes) -> Scanner:
    """Return what searches each shape of lines once; arguments as for `scanner_of`."""
    conditions = _conditions(words, dull)
    wanted = [word.encode() for word in words if word not in conditions]
    wanted_in_lower_case = [word.lower().encode() for word in caseless]
    uncertain = re.compile(rb"|".join(re.escape(word.encode()) + held for word, held in conditions.items()) or rb"(?!)")
    varying = re.compile(rb"(?m)^" + head + rb"|" + _ids([word.encode().lower() for word in (*words, *caseless)]))
    blank = rb"\g<kept> " if "kept" in varying.groupindex else b" "
    shapes: dict[bytes, bool] = {}
    size = 0

    def has_word(shape: bytes) -> bool:
        nonlocal size
        lower = shape.lower()
        found = (
            any(word in shape for word in wanted)
            or any(word in lower for word in wanted_in_lower_case)
            or uncertain.search(shape) is not None
        )
        if len(shapes) < _MOST_SHAPES and size + len(shape) <= _MOST_SHAPE_BYTES:
            shapes[shape] = found
            size += len(shape)
        return found

    def scan(block: bytes) -> list[int]:
        lines = varying.sub(blank, block).split(b"\n")
        found = [known if (known := shapes.get(line)) is not None else has_word(line) for line in lines]
        if True not in found:
            return []
        ends = accumulate(len(line) + 1 for line in block.split(b"\n"))
        return [end - 1 for end, is_hit in zip(ends, found, strict=True) if is_hit]

    return scan


def _ids(words: Iterable[bytes]) -> bytes:
    """Return a regular expression of ids and durations that can neither hold one of `words` nor a part of one.

    Sidekiq's jids and ActiveJob's job ids are hexadecimal, Mattermost's ids have 26 letters and digits.
    """
    letters, hexadecimal = rb"[0-9a-z]+", rb"[0-9a-f]+"
    inside = [word for word in words if re.fullmatch(letters, word)]
    not_behind, not_before = set(), set()
    for word in words:
        if ends := re.fullmatch(rb"(?s)(.*[^0-9a-z_])(" + letters + rb")", word):
            if re.fullmatch(hexadecimal, ends[2]):
                not_behind.add(ends[1])
            if ends[1].endswith((b'"', b"/")):
                inside.append(ends[2])
        if begins := re.fullmatch(rb"(?s)(" + letters + rb")([^0-9a-z_].*)", word):
            if re.fullmatch(hexadecimal, begins[1]):
                not_before.add(begins[2])
            if begins[2].startswith((b'"', b"/")):
                inside.append(begins[1])
    behind = b"".join(b"(?<!(?i:" + re.escape(part) + b"))" for part in sorted(not_behind))
    before = b"".join(b"(?!(?i:" + re.escape(part) + b"))" for part in sorted(not_before))
    others = b"|".join(map(re.escape, sorted(inside)))
    return (
        rb"(?<![\w.:-])"
        + behind
        + rb"(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?=[a-f]*\d)[0-9a-f]{12,})(?!\w)"
        + before
        + rb'|(?<=["/])(?![0-9a-z]*(?:'
        + others
        + rb'))[0-9a-z]{26}(?=["/])|(?<==)\d{1,6}\.\d{3}(?![\w.])'
    )
