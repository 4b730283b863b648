"""Whether a rule applies to a failure, and how specifically."""

from __future__ import annotations

from maillogdiag.failures import Failure
from maillogdiag.rulebase.rules import TIER_RANK, Condition, Rule


def rank_of(rule: Rule, failure: Failure, found: frozenset[str]) -> int | None:
    """Return how specifically `rule` applies, larger is more; None where it does not apply.

    The order is tier, then the number of conditions, then the length of the phrase that matched.

    Args:
        rule: the rule.
        failure: the failure, its provider recognised.
        found: the phrases of the rule base that occur in the failure's text.
    """
    when = rule.when
    if not _fields_hold(when, failure) or not found.isdisjoint(when.none) or not found.issuperset(when.all):
        return None
    length = 0
    if when.text:
        length = max((len(phrase) for phrase in when.text if phrase in found), default=0)
        if not length:
            return None
    length += sum(len(phrase) for phrase in when.all)
    return rule.tier * TIER_RANK + when.size * 1_000 + min(length, 999)


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
        or (when.setting and failure.setting not in when.setting)
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
