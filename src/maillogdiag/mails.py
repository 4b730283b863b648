"""Which mails failed, and when last: millions may have, so that each takes 16 bytes.

A mail is known by a number: a digest of its id and of its recipient. Two of a million mails have the same one once in
thirty times; then they count as one.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from heapq import merge

from maillogdiag.attempts import Attempt
from maillogdiag.echoes import RELAYS

EARLIEST = datetime.min.replace(tzinfo=UTC)
"""Stands for a time that is not known."""
_TICK = timedelta(microseconds=1)
# Bits of a number that tell the recipients of one mail apart; the others are the mail's.
_RECIPIENT_BITS = 20
# So many more mails than that, or this part of all, are put in their places at once.
_FEWEST_LOOSE, _LOOSE_PART = 1_000, 8


def number_of(message: str, recipient: str = "") -> int:
    """Return what stands for one mail to one recipient: the same number in every process.

    Args:
        message: the mail's id.
        recipient: empty where nothing tells its recipients apart.
    """
    number = _digest(message) >> _RECIPIENT_BITS << _RECIPIENT_BITS
    return number | _digest(recipient) >> 64 - _RECIPIENT_BITS if recipient else number


def recipient_of(attempt: Attempt) -> str:
    """Return for whom the mail was; empty where that is no mail server's try, which is for one of its recipients."""
    if attempt.app not in RELAYS:
        return ""
    return next((event.recipient for event in attempt.events if event.recipient), "")


def time_of(attempt: Attempt) -> datetime:
    """Return when a try ended, early where that is not known."""
    return attempt.last_time or EARLIEST


def ticks_of(time: datetime) -> int:
    """Return the microseconds since `EARLIEST`."""
    return (time - EARLIEST) // _TICK


def whole(number: int) -> int:
    """Return the number that stands for a mail's message, whoever the recipient."""
    return number >> _RECIPIENT_BITS << _RECIPIENT_BITS


class FailedMails:
    """The newest time of each mail: those that stand in their places, sorted by number, and some loose ones."""

    __slots__ = ("_loose", "_numbers", "_ticks")

    def __init__(self) -> None:
        self._numbers = array("Q")
        self._ticks = array("q")
        self._loose: dict[int, int] = {}

    def add(self, number: int, time: datetime) -> None:
        """Take note that the mail failed then."""
        self._add(number, ticks_of(time))

    def merge(self, other: FailedMails) -> None:
        """Take note of all that another one knows."""
        if not self._numbers and not self._loose:  # as a report does
            self._numbers, self._ticks, self._loose = other._numbers[:], other._ticks[:], dict(other._loose)
            return
        for number, ticks in other.items():
            self._add(number, ticks)

    def __contains__(self, number: int) -> bool:
        return number in self._loose or self._place_of(number) is not None

    def has_message(self, number: int) -> bool:
        """Whether `number` is that of a mail, or of its message, to whomever it was."""
        if self._loose:
            self._settle()
        at = bisect_left(self._numbers, number)
        return at < len(self._numbers) and number in (self._numbers[at], whole(self._numbers[at]))

    def items(self) -> Iterator[tuple[int, int]]:
        """Yield all mails, sorted, and in ticks when each failed last; those to a mail's recipients are neighbours."""
        return merge(zip(self._numbers, self._ticks, strict=True), sorted(self._loose.items()))

    def messages(self) -> set[int]:
        """Return the numbers of the messages, whoever the recipients."""
        return {whole(number) for number, _ in self.items()}

    def _add(self, number: int, ticks: int) -> None:
        at = self._place_of(number)
        if at is not None:
            self._ticks[at] = max(self._ticks[at], ticks)
            return
        self._loose[number] = max(self._loose.get(number, ticks), ticks)
        if len(self._loose) > _FEWEST_LOOSE + len(self._numbers) // _LOOSE_PART:
            self._settle()

    def _place_of(self, number: int) -> int | None:
        at = bisect_left(self._numbers, number)
        return at if at < len(self._numbers) and self._numbers[at] == number else None

    def _settle(self) -> None:
        numbers, all_ticks = array("Q"), array("q")
        for number, ticks in self.items():
            numbers.append(number)
            all_ticks.append(ticks)
        self._numbers, self._ticks, self._loose = numbers, all_ticks, {}


def _digest(text: str) -> int:
    # Every machine has this one: those that are held to FIPS 140 refuse quicker ones.
    return int.from_bytes(sha256(text.encode(errors="surrogatepass")).digest()[:8])
