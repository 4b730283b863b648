"""Times as journalctl takes them: "10 minutes ago", "-2h", "yesterday", "09:00", "2026-11-20 09:00".

See systemd.time(7), "Parsing timestamps".
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from maillogdiag.errors import UsageError

_UNITS_S = {
    ("s", "sec", "second", "seconds"): 1,
    ("m", "min", "minute", "minutes"): 60,
    ("h", "hr", "hour", "hours"): 3600,
    ("d", "day", "days"): 86_400,
    ("w", "week", "weeks"): 604_800,
    ("M", "month", "months"): 2_629_800,
    ("y", "year", "years"): 31_557_600,
}
_SECONDS = {name: size for names, size in _UNITS_S.items() for name in names}
_SPAN = re.compile(r"(\d{1,9})\s*([A-Za-z]{1,7})\s*")
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?$")


def parse_time(text: str, now: datetime) -> datetime:
    """Return the time that `text` means.

    Args:
        text: as journalctl's --since takes it.
        now: aware; what relative times start from, and whose zone times without one are in.

    Raises:
        UsageError: it cannot be understood; the message shows what can.
    """
    words = text.strip()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    named = {
        "now": now,
        "today": midnight,
        "yesterday": midnight - timedelta(days=1),
        "tomorrow": midnight + timedelta(days=1),
    }
    if words in named:
        return named[words]
    if words.startswith("@") and words[1:].replace(".", "", 1).isdigit():
        return datetime.fromtimestamp(float(words[1:]), tz=now.tzinfo)
    sign = -1 if words.startswith("-") or words.endswith(" ago") else 1
    if (span := _span(words.removeprefix("-").removeprefix("+").removesuffix(" ago"))) is not None:
        return now + sign * span
    if clock := _CLOCK.match(words):
        hour, minute, second = (int(part or 0) for part in clock.groups())
        if hour < 24 and minute < 60 and second < 60:
            return midnight.replace(hour=hour, minute=minute, second=second)
    try:
        time = datetime.fromisoformat(words.removesuffix(" UTC") + ("+00:00" if words.endswith(" UTC") else ""))
    except ValueError:
        raise UsageError(
            f"cannot understand the time {text!r}; write it like '2026-11-20 09:00', '09:00', 'yesterday', "
            "'2 hours ago' or '-30m'"
        ) from None
    return time if time.tzinfo else time.replace(tzinfo=now.tzinfo)


def _span(words: str) -> timedelta | None:
    """ "1h 30min" as a duration; None where it is none."""
    rest, total = words, 0
    while found := _SPAN.match(rest):
        name = found[2]
        size = _SECONDS.get(name) or _SECONDS.get(name.lower())
        if size is None:
            return None
        total += int(found[1]) * size
        rest = rest[found.end() :]
    return timedelta(seconds=total) if total and not rest else None
