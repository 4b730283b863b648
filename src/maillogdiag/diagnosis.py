"""Attempts × rules → a tally → findings.

The tally is what many files, processes or machines can each make and merge: the report is the same as of one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain

from maillogdiag.attempts import GENERIC_APPS, Attempt, Outcome
from maillogdiag.causes import PER_MAIL, Cause
from maillogdiag.events import Event, EventKind
from maillogdiag.evidence import evidence_of
from maillogdiag.failures import Failure
from maillogdiag.handovers import Handovers, Sender
from maillogdiag.last_words import Endings, LastWords
from maillogdiag.mails import FailedMails, number_of, recipient_of, time_of
from maillogdiag.minutes import Minute, Minutes
from maillogdiag.onset import Changes
from maillogdiag.reports.model import Bucket, Evidence, Finding, Summary
from maillogdiag.rulebase.rules import TIER_RANK, Diagnosis, Fix, Severity, Tier
from maillogdiag.waiting import QueueTally

WAITING_TEXT = "mail was put into a queue and is never taken out"
"""What the rule base is asked for mail that waits, since no log says it."""

Diagnose = Callable[[Failure], Diagnosis]

_FAILED, _UNKNOWN = Outcome.FAILED, Outcome.UNKNOWN
_EVIDENCE_FIRST, _EVIDENCE_LAST = 2, 1
# Since Sidekiq 5 the dump of a failed job holds the error of the try before it.
_PREVIOUS_TRY_FORMS = frozenset({"sidekiq-context"})
# No try of its own, unless the log that has the tries is not there.
_EXPIRED_FORM = "postfix-expired"
_SEVERITY_ORDER = {Severity.HIGH: 0, Severity.MEDIUM: 1, Severity.LOW: 2}


_Told = tuple[Event, Failure]
"""An entry that tells of a failure, and the failure: evidence that is worked out only if it is shown."""


@dataclass(slots=True)
class _FindingTally:
    """What is counted of one rule's failures.

    Args:
        diagnosis: the rule base's.
        failure: the earliest one: its code is shown, and the fixes are for the server that it names.
        event: what told of that failure.
    """

    diagnosis: Diagnosis
    failure: Failure
    event: Event | None = None
    count: int = 0
    mails: FailedMails = field(default_factory=FailedMails)
    anonymous: int = 0
    apps: set[str] = field(default_factory=set)
    first: datetime | None = None
    last: datetime | None = None
    earliest: list[_Told] = field(default_factory=list)
    latest: list[_Told] = field(default_factory=list)

    def add(self, attempt: Attempt, event: Event, failure: Failure) -> None:
        self.count += 1
        self.apps.update(filter(None, (attempt.app, attempt.relay)))
        if attempt.message:
            self.mails.add(number_of(attempt.message, recipient_of(attempt)), time_of(attempt))
        else:
            self.anonymous += 1
        self.first = _earlier(self.first, attempt.first_time)
        self.last = _later(self.last, attempt.last_time)
        self._begin_with(event, failure)
        told: list[_Told] = [(event, failure)]
        if attempt.relay:
            # What the mail server on this machine says of the refusal, and what the application does.
            told += ((one, one.failure) for one in _refusal_and_echo(attempt) if one.failure)
        self._sample(told)

    def merge(self, other: _FindingTally) -> None:
        self.count += other.count
        self.mails.merge(other.mails)
        self.anonymous += other.anonymous
        self.apps |= other.apps
        self.first = _earlier(self.first, other.first)
        self.last = _later(self.last, other.last)
        if other.event:
            self._begin_with(other.event, other.failure)
        self._sample([*other.earliest, *other.latest])

    def _begin_with(self, event: Event, failure: Failure) -> None:
        """Keep the earliest failure, whatever the order in which they come."""
        if self.event is None or _order_told((event, failure)) < _order_told((self.event, self.failure)):
            self.event, self.failure = event, failure

    @property
    def evidence(self) -> list[Evidence]:
        """The first and the last entries that tell of it."""
        return [evidence_of(event, failure) for event, failure in (*self.earliest, *self.latest)]

    def _sample(self, told: list[_Told]) -> None:
        """Keep the first and the last few, whatever the order in which they come."""
        known = {_order_told(item): item for item in (*self.earliest, *self.latest, *told)}
        ordered = [known[order] for order in sorted(known)]
        self.earliest = ordered[:_EVIDENCE_FIRST]
        self.latest = ordered[_EVIDENCE_FIRST:][-_EVIDENCE_LAST:]


def _refusal_and_echo(attempt: Attempt) -> Iterator[Event]:
    """The line of the mail server on this machine, and the application's first one with its reply."""
    failed = [event for event in attempt.events if event.kind is EventKind.FAILED]
    for is_relays in (True, False):
        yield from [event for event in failed if (event.app == attempt.relay) is is_relays][:1]


