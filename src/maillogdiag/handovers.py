"""Mail that an application handed to the mail server on its machine: who sent what that server could not deliver.

Where both log the Message-ID, it proves that they tell of one mail. Most applications log none: that the server took a
mail for the same recipient just then suggests it, unless another application's mail could be it as well. The server
names its queue id ever after, and the two logs may be read in any order, so that both sides are kept until the end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from maillogdiag.attempts import Attempt, Outcome
from maillogdiag.echoes import RELAYS
from maillogdiag.events import Event, EventKind
from maillogdiag.evidence import sample_of
from maillogdiag.reports.model import Evidence

_MOST_KEPT = 25_000
# An application may log that it sends before it connects.
_PATIENCE = timedelta(seconds=10)
# A stamp may have lost its fraction of a second, and some applications log a mail when it is handed over.
_STAMP = timedelta(seconds=1)
_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail that an application sent.

    Args:
        evidence: the line in which it says so.
        recipients: in lower case, as far as it tells.
        first: when it began to send; None where unknown.
        last: when it was done.
    """

    app: str
    evidence: Evidence
    message_id: str | None
    recipients: tuple[str, ...]
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that a mail server took, by its id there ("queue:…"); `time`: when it came, as far as is known."""

    message: str
    time: datetime | None
    message_id: str | None
    recipients: tuple[str, ...]

    def with_more(self, other: Taken) -> Taken:
        """Return what both tell of the same mail."""
        return Taken(
            self.message,
            min(filter(None, (self.time, other.time)), default=None),
            other.message_id or self.message_id,
            tuple(sorted({*self.recipients, *other.recipients})),
        )


@dataclass(frozen=True, slots=True)
class Sender:
    """The application that sent a mail, and the line in which it says so, marked where it is only inferred."""

    app: str
    evidence: Evidence


def sent_of(entry: Attempt | Event) -> Sent | None:
    """Return the mail that an application handed over; None for a mail server's own, and where nothing tells which."""
    events, app, first, last = _parts(entry)
    own = [event for event in events if event.app not in RELAYS]
    told = next((event for event in own if event.message_id), None)
    is_failure = isinstance(entry, Attempt) and entry.outcome is Outcome.FAILED
    if told is None and not is_failure:
        told = next((event for event in own if event.recipient and event.kind is not EventKind.ENQUEUED), None)
    if told is None:
        return None
    record = told.record
    # Rails may log the whole mail below.
    text = sample_of(record.text.partition("\n")[0])
    evidence = Evidence(record.place.source, record.place.line, record.time, text)
    return Sent(app, evidence, told.message_id, _recipients(own), first, last)


def taken_of(entry: Attempt | Event) -> Taken | None:
    """Return the mail that a mail server has in its queue; None for an application's."""
    events, _, first, _ = _parts(entry)
    own = [event for event in events if event.app in RELAYS and event.message]
    if not own:
        return None
    message_id = next((event.message_id for event in own if event.message_id), None)
    return Taken(own[0].message or "", first, message_id, _recipients(own))


def pair_off(sent: Iterable[Sent], taken: Iterable[Taken]) -> Iterator[tuple[Sent, Taken]]:
    """Tie what was sent without a Message-ID to what was taken, by recipient and time.

    Each has one partner: of several for one recipient, the first sent and the first taken. Where mails of two
    applications could be it, none is.
    """
    mails = sorted((one for one in sent if one.first and not one.message_id), key=_sent_order)
    sent_to: dict[str, list[Sent]] = defaultdict(list)
    for mail in mails:
        for recipient in mail.recipients:
            sent_to[recipient].append(mail)
    taken_for: dict[str, list[Taken]] = defaultdict(list)
    for one in sorted((one for one in taken if one.time), key=_taken_order):
        for recipient in one.recipients:
            if recipient in sent_to:
                taken_for[recipient].append(one)
    paired: set[int] = set()
    for recipient, waiting in taken_for.items():
        for pair in _pair_off_one(sent_to[recipient], waiting, paired):
            paired.update(map(id, pair))
            yield pair


