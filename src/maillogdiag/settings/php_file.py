"""PHP files: Nextcloud's config.php, read as data. Nothing in it is ever run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from maillogdiag.errors import SourceError
from maillogdiag.expressions import expression
from maillogdiag.settings.model import Raw

_START = expression(r"\$CONFIG\s*=\s*(?:array\s*\(|\[)")
_TOKEN = expression(
    r"""
    (?P<blank>\s+|//[^\n]*|\#[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<text>'(?:[^'\\]|\\.)*(?:'|\Z)|"(?:[^"\\]|\\.)*(?:"|\Z))
    | (?P<arrow>=>)
    | (?P<open>array\s*\(|\[|\()
    | (?P<close>[)\]])
    | (?P<comma>,)
    | (?P<end>;)
    | (?P<word>-?\w+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = expression(r"\\(['\"\\$])")


def is_php_file(text: str) -> bool:
    """Whether `text` is PHP."""
    return text.lstrip().startswith("<?php")


def read_php_file(text: str) -> Iterator[Raw]:
    """Yield the plain values of the list `$CONFIG`; keys of nested lists are joined by dots.

    Of a value that is computed (`getenv(…)`, two texts joined by a dot) only that it is there.

    Raises:
        SourceError: there is no such list, or it is cut off.
    """
    start = _START.search(text)
    if start is None:
        raise SourceError("is PHP without a list $CONFIG; name Nextcloud's config/config.php")
    line = key_line = first_line = text.count("\n", 0, start.end()) + 1
    path, key = [""], ""
    value: list[tuple[str, str]] = []
    for token in _TOKEN.finditer(text, start.end()):
        kind = token.lastgroup or ""
        if kind == "arrow":
            key, value, key_line = _plain(value) or "", [], line
        elif kind == "open" and key and not value:
            path.append(key)
            key = ""
        elif kind == "open":
            value.append((kind, ""))  # a call: its arguments are part of the value, which is computed
            path.append("()")
        elif kind in ("comma", "close"):
            if key and path[-1] != "()":
                yield Raw(".".join([*path[1:], key]), _plain(value), key_line)
            if path[-1] != "()":
                key, value = "", []
            if kind == "close":
                path.pop()
                if not path:
                    return
        elif kind == "end":
            break
        elif kind != "blank":
            value.append((kind, token[0]))
        line += token[0].count("\n")
    raise SourceError(f"is cut off: the list that begins in line {first_line} is not closed; name the whole file")


def _plain(tokens: list[tuple[str, str]]) -> str | None:
    """The value of a single text, number or word; None where it is computed."""
    if len(tokens) != 1:
        return None
    kind, text = tokens[0]
    if kind == "text":
        return _ESCAPE.sub(r"\1", text[1:-1])
    word = text.lower()
    if word in ("true", "false") or word.lstrip("-").isdigit():
        return word
    return "" if word == "null" else None