@dataclass(slots=True)
class Tally:
    """Counts of attempts: by rule, and by minute and application."""

    findings: dict[tuple[Cause, str], _FindingTally] = field(default_factory=dict)
    minutes: defaultdict[str, Minutes] = field(default_factory=lambda: defaultdict(Minutes))
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    changes: Changes = field(default_factory=Changes)
    queue: QueueTally = field(default_factory=QueueTally)
    handovers: Handovers = field(default_factory=Handovers)
    last_words: LastWords = field(default_factory=LastWords)

    @property
    def summary(self) -> Summary:
        """How many attempts there were, and how they ended."""
        accepted, failed, unknown = (self.outcomes[one] for one in (Outcome.ACCEPTED, Outcome.FAILED, Outcome.UNKNOWN))
        return Summary(self.outcomes.total(), accepted, failed, unknown)

    def note(self, event: Event) -> None:
        """Take note of an event that is no part of a try."""
        if event.kind is EventKind.CHANGED:
            self.changes.add(event)
        else:
            self.queue.add(event)
            self.handovers.see(event)
            self.last_words.note(event)

    def add(self, attempt: Attempt, diagnose: Diagnose) -> None:
        """Count one attempt; `diagnose` is the rule base's."""
        outcome, time = attempt.outcome, attempt.last_time
        if self._is_end_only(attempt):
            self.last_words.add(attempt)
            return
        self.outcomes[outcome] += 1
        self.queue.saw(attempt)
        self.handovers.see(attempt)
        if time is not None and outcome is not _UNKNOWN:
            self.minutes[attempt.app].count(time, has_failed=outcome is _FAILED)
        if outcome is _FAILED:
            event, failure, diagnosis = decide(attempt, diagnose)
            key = (diagnosis.cause, diagnosis.rule)
            entry = self.findings.setdefault(key, _FindingTally(diagnosis, failure))
            entry.add(attempt, event, failure)
        self.last_words.add(attempt)
        self._forget()

    def _is_end_only(self, attempt: Attempt) -> bool:
        """Whether it tells only that a mail is not tried any more, of whose failures others told."""
        if attempt.message is None or any(event.form != _EXPIRED_FORM for event in attempt.events):
            return False
        number = number_of(attempt.message)
        return any(entry.mails.has_message(number) for entry in self.findings.values())

    def _forget(self) -> None:
        if self.last_words.is_full:
            self.last_words.forget([entry.mails for entry in self.findings.values()])

    def merge(self, other: Tally) -> None:
        """Add what another tally counted."""
        self.outcomes += other.outcomes
        self.changes.merge(other.changes)
        self.queue.merge(other.queue)
        self.handovers.merge(other.handovers)
        for app, minutes in other.minutes.items():
            self.minutes[app].merge(minutes)
        for cause, entry in other.findings.items():
            self.findings.setdefault(cause, _FindingTally(entry.diagnosis, entry.failure)).merge(entry)
        self.last_words.merge(other.last_words)
        self._forget()


def decide(attempt: Attempt, diagnose: Diagnose) -> tuple[Event, Failure, Diagnosis]:
    """Return the event that says best why `attempt` failed, its failure, and the diagnosis.

    The most specific diagnosis among its lines wins; one that says nothing ("unknown") only where all do.
    """
    candidates = []
    has_own = any(event.kind is EventKind.FAILED and event.failure for event in attempt.events)
    for event in attempt.events:
        if event.failure is not None and not (has_own and event.form in _PREVIOUS_TRY_FORMS):
            # What the mail server on this machine says of its refusal are its own words.
            is_own = event.failure.app in (attempt.app, attempt.relay)
            failure = event.failure if is_own else event.failure._replace(app=attempt.app)
            candidates.append((event, failure, diagnose(failure)))
    if not candidates:
        event = attempt.events[-1]
        text = event.record.text[:2000]
        failure = Failure(text=text, normal="", app=attempt.app)
        return event, failure, diagnose(failure)
    event, failure, diagnosis = max(candidates, key=lambda found: _weight(found[0], found[2]))
    if failure.code is None and failure.enhanced is None:
        # Postfix gives its own status code in the delivery line, and the reason in a line above it.
        own = (other.enhanced for _, other, _ in candidates if other.enhanced and other.code is None)
        failure = failure._replace(enhanced=next(own, None))
    return event, failure, diagnosis


