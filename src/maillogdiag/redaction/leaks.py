"""The search after rendering: does any replaced value stand in the finished bytes, plain or encoded?"""

from __future__ import annotations

import base64
import html
import json
import quopri
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote

from maillogdiag.redaction.kinds import KIND_WORDS, SECRET_KINDS, Kind
from maillogdiag.redaction.mapping import RedactionMap
from maillogdiag.redaction.vocabulary import is_common_word

_SHORTEST = 5
_SHORTEST_ENCODED = 6


class Leak(NamedTuple):
    """A value that was replaced, and that stands in what was rendered all the same.

    Args:
        kind: in the words of a message, such as "user name".
        value: the value as it was first seen; private.
        is_secret: whether not even a part of it may be shown.
    """

    kind: str
    value: str
    is_secret: bool = False

    def __str__(self) -> str:
        """What it is and how it begins, which finds it in the log without telling it."""
        return self.kind if self.is_secret else f"{self.kind} ({self.value[:2]}…, {len(self.value)} characters)"


def find_leaks(rendered: str | bytes, mapping: RedactionMap) -> list[Leak]:
    """Return the values of `mapping` that `rendered` shows, in the order of the map; empty where all is well.

    Values are looked for as they are and as they look in URLs, HTML, JSON, Base64 and quoted-printable. Words that
    might as well be ours ("anna" is none, "evidence" is one) are not: redaction has replaced them in what came from
    logs, and a renderer adds nothing but our own words.
    """
    text = rendered.decode("utf-8", errors="replace") if isinstance(rendered, bytes) else rendered
    lower = text.casefold()
    return [leak for leak in _searched(mapping) if _occurs(leak.value, text, lower)]


def _searched(mapping: RedactionMap) -> Iterator[Leak]:
    yield from (Leak("mail address" if "@" in value else "host name", value) for value in mapping.addresses)
    for kind, value in mapping.values():
        is_word = value.replace(" ", "").isalpha()  # "Test mail" stands in our advice, too
        if len(value) < _SHORTEST or is_common_word(value) or (is_word and kind not in SECRET_KINDS):
            continue
        # A name in a file's name is replaced there alone; "case-12" may well stand in a log.
        if kind is not Kind.NAME:
            yield Leak(KIND_WORDS[kind], value, kind in SECRET_KINDS)


def _occurs(value: str, text: str, lower: str) -> bool:
    for form in _readable_forms(value):
        if form in lower and re.search(rf"(?<![^\W_]){re.escape(form)}(?![^\W_])", lower):
            return True
    return any(form in text for form in _encoded_forms(value))


def _readable_forms(value: str) -> set[str]:
    folded = value.casefold()
    forms = {
        folded,
        quote(folded, safe=""),
        quote(folded),
        html.escape(folded),
        folded.replace("@", "&#64;"),
        folded.replace("@", "\\u0040"),
        json.dumps(folded)[1:-1],
        quopri.encodestring(folded.encode()).decode("ascii").replace("=\n", ""),
        folded.replace("=", "=3d").replace("@", "=40"),
    }
    return {form.casefold() for form in forms}


def _encoded_forms(value: str) -> Iterator[str]:
    """Base64 of `value` as it looks within a longer text, at each of the three places it can begin."""
    data = value.encode()
    if len(data) < _SHORTEST_ENCODED:
        return
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + data).decode("ascii").rstrip("=")
        # The characters at both ends depend on the neighbours, too.
        yield encoded[(0, 2, 3)[shift] : len(encoded) - (1 if (shift + len(data)) % 3 else 0)]
