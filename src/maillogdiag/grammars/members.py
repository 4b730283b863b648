"""The members of a JSON object in a log line, even where it is cut off or has raw line breaks in a string."""

from __future__ import annotations

import json
import re

from maillogdiag.expressions import expression

_DECODER = json.JSONDecoder(strict=False)
_MEMBER = expression(
    r'"(?P<key>[A-Za-z_]{1,40})"\s?:\s?(?:"(?P<text>(?:[^"\\]|\\.)*)"?|(?P<number>-?\d[\d.eE+-]{0,30}))'
)
# A pair of \\u stands for one character beyond the first 65,536.
_ESCAPE = expression(r"(?:\\u[0-9A-Fa-f]{4}){1,400}|\\(.)", re.DOTALL)
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
    """Take off a string literal's backslashes."""
    return _ESCAPE.sub(_meaning, text)


def _meaning(escape: re.Match[str]) -> str:
    if escape[1] is None:
        return str(json.loads(f'"{escape[0]}"')).encode("utf-8", "replace").decode()
    return _ESCAPED.get(escape[1], escape[1])
