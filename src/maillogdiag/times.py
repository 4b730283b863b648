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


@lru_cache(maxsize=256)
def _zone_in(minute: datetime, _names: tuple[str, str]) -> tzinfo | None:
    """The machine's zone in a minute, which many lines share; None where clocks were put forward over it.

    Args:
        minute: in local time.
        _names: of the zone: another one has other offsets.
    """
    local = minute.astimezone()
    return local.tzinfo if local.replace(tzinfo=None) == minute else None