def _weight(event: Event, diagnosis: Diagnosis) -> tuple[bool, bool, bool, bool, int]:
    # A delivery line names only the last address tried: "Network is unreachable" of an IPv6 address there is
    # less telling than the time-out of the IPv4 address in a line above it. And a vague last word ("handshake
    # failure") is less telling than a line before it that gives the reason.
    is_last_word = event.kind is EventKind.FAILED
    return (
        diagnosis.cause is not Cause.UNKNOWN,
        diagnosis.cause is not Cause.NETWORK_UNREACHABLE,
        diagnosis.rank >= Tier.CODE * TIER_RANK,
        is_last_word,
        diagnosis.rank,
    )


def findings_of(tally: Tally, diagnose: Diagnose) -> tuple[Finding, ...]:
    """Return the findings, the worst first: by severity, then by how many attempts failed."""
    told = ((entry, entry.evidence) for entry in tally.findings.values())
    senders = tally.handovers.senders()
    return in_order(_finding(*one, tally, senders, diagnose) for one in (*told, *_waiting(tally, diagnose)))


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings as a report lists them: what goes on and concerns all mail first, then by severity and count."""
    return tuple(sorted(findings, key=_impact))


def _waiting(tally: Tally, diagnose: Diagnose) -> Iterator[tuple[_FindingTally, list[Evidence]]]:
    """The mails that nobody takes out of their queue, as one more entry of the tally; each counts once."""
    waiting = tally.queue.waiting(tally.changes.end_of("sidekiq"))
    if waiting is None:
        return
    failure = Failure(text=WAITING_TEXT, normal=WAITING_TEXT, app=min(waiting.apps))
    mails = waiting.mails
    entry = _FindingTally(
        diagnose(failure),
        failure,
        count=len(mails),
        anonymous=len(mails),
        apps=set(waiting.apps),
        first=mails[0].time,
        last=mails[-1].time,
    )
    yield entry, [*mails[:_EVIDENCE_FIRST], *mails[_EVIDENCE_FIRST:][-_EVIDENCE_LAST:], waiting.worker]


def _finding(
    entry: _FindingTally, evidence: Iterable[Evidence], tally: Tally, senders: Mapping[str, Sender], diagnose: Diagnose
) -> Finding:
    diagnosis, failure = entry.diagnosis, entry.failure
    minutes = _minutes_of(tally, entry.apps)
    before = _accepted_before(entry.first, minutes)
    ids = entry.mails.messages()
    messages = min(entry.count, len(ids) + entry.anonymous)
    sent_by = _first_by_app(sender for one, sender in senders.items() if number_of(one) in ids)
    endings = tally.last_words.of(entry.mails)
    apps = _names(entry.apps)
    return Finding(
        cause=diagnosis.cause,
        rule=diagnosis.rule,
        title=diagnosis.title,
        severity=diagnosis.severity,
        confidence=diagnosis.confidence,
        count=entry.count,
        messages=messages,
        delivered_later=endings.accepted,
        given_up=endings.given_up,
        first_seen=entry.first,
        last_seen=entry.last,
        # The applications that sent the mail are named, too; what is to be done is to be done where it failed.
        apps=tuple(sorted({*apps, *_names(set(sent_by))})),
        code=failure.code,
        enhanced=failure.enhanced,
        explanation=diagnosis.explanation,
        fixes=_fixes(failure, apps, diagnose),
        evidence=(*sorted(sent_by.values(), key=_evidence_order), *evidence),
        before_onset=_before_onset(entry, before, tally.changes),
        last_accepted_before=max((minute.begin for minute in before), default=None),
        recovered=_recovered(entry, minutes, endings if endings.accepted == messages else None),
    )


def _recovered(entry: _FindingTally, minutes: Iterable[Minutes], all_got_through: Endings | None) -> datetime | None:
    """When a mail was accepted after the last failure; of causes that lie with single mails, when these were."""
    last = entry.last
    if last is None:
        return None
    if entry.diagnosis.cause not in PER_MAIL:
        after = [minute.begin for one in minutes if (minute := one.accepted_after(last))]
        if after:
            return min(after)
    return min((time for time in all_got_through.times if time >= last) if all_got_through else (), default=None)


def _first_by_app(senders: Iterable[Sender]) -> dict[str, Evidence]:
    """For each application that sent a mail the line about the first one; one that is proven rather than inferred."""
    first: dict[str, Evidence] = {}
    for sender in senders:
        known = first.get(sender.app, sender.evidence)
        first[sender.app] = min(known, sender.evidence, key=lambda item: (item.is_inferred, *_evidence_order(item)))
    return first


def _names(apps: set[str]) -> tuple[str, ...]:
    return tuple(sorted(apps - GENERIC_APPS or apps))


def _before_onset(entry: _FindingTally, accepted: Iterable[Minute], changes: Changes) -> tuple[Evidence, ...]:
    first = entry.first
    if first is None:
        return ()
    # In the minute in which it began, mail may have been accepted after that.
    times = (minute.last_accepted if minute.last_accepted < first else minute.begin for minute in accepted)
    return changes.before(first, entry.apps, max(times, default=None))


def _minutes_of(tally: Tally, apps: set[str]) -> list[Minutes]:
    """When mail of `apps` was tried: that another application's mail leaves proves nothing for them."""
    is_any = not GENERIC_APPS.isdisjoint(apps)
    return [minutes for app, minutes in tally.minutes.items() if is_any or app in apps or app in GENERIC_APPS]


