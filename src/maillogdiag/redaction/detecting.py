"""What a detector is, and the pieces that many of them are made of."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from maillogdiag.redaction.kinds import Kind
from maillogdiag.redaction.mapping import RedactionMap
from maillogdiag.redaction.vocabulary import words

Replace = Callable[[re.Match[str], RedactionMap], str]


class Detector(NamedTuple):
    """One shape in which personal values occur.

    Args:
        gate: cheap test; the pattern is tried only where one of these occurs in the lower-cased text.
        pattern: bounded, linear, and matching nothing that it made itself.
        replace: what to write instead of a match.
    """

    gate: tuple[str, ...]
    pattern: re.Pattern[str]
    replace: Replace


START = (
    r"(?:(?<![\w.+%\\-])|(?<=\\[nrt])|(?<=\\u00[0-9a-fA-F]{2})|(?<=\\x[0-9a-fA-F]{2})|(?<=%[0-9a-fA-F]{2})"
    r"|(?<=\\)(?![nrt]|u00|x[0-9a-fA-F]{2}))"
)
"""Where a word begins, also behind an escape: the "a" of `\\u003calice`, `\\nalice`, `%3Calice`."""

_QUOTE_FORMS = r"\\{0,15}[\"']|%2[27]|&quot;|&#3[49];"
QUOTE = rf"(?P<quote>{_QUOTE_FORMS})"
"""A quote, behind as many backslashes as the text was wrapped in JSON, or encoded. Close it with `(?P=quote)`."""

EMPTY_VALUES = words(
    """
    nil null none true false yes no on off undefined unset empty [filtered] [redacted] <redacted> [hidden] ***
    """
)
"""Values that say something and belong to nobody."""


def replace_group(kind: Kind, group: str = "value") -> Replace:
    """Return a replacement that puts a stand-in in place of one group and leaves the rest of the match."""

    def replace(match: re.Match[str], mapping: RedactionMap) -> str:
        value = match[group]
        if not value or is_empty(value):
            return match[0]
        start, end = match.start(group) - match.start(), match.end(group) - match.start()
        return match[0][:start] + mapping.stand_in(kind, value) + match[0][end:]

    return replace


def is_empty(value: str) -> bool:
    """Whether a setting's value says that there is none, or was hidden before."""
    return value.casefold() in EMPTY_VALUES or not value.strip("*xX.•-_ ")


_KEY_START = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt])|(?<=%2[2367])|(?<=%3[Ff]))"
_KEY_CLOSED = rf"(?:{_QUOTE_FORMS})?[\])]?"
# What may stand between the sign and the quotation mark: b'x', $'x', SecretStr('x'), string(8) "x", <<"x">>, ["x"].
_WRAPPED = r"(?:[bBfFrRuU$]{1,2}|\w{1,30}\(|string\(\d{1,5}\) ?|<<|\[)?"


def quoted(value: str, most: int) -> str:
    """Return a pattern for `value`, a class of characters, between quotes, at most `most` of them.

    A quote behind a backslash more than the one that opened is part of the value. Where the text breaks off before
    the value is closed, the word that it breaks off in is the value.
    """
    inside = r"(?!(?<!\\)(?P=quote))"
    return (
        rf"{QUOTE}(?P<value>(?:{inside}{value}){{0,{most}}}(?=(?P=quote))|(?:{inside}\S){{1,{most}}}(?=\s*\Z|\n))"
        r"(?P=quote)?"
    )


def keyed(
    keys: str,
    *,
    bare: str = r"[^\s,;&'\"<>(){}\[\]\\][^\s,;&'\"<>)}\]\\]{0,199}",
    value: str = ".",
    most: int = 300,
    is_ending: bool = False,
) -> str:
    """Return a pattern for the value of one of `keys`, in the ways logs and settings write it.

    `key=value`, `key=<value>`, `key="value"`, `"key":"value"` in JSON at any depth and within a URL,
    `'key': 'value'` in Python, `:key=>"value"` in Ruby, `$a['key'] = 'value'`, `s:3:"key";s:5:"value"` and
    `setKey('value')` in PHP. The value is the group "value" or "bare"; see `replace_keyed`.

    Args:
        keys: alternatives, without groups.
        bare: a value without quotes.
        value: a character within quotes.
        most: how many of them there may be.
        is_ending: whether `keys` are only what a key ends in: "password" of SMTP_PASSWORD and emailPassword.
    """
    before = rf"{'' if is_ending else _KEY_START}(?P<key>{keys}){_KEY_CLOSED}\s{{0,3}}"
    blank = r"(?:\s{0,3}|%20|\+)<?"
    return (
        rf"{before}(?:(?:=>|=|%3[Dd]|:|%3[Aa]|\(|;s:\d{{1,5}}:){blank}{_WRAPPED}{quoted(value, most)}"
        rf"|(?:=>|=|%3[Dd]){blank}(?P<bare>{bare}))"
    )


def paired(keys: str) -> str:
    """Return a pattern for a key and its value in one pair of brackets: `('key', 'value')`, `{key,"value"}`."""
    return (
        rf"[({{]\s?(?:{_QUOTE_FORMS})?[\w.:]{{0,60}}?(?P<key>{keys})(?:{_QUOTE_FORMS})?,\s{{0,3}}"
        rf"{_WRAPPED}{quoted('.', 300)}(?P<bare>(?!))?"
    )


def replace_keyed(kind: Kind, value_of: Replace | None = None) -> Replace:
    """Return a replacement for what `keyed` finds.

    Args:
        value_of: asked for the stand-in instead, where it depends on the value.
    """

    def replace(match: re.Match[str], mapping: RedactionMap) -> str:
        group = "bare" if match["bare"] is not None else "value"
        if value_of is None or is_empty(match[group]):
            return replace_group(kind, group)(match, mapping)
        start, end = match.start(group) - match.start(), match.end(group) - match.start()
        return match[0][:start] + value_of(match, mapping) + match[0][end:]

    return replace
