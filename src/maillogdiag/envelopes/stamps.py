"""Times as envelopes write them."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache

from maillogdiag.times import aware

ISO = r"(?P<iso>\d{4}-\d\d-\d\d[T_]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?P<zone>Z|[+-]\d\d:?\d\d)?)"
CLOCK = r"(?P<clock>\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d{1,9}))?"

# journalctl and syslog write %b in the server's language; a name is looked up whole, then by its first three letters.
_MONTH_NAMES = (
    "jan gen ene янв sty led oca",
    "feb fev fév fev. úno лют фев lut şub",
    "mar mär mrz mrt мар bře",
    "apr avr abr ápr апр kwi dub nis",
    "may mai maj mei mag máj май мая kvě",
    "jun juin giu jún июн cze čvn haz",
    "jul juil lug júl июл lip čvc tem",
    "aug aoû ago авг sie srp ağu",
    "sep set szept сен wrz zář eyl",
    "oct okt ott out окт paź říj eki",
    "nov noi ноя lis kas",
    "dec dez dic déc des дек gru pro ara",
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()}


def month_number(name: str) -> int | None:
    """Return 1..12 for a month's abbreviation in one of some twenty languages; None for another word."""
    word = name.lower().rstrip(".")
    if word.endswith("月"):  # Chinese and Japanese: 10月
        return int(word[:-1]) if word[:-1].isdigit() and 1 <= int(word[:-1]) <= 12 else None
    return _MONTHS.get(word) or _MONTHS.get(word[:3])


@lru_cache(maxsize=256)
def iso_time(text: str) -> datetime | None:
    """Return an ISO 8601 time, cut to microseconds; None where no such day exists."""
    try:
        return aware(datetime.fromisoformat(text.replace("_", "T").replace(",", ".")))
    except (ValueError, OverflowError):
        return None


def yearless_time(month: int, day: int, clock: str, fraction: str | None, reference: datetime) -> datetime | None:
    """Return the latest such moment that is not after `reference`; None where no such day exists."""
    hour, minute, second = clock.split(":")
    start = _yearless_minute(month, day, int(hour), int(minute), reference)
    microsecond = int(fraction[:6].ljust(6, "0")) if fraction else 0
    return start.replace(second=min(int(second), 59), microsecond=microsecond) if start else None


@lru_cache(maxsize=256)
def _yearless_minute(month: int, day: int, hour: int, minute: int, reference: datetime) -> datetime | None:
    # A day of grace, for zones and for clocks that are fast; eight years back there was a 29 February.
    for year in range(reference.year + 1, reference.year - 9, -1):
        try:
            time = aware(datetime(year, month, day, hour, minute))
        except (ValueError, OverflowError):
            continue
        if time <= reference + timedelta(days=1):
            return time
    return None


def epoch_time(seconds: float) -> datetime | None:
    """Return the time so many seconds after 1970 in the machine's zone; None beyond what a date can hold."""
    try:
        return datetime.fromtimestamp(seconds, _zone_at(int(seconds // 60), time.tzname))
    except (ValueError, OverflowError, OSError):
        return None


@lru_cache(maxsize=256)
def _zone_at(minute: int, _names: tuple[str, str]) -> tzinfo | None:
    """The machine's zone in a minute after 1970, which many entries share; `_names` as in `maillogdiag.times`."""
    return datetime.fromtimestamp(minute * 60).astimezone().tzinfo
