"""The ports of mail submission and relay, as they stand in a text."""

from __future__ import annotations

MAIL_PORT = (
    r"(?<=[\w\]])(?<!:\d\d)(?<![ T]\d\d)(?<!\.go)(?<!\.rb)(?<!\.py)(?<!\.js)(?<!\.ts)(?<!\.php)(?<!\.java)"
    r":(?:25|465|587|2525)(?![:.]?\d)"
)
"""Matches ":587" after a host or an address; not the seconds of a time, not a line of source code."""
