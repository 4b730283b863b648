"""How mails ended: a mail that is tried for days is one mail, and what matters is its last word.

Of mails that failed the end is kept for good, of all others that of the newest: their failure may stand in a part of
the log that is read apart and merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from maillogdiag.attempts import Attempt, Outcome
from maillogdiag.events import Event, EventKind
from maillogdiag.mails import EARLIEST, FailedMails, number_of, recipient_of, ticks_of, time_of, whole

_MOST_KEPT = 2_000
_ACCEPTED, _GIVEN_UP = Outcome.ACCEPTED, EventKind.GIVEN_UP


class Ending(NamedTuple):
    """The last word about a mail: accepted by the next hop, or given up; the later one counts."""

    time: datetime
    is_accepted: bool


class Endings(NamedTuple):
    """How many mails ended which way, and when the accepted ones were."""

    accepted: int
    given_up: int
    times: tuple[datetime, ...]


_Accepted = tuple[str, str, datetime]
"""A mail's id, its recipient where that tells it from others, and when it was accepted."""


@dataclass(slots=True)
class LastWords:
    """The endings that are known so far; may be merged.

    Args:
        endings: of mails that failed, by their numbers.
        newest: of all mails that were accepted the newest.
    """

    endings: dict[int, Ending] = field(default_factory=dict)
    newest: list[_Accepted] = field(default_factory=list)

    def note(self, event: Event) -> None:
        """Take note of a mail that its server gave up, for all recipients that had not got it."""
        if event.is_final and event.message:
            self._keep(number_of(event.message), Ending(event.record.time or EARLIEST, False))

    def add(self, attempt: Attempt) -> None:
        """Take note of a try that was the last one."""
        message = attempt.message
        if message is None:
            return
        if attempt.outcome is _ACCEPTED:
            self.newest.append((message, recipient_of(attempt), time_of(attempt)))
        elif any(map(is_end, attempt.events)):
            self._keep(number_of(message, recipient_of(attempt)), Ending(time_of(attempt), False))

    def merge(self, other: LastWords) -> None:
        """Add what another tally knows."""
        for number, ending in other.endings.items():
            self._keep(number, ending)
        self.newest += other.newest

    @property
    def is_full(self) -> bool:
        """Whether it is time to `forget`."""
        return len(self.newest) > _MOST_KEPT + _MOST_KEPT // 4

    def forget(self, failed: Sequence[FailedMails]) -> None:
        """Drop all but the newest, and those of the mails that `failed`."""
        self.newest.sort(key=itemgetter(2))  # a log may be read from its end on
        self._keep_failed(self.newest[:-_MOST_KEPT], failed)
        del self.newest[:-_MOST_KEPT]

    def of(self, failed: FailedMails) -> Endings:
        """Return how mails ended after they failed.

        A mail with several recipients got through when all got it, and was given up when it was for one of them.
        """
        for accepted, recipient, time in self.newest:
            number = number_of(accepted, recipient)
            if failed.has_message(number):
                self._keep(number, Ending(time, True))
        ended: dict[int, Ending | None] = {}
        for number, ticks in failed.items():
            ending = self._after(number, ticks)
            message = whole(number)
            known = ended.get(message, ending)
            ended[message] = min(known, ending, key=_weight)
        endings = [ending for ending in ended.values() if ending]
        times = tuple(ending.time for ending in endings if ending.is_accepted)
        return Endings(len(times), len(endings) - len(times), times)

    def _after(self, number: int, ticks: int) -> Ending | None:
        known = (self.endings.get(number), self.endings.get(whole(number)))
        return max((ending for ending in known if ending and ticks_of(ending.time) >= ticks), default=None)

    def _keep_failed(self, accepted: Iterable[_Accepted], failed: Sequence[FailedMails]) -> None:
        """Keep for good those of the `accepted` mails that `failed` before."""
        if not failed:
            return
        for message, recipient, time in accepted:
            number = number_of(message, recipient)
            if any(number in mails for mails in failed):
                self._keep(number, Ending(time, True))

    def _keep(self, number: int, ending: Ending) -> None:
        known = self.endings.get(number)
        if known is None or known < ending:
            self.endings[number] = ending


def is_end(event: Event) -> bool:
    """Whether no further try follows."""
    return event.is_final or event.kind is _GIVEN_UP


def _weight(ending: Ending | None) -> tuple[int, datetime]:
    """Of several recipients: one that was given up tells most, then one whose end is not known."""
    if ending is None:
        return 1, EARLIEST
    return 2 * ending.is_accepted, ending.time
