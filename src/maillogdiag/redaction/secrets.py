"""Secrets: passwords, what a login sends, and tokens that let whoever has them act. Always replaced."""

from __future__ import annotations

from maillogdiag.expressions import expression
from maillogdiag.redaction.detecting import Detector
from maillogdiag.redaction.encoded import ENCODED, PRIVATE_KEYS
from maillogdiag.redaction.logins import LOGINS
from maillogdiag.redaction.passwords import PASSWORDS
from maillogdiag.redaction.tokens import TOKENS

# In what a forum made of a hash no detector would know a quotation mark.
_CURLY_QUOTES = Detector(("\u201c", "\u201d", "\u201e"), expression("[\u201c\u201d\u201e]"), lambda match, mapping: '"')

SECRETS = (_CURLY_QUOTES, *PRIVATE_KEYS, *LOGINS, *PASSWORDS, *TOKENS, *ENCODED)
"""In this order: what one replaced is none of the next one's."""
