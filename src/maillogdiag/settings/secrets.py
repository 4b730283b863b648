"""Passwords: only whether they are set, and which typical faults they have, is ever kept."""

from __future__ import annotations

import re

from maillogdiag.expressions import expression
from maillogdiag.settings.model import Raw

BLANK = "with a blank at its start or end"
QUOTES = "with quotes that count as part of it"
UNQUOTED = "with $ or # outside of single quotes"
PLACEHOLDER = "still the example's words"
SPACED = "with blanks inside"

SET = "(set)"

_MASK = expression(r"\*{4,}")
_PLACEHOLDER = expression(
    r"<.*>|\[.*\]|(?:(?:your|my|the|some|smtp|e?mail|app|gmail|user)[ _-]?){0,4}(?:pass(?:word|wd)?|pw|secret)"
    r"(?:[ _-]?here)?|"
    r"change[ _-]?(?:me|this|it)|x{3,}(?:[ -]x{3,}){0,5}|\.{3,}|\*{1,3}|todo|example|none|null",
    re.IGNORECASE,
)
_APP_PASSWORD = expression(r"[a-z]{4}(?:[ \xa0][a-z]{4}){3}")
_DOLLAR = expression(r"(?<![$\\])\$(?!\$)")


def describe_secret(raw: Raw) -> tuple[str | None, tuple[str, ...]]:
    """Return what may be kept of a password: "(set)", "" or None (computed), and its faults.

    The stars that a support packet has in its place are a password without faults.
    """
    value = raw.value
    if value is None or not value.strip():
        return value and "", ()
    if _MASK.fullmatch(value):
        return SET, ()
    inner = value.strip()
    found = (
        (BLANK, value != inner),
        (QUOTES, len(inner) > 1 and inner[0] in "\"'" and inner[-1] == inner[0]),
        (UNQUOTED, raw.is_expanded and bool(_DOLLAR.search(inner) or "#" in inner)),
        (PLACEHOLDER, bool(_PLACEHOLDER.fullmatch(inner.strip("\"'")))),
        (SPACED, bool(_APP_PASSWORD.fullmatch(inner.strip("\"'")))),
    )
    return SET, tuple(fault for fault, is_there in found if is_there)
