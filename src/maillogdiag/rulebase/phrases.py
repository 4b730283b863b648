"""Phrases: which of a rule base's phrases occur in a text. No regular expressions: time is linear."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

_GAP = 80
_STARTS = 16
_KEY = 4


def occurs(phrase: str, text: str) -> bool:
    """Whether `phrase` stands in `text`.

    "*" in it stands for at most 80 characters; a blank at its start or end stands for the edge of a word.
    """
    parts, at_word_start, at_word_end = _parts(phrase)
    at = text.find(parts[0])
    for _ in range(_STARTS):
        if at < 0:
            return False
        end = _end_of(parts, text, at)
        if (
            end >= 0
            and not (at_word_start and text[at - 1 : at].isalnum())
            and not (at_word_end and text[end : end + 1].isalnum())
        ):
            return True
        at = text.find(parts[0], at + 1)
    return False


class PhraseIndex:
    """Finds the phrases that occur in a text without looking for each: 2,000 phrases cost as much as 50.

    Each phrase is kept under a few characters from its midst; only where the text has these, the phrase itself is
    looked for.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_key: dict[str, list[str]] = {}
        self._short: list[str] = []
        for phrase in phrases:
            part = max(phrase.lower().strip().split("*"), key=len)
            middle = (len(part) - _KEY + 1) // 2
            if len(part) < _KEY:
                self._short.append(phrase)
            else:
                self._by_key.setdefault(part[middle : middle + _KEY], []).append(phrase)

    def find(self, text: str) -> frozenset[str]:
        """Return the phrases that occur in `text`."""
        runs = {text[at : at + _KEY] for at in range(len(text) - _KEY + 1)}
        likely = [phrase for key in self._by_key.keys() & runs for phrase in self._by_key[key]]
        return frozenset(phrase for phrase in (*likely, *self._short) if occurs(phrase, text))


def _end_of(parts: tuple[str, ...], text: str, at: int) -> int:
    """Where the phrase that begins at `at` ends; -1 where its further parts do not follow."""
    end = at + len(parts[0])
    for part in parts[1:]:
        found = text.find(part, end, end + _GAP + len(part))
        if found < 0:
            return -1
        end = found + len(part)
    return end


@lru_cache(maxsize=8192)
def _parts(phrase: str) -> tuple[tuple[str, ...], bool, bool]:
    """The phrase's parts between stars, and whether it must begin, and end, at the edge of a word."""
    words = phrase.lower().strip()
    return tuple(part for part in words.split("*") if part), phrase[:1].isspace(), phrase[-1:].isspace()
