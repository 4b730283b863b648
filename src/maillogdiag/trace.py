"""The path of one mail through all logs given: each stage with its line, and where the trail ends.

Entries belong together where an id says so (job, queue id, Message-ID): that is proven. An application that logs no id
is tied to the mail server beside it by recipient and time: that is inferred, and marked so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from maillogdiag.attempts import Attempt, Outcome
from maillogdiag.causes import Cause
from maillogdiag.diagnosis import Diagnose, Tally, decide
from maillogdiag.echoes import RELAYS, is_refusal
from maillogdiag.events import ABOUT_NO_MAIL, Event, EventKind
from maillogdiag.handovers import gather, pair_off, sent_of, taken_lines
from maillogdiag.last_words import is_end

_MOST_ENTRIES = 200_000
_ID_KINDS = ("job:", "jid:", "queue:", "exim:", "request:")


class Certainty(StrEnum):
    """How it is known that a stage belongs to the mail."""

    PROVEN = "proven"  # by an id, or by the recipient that was asked for
    INFERRED = "inferred"  # by recipient and time


@dataclass(frozen=True, slots=True)
class Stage:
    """One entry about the mail.

    Args:
        event: what was read.
        app: the application or mail server.
        words: what it says, in a few words; for a failure with its cause.
        certainty: how surely it is about this mail.
    """

    event: Event
    app: str
    words: str
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Path:
    """One mail.

    Args:
        stages: by time.
        outcome: of the last try that is known.
        end: where the trail ends, and which log would go on.
    """

    stages: tuple[Stage, ...]
    outcome: Outcome
    end: str


@dataclass(slots=True)
class Collected(Tally):
    """Stands in for the tally of a scan and keeps all it is given: the newest `_MOST_ENTRIES` tries and entries.

    Args:
        is_full: whether older ones were dropped.
    """

    entries: list[Attempt | Event] = field(default_factory=list)
    is_full: bool = False

    def add(self, attempt: Attempt, diagnose: Diagnose) -> None:
        """Keep a try."""
        self._keep(attempt)

    def note(self, event: Event) -> None:
        """Keep an entry about mail that is no part of a try."""
        if event.kind not in ABOUT_NO_MAIL:
            self._keep(event)

    def _keep(self, entry: Attempt | Event) -> None:
        self.entries.append(entry)
        if len(self.entries) > 2 * _MOST_ENTRIES:
            del self.entries[:-_MOST_ENTRIES]
            self.is_full = True


def trace(query: str, entries: Sequence[Attempt | Event], diagnose: Diagnose) -> tuple[Path, ...]:
    """Return the paths of the mails that `query` names, the oldest first.

    Args:
        query: a recipient, a Message-ID, a queue id or a job id.
        entries: as `Collected` keeps them.
        diagnose: the rule base's.
    """
    wanted = query.strip().strip("<>").casefold()
    mails = _mails(entries)
    named = {id(mail): mail for mail in mails if wanted in mail.names or wanted in mail.recipients}
    recipients = {one for mail in named.values() for one in mail.recipients}
    partners = _partners([mail for mail in mails if mail.recipients & recipients])
    for one in [mail for mail in named.values() if mail.is_relays]:
        # Found by both its halves: one path, which begins with the application.
        if id(one) in partners and id(partners[id(one)]) in named:
            del named[id(one)]
    return tuple(sorted((_path(mail, partners.get(id(mail)), diagnose) for mail in named.values()), key=_start))


@dataclass(slots=True)
class _Mail:
    """Entries that ids tie together."""

    entries: list[Attempt | Event]
    ids: set[str]

    @property
    def names(self) -> set[str]:
        return {one.partition(":")[2].casefold() for one in self.ids}

    @property
    def recipients(self) -> set[str]:
        return {event.recipient.casefold() for event in self.events if event.recipient}

    @property
    def events(self) -> list[Event]:
        return [event for entry in self.entries for event in _events_of(entry)]

    @property
    def is_relays(self) -> bool:
        return all(event.app in RELAYS for event in self.events)

    @property
    def has_relays(self) -> bool:
        return any(event.app in RELAYS for event in self.events)


def _mails(entries: Iterable[Attempt | Event]) -> list[_Mail]:
    """Put together what shares an id, whatever stands between."""
    by_id: dict[str, _Mail] = {}
    mails: dict[int, _Mail] = {}
    for entry in entries:
        mail = _Mail([entry], _ids_of(entry))
        for known in {id(by_id[one]): by_id[one] for one in mail.ids if one in by_id}.values():
            mail.entries = [*known.entries, *mail.entries]
            mail.ids |= known.ids
            del mails[id(known)]
        mails[id(mail)] = mail
        by_id.update(dict.fromkeys(mail.ids, mail))
    return list(mails.values())


def _ids_of(entry: Attempt | Event) -> set[str]:
    ids: set[str] = set()
    for event in _events_of(entry):
        ids.update(one for one in (event.message, *event.keys) if one and one.startswith(_ID_KINDS) and "/" not in one)
        if event.message_id:
            ids.add(f"message-id:{event.message_id}")
    return ids


def _partners(mails: Sequence[_Mail]) -> dict[int, _Mail]:
    """Tie each application's mail to the one that the mail server beside it took just then, if no id does; by `id`."""
    sent = [(one, mail) for mail in mails if not mail.has_relays for one in map(sent_of, mail.entries) if one]
    taken = [
        (one, mail)
        for mail in mails
        if mail.is_relays
        for one in gather(line for entry in mail.entries for line in taken_lines(entry))
    ]
    mail_of = {id(one): mail for one, mail in (*sent, *taken)}
    partners: dict[int, _Mail] = {}
    for one, other in pair_off((one for one, _ in sent), (one for one, _ in taken)):
        application, relay = mail_of[id(one)], mail_of[id(other)]
        if id(application) not in partners:
            partners[id(application)], partners[id(relay)] = relay, application
    return partners


