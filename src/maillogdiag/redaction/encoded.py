"""Base64: what a login sends, and what else may hold anything."""

from __future__ import annotations

import base64
import binascii
import re

from maillogdiag.expressions import expression
from maillogdiag.redaction.detecting import Detector, replace_group
from maillogdiag.redaction.kinds import Kind
from maillogdiag.redaction.mapping import RedactionMap

PROMPTS = frozenset({"UGFzc3dvcmQ6", "VXNlcm5hbWU6", "UGFzc3dvcmQA", "VXNlciBOYW1lAA=="})
"""'Username:' and 'Password:', with which a server asks (AUTH LOGIN); they are in every transcript."""

_START = r"(?:(?<![A-Za-z0-9+/_.%-])|(?<=\\[nrt]))"
_PADDING = r"(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)"


def decodes_to_text(value: str) -> bool:
    """Whether Base64 `value` holds readable text, or the NUL-separated text of AUTH PLAIN."""
    try:
        data = base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
        text = data.decode()
    except (binascii.Error, ValueError):
        return False
    return bool(text) and all(character.isprintable() or character in "\x00\x01\t\r\n" for character in text)


def _replace_encoded(match: re.Match[str], mapping: RedactionMap) -> str:
    """Base64 in running text: of a text, of compressed data (a Sidekiq backtrace), of much of anything."""
    value = match["value"]
    is_mixed = any(c.isupper() for c in value) and any(c.islower() for c in value)
    if value in PROMPTS or not is_mixed:
        return match[0]
    if value.startswith("eJ") and len(value) > 60:
        return replace_group(Kind.DATA)(match, mapping)
    return replace_group(Kind.SECRET)(match, mapping) if decodes_to_text(value) else match[0]


PRIVATE_KEYS = (
    Detector(
        ("private key-----",),
        expression(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?P<value>(?:(?!-----END)[\s\S]){1,8000})"),
        replace_group(Kind.SECRET),
    ),
    # Of a key that is read line by line.
    Detector(
        (),
        expression(r"(?m)^(?=[a-z0-9/+]{0,60}[A-Z])(?=[A-Z0-9/+]{0,60}[a-z])(?P<value>[A-Za-z0-9+/]{64}={0,2})\s*$"),
        replace_group(Kind.SECRET),
    ),
)
"""Private keys (RFC 7468), of DKIM and TLS."""

ENCODED = (
    Detector(
        (),
        expression(rf"{_START}(?P<value>(?:[A-Za-z0-9+/]{{4}}){{4,}}{_PADDING}?)(?![A-Za-z0-9+/=])"),
        _replace_encoded,
    ),
    Detector(
        (),
        expression(rf"{_START}(?P<value>(?:[A-Za-z0-9+/]{{4}}){{2,3}}{_PADDING})(?![A-Za-z0-9+/=])"),
        _replace_encoded,
    ),
)
"""Of unknown origin: after everything that knows what it looks for."""
