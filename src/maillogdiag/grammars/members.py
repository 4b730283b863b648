"""Named values in a log line: the members of a JSON object, even of a broken one, and logfmt's pairs."""

from __future__ import annotations

import json
import re

from maillogdiag.expressions import expression

_DECODER = json.JSONDecoder(strict=False)
_MEMBER = expression(
    r'"(?P<key>[A-Za-z_]{1,40})"\s?:\s?(?:"(?P<text>(?:[^"\\]|\\.)*)"?|(?P<number>-?\d[\d.eE+-]{0,30}))'
)
_PAIR = expression(r'(?:^|\s)(?P<key>[A-Za-z_]\w{0,40})=(?:"(?P<quoted>(?:[^"\\]|\\.)*)"?|(?P<bare>\S*))')
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


def read_pairs(text: str) -> dict[str, str]:
    """Return the pairs of logfmt in `text`: `key=value key="quoted value"`; of one without quotes the first word."""
    return {
        found["key"]: unescape(found["quoted"]) if found["quoted"] is not None else found["bare"]
        for found in _PAIR.finditer(text)
    }


def unescape(text: str) -> str:
    """Take off a string literal's backslashes."""
    return _ESCAPE.sub(_meaning, text)


def _meaning(escape: re.Match[str]) -> str:
    if escape[1] is None:
        return str(json.loads(f'"{escape[0]}"')).encode("utf-8", "replace").decode()
    return _ESCAPED.get(escape[1], escape[1])
