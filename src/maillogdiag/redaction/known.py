"""Values that one place gave away, replaced where another shows them without any sign: a user's name in a path."""

from __future__ import annotations

import re

from maillogdiag.expressions import expression
from maillogdiag.redaction.hosts import registered_domain, replace_host
from maillogdiag.redaction.kinds import Kind
from maillogdiag.redaction.mapping import STAND_IN, RedactionMap
from maillogdiag.redaction.marked_text import MarkedText

_TOKEN = expression(r"\w[\w.+-]*")
_WORD = expression(r"[^\W_]+")


def replace_known(text: MarkedText, mapping: RedactionMap) -> None:
    """Replace in `text` what `mapping` knows and what stands alone, and host names below a domain that it knows."""
    for password, stand_in in mapping.passwords.items():
        if password in text.text:
            _replace_everywhere(text, password, stand_in)
    if mapping.words:
        text.sub(_TOKEN, lambda token: _replace_token(token[0], mapping))


def _replace_everywhere(text: MarkedText, value: str, stand_in: str) -> None:
    text.sub(expression(re.escape(value)), lambda _: stand_in)


def _replace_token(token: str, mapping: RedactionMap) -> str:
    if STAND_IN.fullmatch(token):
        return token
    core = token.rstrip(".-+")
    rest = token[len(core) :]
    lower = core.casefold()
    if lower in mapping.words:
        return mapping.words[lower] + rest
    if "." in lower and (Kind.DOMAIN, registered_domain(lower)) in mapping.stand_ins:
        return replace_host(core, mapping) + rest
    return _WORD.sub(lambda word: mapping.words.get(word[0].casefold(), word[0]), token)