def _accepted_before(time: datetime | None, minutes: Iterable[Minutes]) -> list[Minute]:
    """The last minute of each application in which mail was accepted, before `time`."""
    return [minute for one in minutes if time and (minute := one.accepted_before(time))]


def _fixes(failure: Failure, apps: Iterable[str], diagnose: Diagnose) -> tuple[Fix, ...]:
    """The fixes for every application that had this failure, each once."""
    fixes: dict[Fix, None] = {}
    for app in apps:
        fixes.update(dict.fromkeys(diagnose(failure._replace(app=app)).fixes))
    return tuple(fixes)


def timeline_of(tally: Tally, most: int = 60) -> tuple[Bucket, ...]:
    """Return attempts over time in at most `most` stretches of one length, empty ones included."""
    if not tally.minutes:
        return ()
    spans = [minutes.span for minutes in tally.minutes.values()]
    first, last = min(begin for begin, _ in spans), max(end for _, end in spans)
    width = next((step for step in _STEPS if (last - first) / step < most - 1), _STEPS[-1])
    start = _floor(first, width)
    buckets = [[0, 0] for _ in range((last - start) // width + 1)]
    for minute in chain.from_iterable(tally.minutes.values()):
        bucket = buckets[(minute.begin - start) // width]
        bucket[0] += minute.accepted
        bucket[1] += minute.failed
    return tuple(Bucket(start + width * number, *counts) for number, counts in enumerate(buckets))


_STEPS = (
    *(timedelta(minutes=n) for n in (1, 5, 15)),
    *(timedelta(hours=n) for n in (1, 3, 12)),
    *(timedelta(days=n) for n in (1, 7, 30, 365, 36500)),
)


def _floor(time: datetime, width: timedelta) -> datetime:
    midnight = time.replace(hour=0, minute=0)
    return midnight + (time - midnight) // width * width


def _impact(finding: Finding) -> tuple[bool, int, int, str]:
    """What goes on and concerns all mail comes first."""
    is_bearable = finding.recovered is not None or finding.cause in PER_MAIL
    return is_bearable, _SEVERITY_ORDER[finding.severity], -finding.count, finding.rule


def _evidence_order(item: Evidence) -> tuple[float, str, int]:
    return item.time.timestamp() if item.time else 0.0, item.source, item.line


def _order_told(told: _Told) -> tuple[float, str, int]:
    record = told[0].record
    return record.time.timestamp() if record.time else 0.0, record.place.source, record.place.line


def _earlier(one: datetime | None, two: datetime | None) -> datetime | None:
    return min(one, two) if one and two else one or two


def _later(one: datetime | None, two: datetime | None) -> datetime | None:
    return max(one, two) if one and two else one or two
