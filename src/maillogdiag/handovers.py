"""Mail that an application handed to the mail server on its machine: who sent what that server could not deliver.

Where both log the Message-ID, it proves that they tell of one mail. Most applications log none: that the server took a
mail for the same recipient just then suggests it, unless another application's mail could be it as well. The server
names its queue id ever after, and the two logs may be read in any order, so that both sides are kept until the end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from maillogdiag.attempts import Attempt, Outcome
from maillogdiag.echoes import RELAYS
from maillogdiag.events import Event, EventKind
from maillogdiag.evidence import sample_of
from maillogdiag.records import Place
from maillogdiag.reports.model import Evidence

_MOST_KEPT = 2_000
# An application may log that it sends before it connects.
_PATIENCE = timedelta(seconds=10)
# A stamp may have lost its fraction of a second, and some applications log a mail when it is handed over.
_STAMP = timedelta(seconds=1)
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_FAILED, _ENQUEUED = Outcome.FAILED, EventKind.ENQUEUED


class Sent(NamedTuple):
    """A mail that an application sent.

    Args:
        place: of the line in which it says so …
        time: … and when it was written …
        text: … and what it says.
        recipients: in lower case, as far as it tells.
        first: when it began to send; None where unknown.
        last: when it was done.
    """

    app: str
    place: Place
    time: datetime | None
    text: str
    message_id: str | None
    recipients: tuple[str, ...]
    first: datetime | None
    last: datetime | None

    def evidence(self, *, is_inferred: bool = False) -> Evidence:
        """Return the line as evidence."""
        return Evidence(self.place.source, self.place.line, self.time, self.text, is_inferred=is_inferred)


class TakenLine(NamedTuple):
    """What one line tells of a mail that a mail server took; `message` is its id there ("queue:…")."""

    message: str
    time: datetime | None
    message_id: str | None
    recipient: str | None


class Taken(NamedTuple):
    """A mail that a mail server took.

    Args:
        messages: its ids there; a filter gives it a second one.
        time: when it came, as far as is known.
        recipients: in lower case.
    """

    messages: tuple[str, ...]
    time: datetime | None
    message_id: str | None
    recipients: tuple[str, ...]


class Sender(NamedTuple):
    """The application that sent a mail, and the line in which it says so, marked where it is only inferred."""

    app: str
    evidence: Evidence


def sent_of(entry: Attempt | Event) -> Sent | None:
    """Return the mail that an application handed over; None for a mail server's own, and where nothing tells which."""
    if entry.app in RELAYS:
        return None
    if sent := _told_by_one_line(entry):
        return sent
    events: Sequence[Event]
    if isinstance(entry, Attempt):
        events, first, last = entry.events, entry.first_time, entry.last_time
        has_failed = entry.outcome is _FAILED
    else:
        events, first, last, has_failed = (entry,), entry.record.time, entry.record.time, False
    told, recipients = None, []
    for event in events:
        if event.app in RELAYS:
            continue
        if event.recipient:
            recipients.append(event.recipient.casefold())
            if told is None and not has_failed and event.kind is not _ENQUEUED:
                told = event
        if event.message_id and (told is None or not told.message_id):
            told = event
    if told is None:
        return None
    record = told.record
    # Rails may log the whole mail below.
    text = sample_of(record.text.partition("\n")[0])
    whom = tuple(recipients if len(recipients) < 2 else sorted(set(recipients)))
    return Sent(entry.app, record.place, record.time, text, told.message_id, whom, first, last)


def _told_by_one_line(entry: Attempt | Event) -> Sent | None:
    """The mail of a try that one line with a recipient tells all of, as most lines of Zulip do."""
    if not isinstance(entry, Attempt) or entry.outcome is _FAILED or len(entry.events) != 1:
        return None
    event = entry.events[0]
    if not event.recipient or event.kind is _ENQUEUED or "\n" in event.record.text:
        return None
    record, whom = event.record, (event.recipient.casefold(),)
    text = sample_of(record.text)
    return Sent(entry.app, record.place, record.time, text, event.message_id, whom, entry.first_time, entry.last_time)


def taken_lines(entry: Attempt | Event) -> Iterator[TakenLine]:
    """Yield what `entry` tells of a mail in a mail server's queue; nothing where it is an application's."""
    if entry.app in RELAYS:
        for event in entry.events if isinstance(entry, Attempt) else (entry,):
            if event.message and (event.recipient or event.kind is EventKind.ENQUEUED):
                yield TakenLine(event.message, event.record.time, event.message_id, event.recipient)


def gather(lines: Iterable[TakenLine]) -> list[Taken]:
    """Return the mails that `lines` tell of: what shares an id there, or the Message-ID."""
    lines = list(lines)
    message_ids = {line.message: line.message_id for line in lines if line.message_id}
    mails: dict[str, list[TakenLine]] = defaultdict(list)
    for line in lines:
        mails[message_ids.get(line.message) or line.message].append(line)
    return [
        Taken(
            tuple(sorted({line.message for line in mail})),
            min((line.time for line in mail if line.time), default=None),
            message_ids.get(mail[0].message),
            tuple(sorted({line.recipient.casefold() for line in mail if line.recipient})),
        )
        for mail in mails.values()
    ]


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
    """What is known so far of who handed over what; of very many mails the newest.

    Args:
        taken: by the mail server.
        sent: by applications.
    """

    taken: deque[TakenLine] = field(default_factory=lambda: deque(maxlen=3 * _MOST_KEPT))
    sent: deque[Sent] = field(default_factory=lambda: deque(maxlen=_MOST_KEPT))

    def see(self, entry: Attempt | Event) -> None:
        """Take note of what `entry` tells of a mail that was sent or taken."""
        if entry.app in RELAYS:
            self.taken.extend(taken_lines(entry))
        elif sent := sent_of(entry):
            self.sent.append(sent)

    def merge(self, other: Handovers) -> None:
        """Add what another tally knows of a later part of the log."""
        self.taken.extend(other.taken)
        self.sent.extend(other.sent)

    def senders(self) -> dict[str, Sender]:
        """Return who sent what a mail server took, by its id there, without those of whom it isn't known."""
        if not self.sent or not self.taken:
            return {}
        by_id = {sent.message_id: sent for sent in self.sent if sent.message_id}
        taken = gather(self.taken)
        known = [(by_id[one.message_id], one) for one in taken if one.message_id in by_id]
        senders = {message: Sender(sent.app, sent.evidence()) for sent, one in known for message in one.messages}
        rest = (one for one in taken if one.message_id not in by_id)
        for sent, one in pair_off(self.sent, rest):
            senders.update(dict.fromkeys(one.messages, Sender(sent.app, sent.evidence(is_inferred=True))))
        return senders


def _sent_order(sent: Sent) -> tuple[datetime, str, int]:
    return sent.first or _EARLIEST, sent.place.source, sent.place.line


def _taken_order(taken: Taken) -> tuple[datetime, str]:
    return taken.time or _EARLIEST, taken.messages[0]
