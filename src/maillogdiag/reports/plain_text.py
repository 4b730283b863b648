"""Log text made harmless to look at: what would act on a terminal or reorder a line is shown as a symbol instead.

A log line is written by strangers. Control characters move a cursor and set titles, bidirectional controls turn
`gpj.exe` into `exe.jpg`, characters without width hide what differs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from maillogdiag.expressions import expression

# C0 but tab and line feed, DEL and C1, soft hyphen, Arabic letter mark, zero-width and bidi controls, line and
# paragraph separators, invisible operators, variation selectors, byte order mark, lone surrogates, tag characters.
INVISIBLE = expression(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Characters that must not reach a reader's screen as they are."""

# Plain web addresses only, so that nothing else ("javascript:") can ever become a link.
_WEB_ADDRESS = expression(r"https?://[A-Za-z0-9.-]{1,253}(?:/[\w./?=&%#~+-]{0,1000}[\w/=])?", re.ASCII)
_CARRIAGE_RETURN = expression(r"\r+(?=\n|$)")


def visible(text: str) -> str:
    """Return `text` with invisible and acting characters as symbols: ESC as ␛, U+202E as ⟨U+202E⟩.

    Tabs and line feeds stay; a carriage return before a line's end goes.
    """
    return INVISIBLE.sub(_symbol, _CARRIAGE_RETURN.sub("", text))


def visible_line(text: str) -> str:
    """Return `text` as one visible line: runs of white space become one blank."""
    return " ".join(visible(text).split())


def marked_parts(text: str, marks: Iterable[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    """Cut `text` at its marks; yield each visible part and whether it is marked.

    Marks that overlap, run backwards or lie outside are cut to what makes sense: they may come from a file.
    """
    at = 0
    for start, end in sorted(marks):
        start, end = max(start, at), min(end, len(text))
        if start >= end:
            continue
        if start > at:
            yield visible(text[at:start]), False
        yield visible(text[start:end]), True
        at = end
    if at < len(text):
        yield visible(text[at:]), False


def split_links(text: str) -> Iterator[tuple[str, bool]]:
    """Cut `text` at its web addresses; yield each part and whether it is one.

    For what rules say, never for log text.
    """
    at = 0
    for found in _WEB_ADDRESS.finditer(text):
        yield text[at : found.start()], False
        yield found[0], True
        at = found.end()
    yield text[at:], False


def clip(text: str, most: int) -> str:
    """Return `text` cut to at most `most` characters, with an ellipsis where it was cut."""
    return text if len(text) <= most else text[: most - 2] + " …"


def _symbol(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return f"⟨U+{code:04X}⟩"
