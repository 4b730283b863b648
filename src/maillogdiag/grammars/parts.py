"""Named parts of a text that a pyparsing grammar matches, as plain strings."""

from __future__ import annotations

import pyparsing as pp


def parse_parts(grammar: pp.ParserElement, text: str) -> dict[str, str] | None:
    """Return the named parts of what `grammar` matches at the start of `text`; None where it doesn't.

    Parts that a match left out are left out; an empty one is an empty text.
    """
    try:
        parsed = grammar.parse_string(text)
    except pp.ParseException:
        return None
    return {name: value for name, value in parsed.as_dict().items() if isinstance(value, str)}
