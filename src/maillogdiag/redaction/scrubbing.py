"""One text through all detectors."""

from __future__ import annotations

from collections.abc import Iterable

from maillogdiag.redaction.detecting import Detector
from maillogdiag.redaction.mapping import RedactionMap
from maillogdiag.redaction.marked_text import MarkedText
from maillogdiag.redaction.personal import PERSONAL
from maillogdiag.redaction.secrets import SECRETS

EVERYTHING = (*SECRETS, *PERSONAL)


def scrub(text: MarkedText, mapping: RedactionMap, detectors: Iterable[Detector] = EVERYTHING) -> None:
    """Replace in `text` what `detectors` find."""
    lower = text.text.lower()
    for detector in detectors:
        if not detector.gate or any(word in lower for word in detector.gate):
            _apply(detector, text, mapping)


def _apply(detector: Detector, text: MarkedText, mapping: RedactionMap) -> None:
    text.sub(detector.pattern, lambda match: detector.replace(match, mapping))