def _path(mail: _Mail, partner: _Mail | None, diagnose: Diagnose) -> Path:
    entries = [*mail.entries, *(partner.entries if partner else ())]
    stages = [stage for entry in mail.entries for stage in _stages(entry, Certainty.PROVEN, diagnose)]
    if partner:
        stages += [stage for entry in partner.entries for stage in _stages(entry, Certainty.INFERRED, diagnose)]
    stages.sort(key=lambda stage: _in_the_mails_order(stage.event))
    tries = [entry for entry in entries if isinstance(entry, Attempt)]
    # What a mail server says comes after what the application that gave it the mail says, whatever their stamps.
    tries.sort(key=lambda one: (one.app in RELAYS, one.last_time.timestamp() if one.last_time else 0.0))
    last = tries[-1] if tries else None
    return Path(tuple(stages), last.outcome if last else Outcome.UNKNOWN, _end(last, stages))


def _stages(entry: Attempt | Event, certainty: Certainty, diagnose: Diagnose) -> Iterable[Stage]:
    decisive, cause = None, ""
    if isinstance(entry, Attempt) and entry.outcome is Outcome.FAILED:
        decisive, _, diagnosis = decide(entry, diagnose)
        cause = diagnosis.title if diagnosis.cause is not Cause.UNKNOWN else "no rule knows why"
    for event in _events_of(entry):
        words = _EXPIRED if event.form == "postfix-expired" else _WORDS[event.kind]
        # A relay's refusal within an application's try stays the relay's, a framework's line is the application's.
        app = entry.app if isinstance(entry, Attempt) and event.app not in RELAYS else event.app
        yield Stage(
            event,
            app,
            f"{words}: {cause}" if decisive and event.record.place == decisive.record.place else words,
            certainty,
        )


_EXPIRED = "given up after the last try, and returned to the sender"
_WORDS = {
    EventKind.ENQUEUED: "queued",
    EventKind.STARTED: "a try began",
    EventKind.ACCEPTED: "accepted by the next hop",
    EventKind.FAILED: "failed",
    EventKind.CONTEXT: "more about the failure",
    EventKind.GIVEN_UP: "given up",
    EventKind.NOTICE: "noted",
}


def _end(last: Attempt | None, stages: Sequence[Stage]) -> str:
    """Where the trail ends; says nothing of what lies behind it."""
    if last is None:
        return "It was queued, and these logs do not show who worked it: add the log of the worker or mail server."
    is_relays = last.app in RELAYS
    match last.outcome:
        case Outcome.ACCEPTED if is_relays:
            return "The next mail server took it. What became of it there, only that server's log can tell."
        case Outcome.ACCEPTED:
            return (
                f"{last.app} handed it over. If its mail server is on this machine, that one's log goes on: add "
                "/var/log/mail.log, or --unit 'postfix*'; otherwise ask the provider for its log."
            )
        case Outcome.FAILED if any(map(is_end, (stage.event for stage in stages))):
            return "It was given up: nobody will try again."
        case Outcome.FAILED if any(map(is_refusal, last.events)):
            return "The mail server would not take it: only what handed it over can try again."
        case Outcome.FAILED if is_relays:
            return "The mail server's last word is a failure; mailq shows whether it will try again."
        case Outcome.FAILED:
            return "The application's last word is a failure; the mail got no further."
        case _:
            return "The log ends while it was being sent; its later part would tell the outcome."


def _events_of(entry: Attempt | Event) -> Sequence[Event]:
    if isinstance(entry, Event):
        return (entry,)
    # Without a time of its own a line stands where its neighbours of the same try stand.
    return [
        event if event.record.time else event._replace(record=event.record._replace(time=entry.first_time))
        for event in entry.events
    ]


def _in_the_mails_order(event: Event) -> tuple[int, bool, float, str, int]:
    """Within a second, which may be all that a mail server's stamp tells, the application comes first."""
    time = event.record.time
    return int(time.timestamp()) if time else 0, event.app in RELAYS, *_order(event)


def _order(event: Event) -> tuple[float, str, int]:
    place = event.record.place
    return event.record.time.timestamp() if event.record.time else 0.0, place.source, place.line


def _start(path: Path) -> tuple[float, str, int]:
    return _order(path.stages[0].event)
