"""How mails ended: a mail that is tried for days is one mail, and what matters is its last word.

Of mails that failed the end is kept for good, of all others that of the newest: their failure may stand in a part of
the log that is read apart and merged.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from maillogdiag.attempts import Attempt, Outcome
from maillogdiag.echoes import RELAYS
from maillogdiag.events import Event, EventKind

_MOST_KEPT = 2_000
_EARLIEST = datetime.min.replace(tzinfo=UTC)


class Mail(NamedTuple):
    """One mail to one recipient, as far as a mail server tells them apart; else `recipient` is empty."""

    message: str
    recipient: str


class Ending(NamedTuple):
    """The last word about a mail: accepted by the next hop, or given up; the later one counts."""

    time: datetime
    is_accepted: bool


class Endings(NamedTuple):
    """How many mails ended which way, and when the accepted ones were."""

    accepted: int
    given_up: int
    times: tuple[datetime, ...]


def mail_of(attempt: Attempt) -> Mail | None:
    """Return the mail that was tried; None where no id tells it from others."""
    if attempt.message is None:
        return None
    if attempt.app not in RELAYS:
        return Mail(attempt.message, "")
    return Mail(attempt.message, next((event.recipient for event in attempt.events if event.recipient), ""))


def time_of(attempt: Attempt) -> datetime:
    """Return when a try ended, early where that is not known."""
    return attempt.last_time or _EARLIEST


@dataclass(slots=True)
class LastWords:
    """The endings that are known so far; may be merged.

    Args:
        most: how many there may be before it is time to forget; more where so many mails failed.
    """

    endings: dict[Mail, Ending] = field(default_factory=dict)
    most: int = field(default_factory=lambda: 2 * _MOST_KEPT)

    def note(self, event: Event) -> None:
        """Take note of a mail that its server gave up, for all recipients that had not got it."""
        if event.is_final and event.message:
            self._keep(Mail(event.message, ""), Ending(event.record.time or _EARLIEST, False))

    def add(self, attempt: Attempt) -> None:
        """Take note of a try that was the last one."""
        is_accepted = attempt.outcome is Outcome.ACCEPTED
        if (is_accepted or any(map(is_end, attempt.events))) and (mail := mail_of(attempt)):
            self._keep(mail, Ending(time_of(attempt), is_accepted))

    def merge(self, other: LastWords) -> None:
        """Add what another tally knows."""
        for mail, ending in other.endings.items():
            self._keep(mail, ending)

    @property
    def is_full(self) -> bool:
        """Whether it is time to `forget`."""
        return len(self.endings) > self.most

    def forget(self, failed: Iterable[Container[Mail]]) -> None:
        """Drop all but the newest, and those of the mails that `failed`."""
        failed = tuple(failed)
        newest = set(sorted(self.endings, key=lambda mail: self.endings[mail].time)[-_MOST_KEPT:])
        self.endings = {
            mail: ending
            for mail, ending in self.endings.items()
            if mail in newest or not ending.is_accepted or any(mail in mails for mails in failed)
        }
        self.most = 2 * max(_MOST_KEPT, len(self.endings))

    def of(self, failed: Mapping[Mail, datetime]) -> Endings:
        """Return how mails ended after they failed, at the times in `failed`.

        A mail with several recipients got through when all got it, and was given up when it was for one of them.
        """
        ended: dict[str, Ending | None] = {}
        for mail, time in failed.items():
            ending = self._after(mail, time)
            known = ended.get(mail.message, ending)
            ended[mail.message] = min(known, ending, key=_weight)
        endings = [ending for ending in ended.values() if ending]
        times = tuple(ending.time for ending in endings if ending.is_accepted)
        return Endings(len(times), len(endings) - len(times), times)

    def _after(self, mail: Mail, time: datetime) -> Ending | None:
        known = (self.endings.get(mail), self.endings.get(Mail(mail.message, "")))
        return max((ending for ending in known if ending and ending.time >= time), default=None)

    def _keep(self, mail: Mail, ending: Ending) -> None:
        known = self.endings.get(mail)
        if known is None or known < ending:
            self.endings[mail] = ending


def is_end(event: Event) -> bool:
    """Whether no further try follows."""
    return event.is_final or event.kind is EventKind.GIVEN_UP


def _weight(ending: Ending | None) -> tuple[int, datetime]:
    """Of several recipients: one that was given up tells most, then one whose end is not known."""
    if ending is None:
        return 1, _EARLIEST
    return 2 * ending.is_accepted, ending.time
