"""The ports of mail submission and relay, as they stand in a text."""

from __future__ import annotations

_NO_TIME = r"(?<!:\d\d)(?<! \d\d)(?<!\d[Tt]\d\d)(?<!^\d\d)"
_NO_CODE = r"(?<!\.go)(?<!\.rb)(?<!\.py)(?<!\.js)(?<!\.ts)(?<!\.php)(?<!\.java)"

MAIL_PORT = rf"(?<=[\w\]]){_NO_TIME}{_NO_CODE}:(?:25|465|587|2525)(?![:.]?\d)"
"""Matches ":587" after a host or an address; not a part of a time, not a line of source code."""
