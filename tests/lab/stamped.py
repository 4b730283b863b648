"""Gives every line of a recorded log the time at which it was written."""

from __future__ import annotations

import datetime as dt
import re

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)[.,](\d{3})")
_SYSLOG_TIME = re.compile(r"^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d")
_STEP = dt.timedelta(microseconds=37)


def stamp_lines(log: str, day: dt.date | None = None) -> list[tuple[dt.datetime, str]]:
    """Return each line with its own time, or with one just after the line before."""
    moment = _first_time(log, day)
    stamped = []
    for line in log.splitlines():
        own = _time_in(line[:60], day)
        moment = own if own and own > moment else moment + _STEP
        stamped.append((moment, line))
    return stamped


def _first_time(log: str, day: dt.date | None) -> dt.datetime:
    return next(time for line in log.splitlines() if (time := _time_in(line[:60], day)))


def _time_in(text: str, day: dt.date | None) -> dt.datetime | None:
    if day and (match := _SYSLOG_TIME.match(text)):
        return dt.datetime.strptime(f"{day.year} {match[0]} +0000", "%Y %b %d %H:%M:%S %z")
    if match := _TIME.search(text):
        return dt.datetime.fromisoformat(f"{match[1]}T{match[2]}.{match[3]}+00:00")
    return None
