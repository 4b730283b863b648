"""Mail that an application handed to the mail server on its machine: who sent what that server could not deliver.

The application logs the Message-ID, the server which queue id the mail with that Message-ID got; its later lines name
the queue id alone. The two logs may be read in any order, so that both halves are kept until the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from maillogdiag.attempts import Attempt
from maillogdiag.echoes import RELAYS
from maillogdiag.events import Event
from maillogdiag.reports.model import Evidence

_MOST_KEPT = 50_000


@dataclass(frozen=True, slots=True)
class Sender:
    """The application that sent a mail, and the line in which it says so."""

    app: str
    evidence: Evidence


@dataclass(slots=True)
class Handovers:
    """What is known so far of who handed over what; of very many mails the newest."""

    queued: dict[str, str] = field(default_factory=dict)
    sent: dict[str, Sender] = field(default_factory=dict)

    def queue(self, event: Event) -> None:
        """Take note of the Message-ID that a mail server's queue id stands for."""
        if event.message and event.message_id:
            self.queued[event.message] = event.message_id
            _drop_oldest(self.queued)

    def send(self, attempt: Attempt) -> None:
        """Take note of the Message-ID that an application gave its mail."""
        for event in attempt.events:
            if event.message_id and event.app not in RELAYS:
                record = event.record
                evidence = Evidence(record.place.source, record.place.line, record.time, record.text)
                self.sent[event.message_id] = Sender(attempt.app, evidence)
                _drop_oldest(self.sent)

    def merge(self, other: Handovers) -> None:
        """Add what another tally knows."""
        self.queued |= other.queued
        self.sent |= other.sent

    def senders(self, messages: Iterable[str]) -> list[Sender]:
        """Return who sent these mails, as far as it is known, without those that are not."""
        ids = (self.queued.get(message) for message in messages)
        return [self.sent[one] for one in ids if one in self.sent]


def _drop_oldest(kept: dict[str, str] | dict[str, Sender]) -> None:
    if len(kept) > _MOST_KEPT:
        del kept[next(iter(kept))]
