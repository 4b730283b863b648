"""JSON files: Mattermost's config.json, and sanitized_config.json of its support packet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice

from maillogdiag.errors import SourceError
from maillogdiag.settings.model import Raw

_SECTION = "EmailSettings"
_MOST_KEYS = 500  # Mattermost has some forty


def is_json_file(text: str) -> bool:
    """Whether `text` begins as a JSON object does."""
    return text.lstrip().startswith("{")


def read_json_file(text: str) -> Iterator[Raw]:
    """Yield the plain values of the section about mail, as `EmailSettings.SMTPPort`.

    Raises:
        SourceError: this is no JSON.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        place = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise SourceError(f"is no valid JSON{place}: cut off, or edited by hand; mend the file first") from None
    section = data.get(_SECTION) if isinstance(data, dict) else None
    at = max(text.find(f'"{_SECTION}"'), 0)
    for key, value in islice((section if isinstance(section, dict) else {}).items(), _MOST_KEYS):
        at = max(text.find(f'"{key}"', at), at)
        if value is None or isinstance(value, str | int | float):
            yield Raw(f"{_SECTION}.{key}", _text(value), text.count("\n", 0, at) + 1)


def _text(value: str | int | float | None) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
