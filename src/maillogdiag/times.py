"""Times that a log wrote without a zone."""

from __future__ import annotations

import time
from datetime import datetime, tzinfo
from functools import lru_cache


def aware(naive: datetime) -> datetime:
    """Return `naive` as an aware time in the machine's own zone (the variable TZ overrides it).

    Logs without a zone are written in their server's local time; it is the reader's best guess that this is
    also the zone of the machine that reads them.
    """
    if naive.tzinfo is not None:
        return naive
    zone = _zone_in(naive.replace(second=0, microsecond=0), time.tzname)
    return naive.replace(tzinfo=zone) if zone else naive.astimezone()


def time_of(stamp: str) -> datetime | None:
    """Return the aware time that a stamp such as "2022-02-28 09:15:25,607" tells; None where there is no such time.

    Args:
        stamp: in ISO 8601, at least to the minute and without a zone: it is in the machine's own, as for `aware`.
    """
    try:
        if offset := _offset_in(stamp[:16], time.tzname):
            return datetime.fromisoformat(stamp + offset)
        return aware(datetime.fromisoformat(stamp))
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=256)
def _offset_in(minute: str, names: tuple[str, str]) -> str:
    """The offset of the machine's zone in a minute, as "+01:00"; empty where clocks were put forward over it."""
    naive = datetime.fromisoformat(minute)
    zone = _zone_in(naive, names)
    return naive.replace(tzinfo=zone).isoformat()[len(naive.isoformat()) :] if zone else ""


@lru_cache(maxsize=256)
def _zone_in(minute: datetime, _names: tuple[str, str]) -> tzinfo | None:
    """The machine's zone in a minute, which many lines share; None where clocks were put forward over it.

    Args:
        minute: in local time.
        _names: of the zone: another one has other offsets.
    """
    local = minute.astimezone()
    return local.tzinfo if local.replace(tzinfo=None) == minute else None
