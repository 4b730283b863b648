"""The members of a JSON object in a log line, even where it is cut off or has raw line breaks in a string."""

from __future__ import annotations

import json
import re

from maillogdiag.expressions import expression

_DECODER = json.JSONDecoder(strict=False)
_MEMBER = expression(
    r'"(?P<key>[A-Za-z_]{1,40})"\s?:\s?(?:"(?P<text>(?:[^"\\]|\\.)*)"?|(?P<number>-?\d[\d.eE+-]{0,30}))'
)
_ESCAPE = expression(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


def read_members(text: str) -> dict[str, object]:
    """Return the members of the object that `text` begins with; of a broken one those that can be made out.

    A broken object yields its texts and numbers, those of inner objects among them, all as str.
    """
    try:
        loaded, _ = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return {
            found["key"]: unescape(found["text"]) if found["text"] is not None else found["number"]
            for found in _MEMBER.finditer(text)
        }
    return loaded if isinstance(loaded, dict) else {}


def unescape(text: str) -> str:
    """Take off a string literal's backslashes; `\\u` stays as it is."""
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[0] if found[1] == "u" else found[1]), text)
