"""Times that a log wrote without a zone."""

from __future__ import annotations

from datetime import datetime


def aware(naive: datetime) -> datetime:
    """Return `naive` as an aware time in the machine's own zone (the variable TZ overrides it).

    Logs without a zone are written in their server's local time; it is the reader's best guess that this is
    also the zone of the machine that reads them.
    """
    return naive.astimezone() if naive.tzinfo is None else naive
