"""The time that an application wrote into its own line, against the time that the envelope gave it."""

from __future__ import annotations

from datetime import datetime, timedelta

from maillogdiag.expressions import expression
from maillogdiag.records import Record
from maillogdiag.times import time_of

_STAMP = expression(r"(?:19|20)\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,6})?")
_HEAD_CHARACTERS = 60
_ZONE_STEP_S = 15 * 60
_MOST_DELAY_S = 120


def with_application_time(record: Record) -> Record:
    """Return `record` with the time in its first characters, as fine as the application wrote it.

    An application's stamp has no zone. The envelope's time, where there is one, tells it: both are the same moment,
    apart from a delay of seconds, so they differ by a zone's offset.
    """
    found = _STAMP.search(record.text, 0, _HEAD_CHARACTERS)
    return with_time_of(found[0], record) if found else record


def with_time_of(stamp: str, record: Record) -> Record:
    """Return `record` with the time that its application's `stamp` tells, as `with_application_time` does."""
    time = time_of(stamp)
    if time is None:
        return record
    if record.time is None:
        return record.at(time)
    if "." not in stamp and "," not in stamp:
        return record
    difference_s = (_in_year_of(time, record.time) - time).total_seconds()
    offset_s = round(difference_s / _ZONE_STEP_S) * _ZONE_STEP_S
    if abs(difference_s - offset_s) > _MOST_DELAY_S:
        return record
    return record.at(time + timedelta(seconds=offset_s))


def _in_year_of(time: datetime, envelopes: datetime) -> datetime:
    """Return the envelope's time; in the application's year, where nothing but that differs: syslog tells none."""
    try:
        moved = envelopes.replace(year=time.year)
    except ValueError:  # 29 February
        return envelopes
    return moved if abs(moved - time) < timedelta(days=1) else envelopes
