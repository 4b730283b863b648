"""The one choke point between report and renderer that takes personal data out."""

from __future__ import annotations

from maillogdiag.redaction.leaks import find_leaks
from maillogdiag.redaction.lines import redact_lines, redact_stream, redact_text
from maillogdiag.redaction.mapping import RedactionMap
from maillogdiag.redaction.reports import redact, remove_secrets

__all__ = ["RedactionMap", "find_leaks", "redact", "redact_lines", "redact_stream", "redact_text", "remove_secrets"]
