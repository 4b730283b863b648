"""Peels line after line of one source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from maillogdiag.envelopes.apache import APACHE_ENVELOPES
from maillogdiag.envelopes.containers import CONTAINER_ENVELOPES
from maillogdiag.envelopes.copying import CopyCleaner
from maillogdiag.envelopes.iso import ISO_ENVELOPES
from maillogdiag.envelopes.objects import OBJECT_ENVELOPES
from maillogdiag.envelopes.peeled import Envelope, Peeled
from maillogdiag.envelopes.prefixes import Prefixes
from maillogdiag.envelopes.syslog import SYSLOG_ENVELOPES
from maillogdiag.expressions import expression
from maillogdiag.records import Kind
from maillogdiag.times import aware

_ENVELOPES = (*SYSLOG_ENVELOPES, *ISO_ENVELOPES, *CONTAINER_ENVELOPES, *OBJECT_ENVELOPES, *APACHE_ENVELOPES)
_MOST_LAYERS = 4
_TAIL_HEADER = expression(r"==> (?P<file>.{1,500}) <==\s*$")
# journalctl indents the further lines of an entry by the width of "Nov  3 18:05:55 h p: "; no less is a time.
_LEAST_INDENT = 16
_MOST_HEADERS = 512
# Lines that are longer together are peeled one by one, and what is longer does not repeat.
_MOST_WHOLE, _MOST_REMEMBERED = 64 * 1024, 400
# Sidekiq's, ActiveJob's, Zulip's and Mattermost's own heads: behind these there is no further envelope.
_NO_ENVELOPE = expression(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?:pid=|\d{1,8} TID-)|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d{3} "
    r"|\[ActiveJob\] |\{\"(?:timestamp\":\"\d{4}-\d\d-\d\d |level\":)"
)


def _is_bare(text: str) -> bool:
    """Whether a line that is not its entry's first has nothing to be taken off: the frames of backtraces repeat."""
    return _looks_bare(text) if len(text) <= _MOST_REMEMBERED else _looks_bare.__wrapped__(text)


@lru_cache(maxsize=512)
def _looks_bare(text: str) -> bool:
    return (
        CopyCleaner().clean(text) == text
        and not text.startswith("==> ")
        and not any(envelope.pattern.match(text) for envelope in _ENVELOPES)
    )


class Peeler:
    """Peels the lines of one source; remembers the envelopes it met, so that the next line is quick.

    Args:
        reference: a time no entry is later than (the file's last change), which tells the year where none is logged.
    """

    def __init__(self, reference: datetime) -> None:
        self.reference = aware(reference)
        self._envelopes: dict[str, list[Envelope]] = {}
        self._headers: dict[str, Peeled] = {}
        self._cleaner = CopyCleaner()
        self._prefixes = Prefixes()
        self._formats: dict[str, int] = {}
        self._file: str | None = None
        self._last: Peeled | None = None
        self._indent = 0

    def __getstate__(self) -> dict[str, object]:
        """What later lines depend on, for another process: not what was counted, nor what makes it quick."""
        return {**self.__dict__, "_envelopes": {}, "_headers": {}, "_formats": {}}

    @property
    def formats(self) -> Mapping[str, int]:
        """How many lines had which envelopes."""
        return self._formats

    def peel(self, raw: str) -> Peeled | None:
        """Return the line without its envelopes; None where it is no content (the headers of `tail`)."""
        first = raw[:1]
        if first == " " and self._last and raw[: self._indent].isspace() and raw[self._indent :]:
            return self._last._replace(text=raw[self._indent :], is_partial=False, continues=True)
        if first == "=" and (header := _TAIL_HEADER.match(raw)):
            self._file, self._last = header["file"], None
            return None
        text = self._cleaner.clean(raw)
        outer = Peeled(text, unit=self._file)
        peeled = self._known(text) or outer
        for _ in range(_MOST_LAYERS):
            if _NO_ENVELOPE.match(peeled.text):
                break
            inner = self._unpack(peeled) or (self._prefixes.take_off(peeled) if peeled is outer else None)
            if inner is None:
                break
            peeled = inner
        self._formats[peeled.format] = self._formats.get(peeled.format, 0) + 1
        self._indent = len(raw) - len(peeled.text)
        self._last = peeled if peeled is not outer and self._indent >= _LEAST_INDENT else None
        return peeled

    def peel_further(self, texts: Sequence[str], first: Peeled, kind: Kind) -> str | None:
        """Return the text of several lines.

        Args:
            texts: the lines, of which only the first one has been peeled.
            first: what that one is.
            kind: what they are.

        Returns:
            None where the lines have not all the same envelope, or more may have to be taken off them.
        """
        text = first.text
        if first.is_partial or not texts[0].endswith(text) or self._cleaner.is_indented or self._prefixes.are_known:
            return None
        if len(texts) == 1:
            return text
        header = texts[0].removesuffix(text)
        further = [line[len(header) :] for line in texts[1:] if line.startswith(header)]
        whole = "\n".join([text, *further])
        if len(further) < len(texts) - 1 or len(whole) > _MOST_WHOLE or "#01" in whole or "blob data]" in whole:
            return None
        if kind == "routine":  # an entity ("&") is taken back or not, line by line
            is_bare = "&" not in whole and self._cleaner.clean(whole) == whole
        else:
            is_bare = all(map(_is_bare, further))
        if not is_bare:
            return None
        self.count(first.format, len(further))
        return whole

    def count(self, format: str, lines: int) -> None:
        """Count lines of a format that nobody had to peel."""
        self._formats[format] = self._formats.get(format, 0) + lines

    @property
    def format(self) -> str:
        """The envelopes that most lines had."""
        return max(self._formats, key=lambda name: self._formats[name], default="plain")

    def _known(self, text: str) -> Peeled | None:
        """The line without its header, where one before it had the same: a second has many lines."""
        header = text[: text.find(": ") + 2]
        known = self._headers.get(header) if self._file is None else None
        return Peeled(text[len(header) :], *known[1:]) if known and "#01" not in text else None

    def _learn(self, inner: Peeled, text: str) -> None:
        header = text[: text.find(": ") + 2]
        if inner.text == text[len(header) :]:
            if len(self._headers) >= _MOST_HEADERS:
                self._headers.clear()
            self._headers[header] = inner._replace(text="")

    def _unpack(self, outer: Peeled) -> Peeled | None:
        text = outer.text
        first = text[:1]
        kind = "0" if first.isdigit() else "a" if first.isalpha() else first
        envelopes = self._envelopes.get(kind)
        if envelopes is None:
            envelopes = self._envelopes[kind] = [one for one in _ENVELOPES if kind and kind in one.first]
        for number, envelope in enumerate(envelopes):
            found = envelope.pattern.match(text)
            inner = envelope.unpack(found, outer, self.reference) if found else None
            if inner is not None:
                if number:
                    envelopes.insert(0, envelopes.pop(number))
                if envelope.is_header and outer.format == "plain" and outer.unit is None:
                    self._learn(inner, text)
                return inner
        return None
