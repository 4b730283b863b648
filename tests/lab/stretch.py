"""Spreads the times of a story over hours: it was played in seconds, a timeline needs more."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

_TIMES = re.compile(
    r"(?P<iso>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z)"
    r"|(?P<plain>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:[.,]\d{3})?)"
    r"|(?P<syslog>^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)"
    r"|(?P<epoch>\b1[7-9]\d{8}\.\d+)",
    re.MULTILINE,
)


def stretch_times(files: Mapping[str, str], factor: int) -> dict[str, str]:
    """Multiply the time between each event and the last one; the last one stays where it is."""
    year = dt.datetime.now(dt.UTC).year
    last = max(_parse(match, year) for text in files.values() for match in _TIMES.finditer(text))

    def move(match: re.Match[str]) -> str:
        return _format(match, last - (last - _parse(match, year)) * factor)

    return {name: _TIMES.sub(move, text) for name, text in files.items()}


def _parse(match: re.Match[str], year: int) -> dt.datetime:
    text = match[0]
    match match.lastgroup:
        case "syslog":
            return dt.datetime.strptime(f"{year} {text} +0000", "%Y %b %d %H:%M:%S %z")
        case "epoch":
            return dt.datetime.fromtimestamp(float(text), dt.UTC)
        case _:
            return dt.datetime.fromisoformat(text.replace(",", ".").rstrip("Z")).replace(tzinfo=dt.UTC)


def _format(match: re.Match[str], time: dt.datetime) -> str:
    text = match[0]
    match match.lastgroup:
        case "syslog":
            return f"{time:%b} {time.day:>2} {time:%H:%M:%S}"
        case "epoch":
            return repr(time.timestamp())
        case "plain":
            millis = f"{text[19]}{time.microsecond // 1000:03}" if len(text) > 19 else ""
            return f"{time:%Y-%m-%d %H:%M:%S}{millis}"
        case _:
            millis = f".{time.microsecond // 1000:03}" if "." in text else ""
            return f"{time:%Y-%m-%dT%H:%M:%S}{millis}Z"
