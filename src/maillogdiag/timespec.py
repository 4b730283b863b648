"""Times as journalctl takes them: "10 minutes ago", "-2h", "yesterday", "09:00", "2026-11-20 09:00".

    time     = "now" | "today" | "yesterday" | "tomorrow" | "@" seconds | relative | clock | date [clock] [zone]
    relative = ["-" | "+"] span | span "ago"
    span     = number unit {number unit}

See systemd.time(7), "Parsing timestamps".
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from maillogdiag.errors import UsageError
from maillogdiag.expressions import expression

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
_DAYS = {"today": 0, "yesterday": -1, "tomorrow": 1}
_SPAN = expression(r"(?P<number>[0-9]{1,9}(?:\.[0-9]{1,6})?)\s*(?P<unit>[A-Za-z]{1,7})\s*")
_CLOCK = expression(r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?$")
_EPOCH = expression(r"@(?P<seconds>[0-9]{1,12}(?:\.[0-9]{1,6})?)$")
_DATE = expression(
    r"(?:[A-Za-z]{2,4},? )?(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]{4,15})?)"
    r"(?:(?P<offset>Z|[+-][0-9]{2}:?[0-9]{2})| (?P<zone>UTC|[A-Za-z]{2,20}/[A-Za-z_/+-]{2,40}))?$"
)


def parse_time(text: str, now: datetime) -> datetime:
    """Return the time that `text` means.

    Args:
        text: as journalctl's --since takes it.
        now: aware; what relative times start from, and whose zone times without one are in.

    Raises:
        UsageError: it cannot be understood; the message shows what can.
    """
    words = text.strip()
    try:
        time = _relative(words, now) or _named(words, now) or _dated(words, now)
    except (ValueError, OverflowError, OSError, LookupError):
        time = None
    if time is None:
        raise UsageError(
            f"cannot understand the time {text!r}; write it like '2026-11-20 09:00', '09:00', 'yesterday', "
            "'2 hours ago' or '-30m'"
        )
    return time


def _relative(words: str, now: datetime) -> datetime | None:
    """ "1h 30min ago", "-2h", "+30s"."""
    sign = -1 if words.startswith("-") or words.endswith(" ago") else 1
    rest = words.removesuffix(" ago")
    rest = rest[1:] if rest[:1] in ("-", "+") else rest
    seconds = 0.0
    while found := _SPAN.match(rest):
        unit = found["unit"]
        seconds += float(found["number"]) * _SECONDS[unit if unit == "M" else unit.lower()]
        rest = rest[found.end() :]
    return None if rest or not seconds else now + sign * timedelta(seconds=seconds)


def _named(words: str, now: datetime) -> datetime | None:
    """ "now", "yesterday", "09:00"."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if words == "now":
        return now
    if words in _DAYS:
        return midnight + timedelta(days=_DAYS[words])
    if clock := _CLOCK.match(words):
        return midnight.replace(hour=int(clock["hour"]), minute=int(clock["minute"]), second=int(clock["second"] or 0))
    return None


def _dated(words: str, now: datetime) -> datetime | None:
    """ "2026-11-20", "Fri 2026-11-20 09:00 UTC", "@1793610900"."""
    if epoch := _EPOCH.match(words):
        return datetime.fromtimestamp(float(epoch["seconds"]), tz=now.tzinfo)
    found = _DATE.match(words)
    if not found:
        return None
    if found["offset"]:
        return datetime.fromisoformat(found["date"] + found["offset"])
    zone: tzinfo | None = ZoneInfo(found["zone"]) if found["zone"] else now.tzinfo
    return datetime.fromisoformat(found["date"]).replace(tzinfo=zone)
