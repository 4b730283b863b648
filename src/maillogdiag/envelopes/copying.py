"""What terminals, pagers, web pages and Markdown add to a log on its way into a file; taken off again."""

from __future__ import annotations

from maillogdiag.expressions import expression

# ESC itself, less's and journalctl's "^[", rsyslog's "#033", or nothing at all where a browser dropped it.
_COLOUR = expression(r"(?:\x1b|\^\[|#033)\[[0-9;?]{0,20}[A-Za-z]|\[(?:0|39|[01];[39]\d|[39]\d)m")
_LINK_OF_TERMINAL = expression(r"\x1b\]8;[^\x07\x1b]{0,2000}(?:\x07|\x1b\\)")
# Papertrail's copies: [social](https://papertrailapp.com/…)
_LINK = expression(r"\[([^\[\]\s]{1,200})\]\(https?://[^()\s]{1,500}\)")
# Odoo.sh and other viewers glue their time to the line.
_VIEWER_TIME = expression(r"\d{1,2}/\d{1,2}/\d{4} \d\d:\d\d:\d\d(?=\S|  )")
_FENCE = expression(r"\s{0,8}(?:```|~~~)\w{0,20}\s*$")
# A copy made in Markdown: a quote's ">", a code block's blanks; only in front of what must be a line's beginning.
# A traceback may be indented in the log itself.
_QUOTE = r"(?:> ?){1,3} {0,8}"
_INDENT = expression(
    rf"(?P<indent>{_QUOTE}(?=Traceback \(|Exception Type:)|(?:{_QUOTE}|[ \t]{{1,8}})"
    r"(?=\d{4}-\d\d-\d\d[T ]\d\d:|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:"
    r"|\[(?:ActiveJob|pod/|\d{4}/\d\d/\d\d)|[A-Z], \[\d{4}-|\{\"(?:level|timestamp|log|reqId)\"|[\w.-]{1,60} +\| ))"
)
# A page's source, as far as it may be taken back: no entity makes a line break.
_ENTITIES = {"&quot;": '"', "&#x27;": "'", "&#39;": "'", "&lt;": "<", "&gt;": ">", "&amp;": "&"}
_ENTITY = expression("|".join(_ENTITIES))
_SURE_ENTITIES = ("&quot;", "&#x27;", "&#39;", "&lt;")
_MOST_CHARACTERS = 64 * 1024


def without_colours(text: str) -> str:
    """Return `text` without ANSI colour, in all the spellings that logs have of it."""
    is_coloured = "\x1b" in text or "^[[" in text or "#033[" in text or "[0m" in text
    if not is_coloured or len(text) > _MOST_CHARACTERS:
        return text
    return _LINK_OF_TERMINAL.sub("", _COLOUR.sub("", text))


class CopyCleaner:
    """Cleans the lines of one source; learns how deep the copy is indented."""

    def __init__(self) -> None:
        self._indent = ""

    @property
    def is_indented(self) -> bool:
        """Whether a line was that the copy had indented."""
        return bool(self._indent)

    def clean(self, text: str) -> str:
        """Return the line as it was before it was copied."""
        if len(text) > _MOST_CHARACTERS:
            return text
        if "[" in text:
            text = without_colours(text)
            if "](http" in text:
                text = _LINK.sub(r"\1", text)
        # What has an entity beside the character itself is no page's source, but a log that quotes one.
        if "&" in text and '"' not in text and any(entity in text for entity in _SURE_ENTITIES):
            text = _ENTITY.sub(lambda found: _ENTITIES[found[0]], text)
        start = text[:1]
        if start.isdigit() and "/" in text[1:3] and (stamp := _VIEWER_TIME.match(text)):
            return text[stamp.end() :]
        if start in ("`", "~", " ", "\t", ">"):
            return self._unquoted(text)
        return text

    def _unquoted(self, text: str) -> str:
        if _FENCE.match(text):
            return ""
        if found := _INDENT.match(text):
            self._indent = found["indent"]
        if self._indent and text.startswith(self._indent):
            text = text[len(self._indent) :]
        return text.strip("`") if text[:1] == "`" else text
