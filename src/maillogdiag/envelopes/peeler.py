"""Peels line after line of one source."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from maillogdiag.envelopes.containers import CONTAINER_ENVELOPES
from maillogdiag.envelopes.copying import CopyCleaner
from maillogdiag.envelopes.iso import ISO_ENVELOPES
from maillogdiag.envelopes.peeled import Peeled
from maillogdiag.envelopes.syslog import SYSLOG_ENVELOPES
from maillogdiag.times import aware

_MOST_LAYERS = 4
_TAIL_HEADER = re.compile(r"==> (?P<file>.{1,500}) <==\s*$")
# journalctl indents the further lines of an entry by the width of "Nov  3 18:05:55 h p: "; no less is a time.
_LEAST_INDENT = 16


class Peeler:
    """Peels the lines of one source; remembers the envelopes it met, so that the next line is quick.

    Args:
        reference: a time no entry is later than (the file's last change), which tells the year where none is logged.
    """

    def __init__(self, reference: datetime) -> None:
        self._reference = aware(reference)
        self._envelopes = [*SYSLOG_ENVELOPES, *ISO_ENVELOPES, *CONTAINER_ENVELOPES]
        self._cleaner = CopyCleaner()
        self._formats: dict[str, int] = {}
        self._file: str | None = None
        self._last: Peeled | None = None
        self._indent = " " * _LEAST_INDENT

    def peel(self, raw: str) -> Peeled | None:
        """Return the line without its envelopes; None where it is no content (the headers of `tail`)."""
        if raw[:1] == " " and self._last and raw.startswith(self._indent):
            return replace(self._last, text=raw[len(self._indent) :], is_partial=False, continues=True)
        if raw.startswith("==> ") and (header := _TAIL_HEADER.match(raw)):
            self._file, self._last = header["file"], None
            return None
        peeled = outer = Peeled(self._cleaner.clean(raw), unit=self._file)
        for _ in range(_MOST_LAYERS):
            inner = self._unpack(peeled)
            if inner is None:
                break
            peeled = inner
        self._formats[peeled.format] = self._formats.get(peeled.format, 0) + 1
        width = len(raw) - len(peeled.text)
        is_enveloped = peeled is not outer and width >= _LEAST_INDENT and raw.endswith(peeled.text)
        self._last, self._indent = (peeled, " " * width) if is_enveloped else (None, self._indent)
        return peeled

    @property
    def format(self) -> str:
        """The envelopes that most lines had."""
        return max(self._formats, key=lambda name: self._formats[name], default="plain")

    def _unpack(self, outer: Peeled) -> Peeled | None:
        for number, envelope in enumerate(self._envelopes):
            found = envelope.pattern.match(outer.text)
            inner = envelope.unpack(found, outer, self._reference) if found else None
            if inner is not None:
                if number:
                    self._envelopes.insert(0, self._envelopes.pop(number))
                return inner
        return None