def _pair_off_one(sent: list[Sent], taken: list[Taken], paired: set[int]) -> Iterator[tuple[Sent, Taken]]:
    """The pairs for one recipient; both sides by time. `paired` may grow meanwhile."""
    begun = [mail.first for mail in sent if mail.first]
    under_way: deque[Sent] = deque()
    apps: Counter[str] = Counter()
    at = 0
    for one in taken:
        assert one.time is not None
        start, at = at, bisect_right(begun, one.time + _STAMP)
        under_way.extend(sent[start:at])
        apps.update(mail.app for mail in sent[start:at])
        while under_way and (id(under_way[0]) in paired or _is_over(under_way[0], one.time)):
            apps -= Counter((under_way.popleft().app,))
        if id(one) not in paired and len(apps) == 1:
            yield under_way[0], one


def _is_over(mail: Sent, time: datetime) -> bool:
    return mail.last is not None and mail.last + _PATIENCE < time


@dataclass(slots=True)
class Handovers:
    """What is known so far of who handed over what; of very many mails the newest."""

    taken: dict[str, Taken] = field(default_factory=dict)
    sent: dict[tuple[str, int], Sent] = field(default_factory=dict)

    def see(self, entry: Attempt | Event) -> None:
        """Take note of what `entry` tells of a mail that was sent or taken."""
        if sent := sent_of(entry):
            self._send(sent)
        if taken := taken_of(entry):
            self._take(taken)

    def merge(self, other: Handovers) -> None:
        """Add what another tally knows."""
        for taken in other.taken.values():
            self._take(taken)
        for sent in other.sent.values():
            self._send(sent)

    def senders(self) -> dict[str, Sender]:
        """Return who sent what a mail server took, by its id there, without those of whom it isn't known."""
        by_id = {sent.message_id: sent for sent in self.sent.values() if sent.message_id}
        senders: dict[str, Sender] = {}
        for taken in self.taken.values():
            if taken.message_id and (sent := by_id.get(taken.message_id)):
                senders[taken.message] = Sender(sent.app, sent.evidence)
        rest = (taken for taken in self.taken.values() if taken.message not in senders)
        for sent, taken in pair_off(self.sent.values(), rest):
            senders[taken.message] = Sender(sent.app, replace(sent.evidence, is_inferred=True))
        return senders

    def _take(self, taken: Taken) -> None:
        known = self.taken.get(taken.message)
        self.taken[taken.message] = known.with_more(taken) if known else taken
        if len(self.taken) > 2 * _MOST_KEPT:
            self.taken = {one.message: one for one in sorted(self.taken.values(), key=_taken_order)[-_MOST_KEPT:]}

    def _send(self, sent: Sent) -> None:
        self.sent[sent.evidence.source, sent.evidence.line] = sent
        if len(self.sent) > 2 * _MOST_KEPT:
            newest = sorted(self.sent.items(), key=lambda item: _sent_order(item[1]))[-_MOST_KEPT:]
            self.sent = dict(newest)


def _parts(entry: Attempt | Event) -> tuple[tuple[Event, ...], str, datetime | None, datetime | None]:
    if isinstance(entry, Attempt):
        return entry.events, entry.app, entry.first_time, entry.last_time
    return (entry,), entry.app, entry.record.time, entry.record.time


def _recipients(events: Iterable[Event]) -> tuple[str, ...]:
    return tuple(sorted({event.recipient.casefold() for event in events if event.recipient}))


def _sent_order(sent: Sent) -> tuple[datetime, str, int]:
    return sent.first or _EARLIEST, sent.evidence.source, sent.evidence.line


def _taken_order(taken: Taken) -> tuple[datetime, str]:
    return taken.time or _EARLIEST, taken.message
