"""One text through all detectors."""

from __future__ import annotations

from collections.abc import Iterable

from maillogdiag.expressions import expression
from maillogdiag.redaction.detecting import Detector
from maillogdiag.redaction.mapping import RedactionMap
from maillogdiag.redaction.marked_text import MarkedText
from maillogdiag.redaction.personal import PERSONAL
from maillogdiag.redaction.secrets import SECRETS

# In what a forum made of a hash no detector would know a quotation mark.
_CURLY_QUOTES = Detector(("{\u201c", "{\u201e"), expression("[\u201c\u201d\u201e]"), lambda match, mapping: '"')
EVERYTHING = (_CURLY_QUOTES, *SECRETS, *PERSONAL)


def scrub(text: MarkedText, mapping: RedactionMap, detectors: Iterable[Detector] = EVERYTHING) -> None:
    """Replace in `text` what `detectors` find."""
    lower = text.text.lower()
    for detector in detectors:
        if not detector.gate or any(word in lower for word in detector.gate):
            _apply(detector, text, mapping)


def _apply(detector: Detector, text: MarkedText, mapping: RedactionMap) -> None:
    text.sub(detector.pattern, lambda match: detector.replace(match, mapping))
