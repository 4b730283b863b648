"""Named parts of a text that a pyparsing grammar matches, as plain strings.

A grammar of regular expressions in sequence, optional, or as alternatives is turned into one regular expression,
which takes a tenth of the time. Atomic groups keep pyparsing's way: what has matched is never tried otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, cached_property

import pyparsing as pp

from maillogdiag.expressions import expression

_GROUP = expression(r"\\.|\(\?P<(?P<name>\w+)>|\(\?P=(?P<again>\w+)\)|\(\?\((?P<asked>\w+)\)", re.DOTALL)
_OWN_FLAGS = expression(r"\(\?(?P<flags>[aimsx]+)\)")
_NUMBERED_GROUP = expression(r"(?<!\\)\\[1-9]")
_LETTERS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s", re.VERBOSE: "x", re.ASCII: "a"}


class Delayed:
    """A grammar that is put together when it is first used.

    pyparsing compiles the expressions of a sequence or of alternatives while it puts them together, which takes as long
    as reading a hundred lines; and one log needs few of all applications' grammars.

    Args:
        build: puts it together.
    """

    def __init__(self, build: Callable[[], pp.ParserElement]) -> None:
        self._build = build

    @cached_property
    def grammar(self) -> pp.ParserElement:
        """The grammar itself."""
        return self._build()


def parse_parts(grammar: pp.ParserElement | Delayed, text: str) -> dict[str, str] | None:
    """Return the named parts of what `grammar` matches at the start of `text`; None where it doesn't.

    Parts that a match left out are left out; an empty one is an empty text.
    """
    expression = _expression_of(grammar)
    if expression is None:
        return _parsed(grammar, text)
    found = expression.pattern.match(text.expandtabs() if "\t" in text and not expression.keeps_tabs else text)
    if found is None:
        return None
    return {name: said for name, said in zip(expression.names, found.groups(), strict=True) if said is not None}


def _parsed(grammar: pp.ParserElement | Delayed, text: str) -> dict[str, str] | None:
    """The same through pyparsing itself."""
    try:
        parsed = _built(grammar).parse_string(text)
    except pp.ParseException:
        return None
    return {name: value for name, value in parsed.as_dict().items() if isinstance(value, str)}


class _Expression:
    """A grammar as one regular expression.

    Args:
        grammar: what to turn into one.

    Attributes:
        names: of the parts, in the order of the match's groups; several alternatives may have parts of one name.

    Raises:
        ValueError: it holds something that no regular expression can express, or groups without a name.
    """

    def __init__(self, grammar: pp.ParserElement) -> None:
        self._names: dict[str, str] = {}
        self.keeps_tabs = grammar.keepTabs
        self.pattern = re.compile(self._of(grammar))
        self.names = tuple(self._names[group] for group in self.pattern.groupindex)
        if self.pattern.groups != len(self.names):
            raise ValueError(grammar)

    def _of(self, element: pp.ParserElement) -> str:
        if element.parseAction or element.ignoreExprs:
            raise ValueError(element)
        blanks = f"[{re.escape(''.join(sorted(element.whiteChars)))}]*+" if element.skipWhitespace else ""
        if type(element) is pp.And and element.resultsName:
            raise ValueError(element)  # a list of tokens, not a text
        inside = f"(?>{self._inside(element)})"
        if element.resultsName:
            inside = f"(?P<{self._group(element.resultsName)}>{inside})"
        # What is left out has no part of that name.
        return f"{blanks}(?>{inside}?)" if type(element) is pp.Opt else blanks + inside

    def _inside(self, element: pp.ParserElement) -> str:
        # Exactly these classes: what is derived of them may work otherwise.
        if type(element) is pp.Regex:
            return self._of_regex(element)
        if type(element) is pp.And:
            return "".join(self._of(part) for part in element.exprs)
        if type(element) is pp.MatchFirst:
            return "|".join(self._of(part) for part in element.exprs)
        if type(element) is pp.Opt:
            return self._of(element.expr)
        raise ValueError(element)

    def _of_regex(self, element: pp.Regex) -> str:
        pattern = element.pattern
        if not isinstance(pattern, str) or _NUMBERED_GROUP.search(pattern):
            raise ValueError(element)
        flags = "".join(letter for flag, letter in _LETTERS.items() if element.flags & flag)
        if own := _OWN_FLAGS.match(pattern):
            flags, pattern = flags + own["flags"], pattern[own.end() :]
        groups: dict[str, str] = {}

        def renamed(found: re.Match[str]) -> str:
            if name := found["name"]:
                groups[name] = self._group(name)
                return f"(?P<{groups[name]}>"
            if again := found["again"]:
                return f"(?P={groups[again]})"
            if asked := found["asked"]:
                return f"(?({groups[asked]})"
            return found[0]

        return f"(?{flags}:{_GROUP.sub(renamed, pattern)})"

    def _group(self, name: str) -> str:
        group = f"{name}_{len(self._names)}"
        self._names[group] = name
        return group


@cache
def _expression_of(grammar: pp.ParserElement | Delayed) -> _Expression | None:
    try:
        return _Expression(_built(grammar))
    except (ValueError, re.error):
        return None


def _built(grammar: pp.ParserElement | Delayed) -> pp.ParserElement:
    return grammar.grammar if isinstance(grammar, Delayed) else grammar
