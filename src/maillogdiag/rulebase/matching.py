"""Whether a rule applies to a failure, and how specifically. No regular expressions: time is linear."""

from __future__ import annotations

from functools import lru_cache

from maillogdiag.failures import Failure
from maillogdiag.rulebase.rules import TIER_RANK, Condition, Rule

_GAP = 80
_STARTS = 16


def rank_of(rule: Rule, failure: Failure) -> int | None:
    """Return how specifically `rule` applies, larger is more; None where it does not apply.

    The order is tier, then the number of conditions, then the length of the phrase that matched.
    """
    when = rule.when
    if not _fields_hold(when, failure):
        return None
    length = 0
    text = failure.normal
    if when.text:
        length = max((len(phrase) for phrase in when.text if occurs(phrase, text)), default=0)
        if not length:
            return None
    if not all(occurs(phrase, text) for phrase in when.all):
        return None
    if any(occurs(phrase, text) for phrase in when.none):
        return None
    length += sum(len(phrase) for phrase in when.all)
    return rule.tier * TIER_RANK + when.size * 1_000 + min(length, 999)


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


def _end_of(parts: tuple[str, ...], text: str, at: int) -> int:
    """Where the phrase that begins at `at` ends; -1 where its further parts do not follow."""
    end = at + len(parts[0])
    for part in parts[1:]:
        found = text.find(part, end, end + _GAP + len(part))
        if found < 0:
            return -1
        end = found + len(part)
    return end


def code_holds(pattern: str, code: int) -> bool:
    """Whether `code` is `pattern`: "550" or "500-504"."""
    low, _, high = pattern.partition("-")
    return int(low) <= code <= int(high or low)


def enhanced_holds(pattern: str, enhanced: str) -> bool:
    """Whether `enhanced` is `pattern`: "5.7.8", "x.7.8" (any class) or "5.7.606-649"."""
    wanted, given = pattern.split("."), enhanced.split(".")
    if wanted[0] not in ("x", given[0]) or wanted[1] != given[1]:
        return False
    low, _, high = wanted[2].partition("-")
    return int(low) <= int(given[2]) <= int(high or low)


def _fields_hold(when: Condition, failure: Failure) -> bool:
    exception = (failure.exception or "").replace("::", ".")
    return not (
        (when.app and failure.app not in when.app)
        or (when.provider and failure.provider not in when.provider)
        or (when.phase and failure.phase not in when.phase)
        or (when.port and failure.port not in when.port)
        or (when.code and not (failure.code and any(code_holds(one, failure.code) for one in when.code)))
        or (
            when.enhanced
            and not (failure.enhanced and any(enhanced_holds(one, failure.enhanced) for one in when.enhanced))
        )
        or (
            when.exception and not any(f".{exception}".endswith("." + one.replace("::", ".")) for one in when.exception)
        )
    )


@lru_cache(maxsize=8192)
def _parts(phrase: str) -> tuple[tuple[str, ...], bool, bool]:
    """The phrase's parts between stars, and whether it must begin, and end, at the edge of a word."""
    words = phrase.lower().strip()
    return tuple(part for part in words.split("*") if part), phrase[:1].isspace(), phrase[-1:].isspace()
