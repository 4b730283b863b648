"""One try as far as it was logged, and which further lines are part of it.

What ties a line to a try are keys. Some are unique ids; others mean much for a while only: which, and for how long, is
written here. `attempts` finds the tries that a line's keys lead to.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache

from maillogdiag.boxes import Packed
from maillogdiag.echoes import echo_codes, is_refusal
from maillogdiag.events import Event, EventKind
from maillogdiag.records import Record

# Kinds of keys that say the same of one try after another, and for how many seconds one of a kind holds. A Sidekiq
# thread takes the next job: the exception line that has nothing else follows at once. The same mail to the same
# address, and the mail that Zulip began to send last, are meant for far longer than one mail takes: smtplib waits
# EMAIL_TIMEOUT = 15 s a step (zproject/computed_settings.py). The same reason is logged by all who see it at once, and
# an exception's backtrace by the process that has just logged its message.
_WINDOWS_S = {"tid": 2.0, "to": 300.0, "rcpt": 300.0, "begun": 300.0, "why": 5.0, "logged": 5.0}
_BEGUN = "begun:"
# Two lines without id or time that say the same this close together are one try (a wrapper and its cause).
_NEIGHBOUR_LINES = 12
# rsyslog writes whole seconds, the journal when it got the line, to the microsecond.
_COARSE_STAMP_S = 1.5
# Entries of named values, mostly of whole seconds: only all they say tells copies from mails that failed alike.
_OF_ANY_PROGRAM = "structured-"
SILENT_SUCCESS_FORMS = frozenset({"zulip-sending"})
"""Zulip logs no success: a mail whose sending began and that has no error line was accepted."""


class Try:
    """A try that may still get events.

    Thousands are open, most with one event that nothing follows: tuples are made faster than lists and take less room.

    Args:
        event: the first that was read of it.
        keys: what leads to it.
        number: of that event, counted from 1.

    Attributes:
        forms: of its events, without their marks.
        kinds: of its events.
        last_time: the latest of its events' times.
        first_event: number of its first event …
        newest_event: … and of the one that was read last.
    """

    __slots__ = ("_kept", "first_event", "forms", "keys", "kinds", "last_time", "newest_event")

    def __init__(self, event: Event, keys: tuple[str, ...], number: int) -> None:
        self._kept: tuple[Event, ...] | Packed = (event,)
        self.keys = keys
        self.forms: tuple[str, ...] = (_base_form(event),)
        self.kinds = _ONE_KIND[event.kind]
        self.last_time = event.record.time
        self.first_event = self.newest_event = number

    @property
    def events(self) -> tuple[Event, ...]:
        """What was read of it, copies folded."""
        kept = self._kept
        return kept.events if isinstance(kept, Packed) else kept

    def put_away(self, events: Packed) -> None:
        """Have its events packed from now on, until it gets a further one."""
        self._kept = events

    @property
    def has_outcome(self) -> bool:
        """Whether an event says how it ended."""
        return not self.kinds.isdisjoint(_OUTCOMES)

    @property
    def is_failing(self) -> bool:
        """Whether it is not as a try that goes well."""
        return not self.kinds <= _GOING_WELL

    def add(self, event: Event) -> None:
        """Make `event` part of it."""
        self._kept = (*self.events, event)
        form, kind = _base_form(event), event.kind
        if form not in self.forms:
            self.forms += (form,)
        if kind not in self.kinds:
            self.kinds = _with_kind(self.kinds, kind)
        time = event.record.time
        if time and (self.last_time is None or time > self.last_time):
            self.last_time = time

    def absorb(self, other: Try) -> None:
        """Make all of `other` part of it."""
        for event in other.events:
            self.add(event)
        self._kept = tuple(sorted(self.events, key=lambda event: event.record.place))
        self.know(other.keys)

    def know(self, keys: tuple[str, ...]) -> None:
        """Take note of further keys that lead to this try."""
        if further := [key for key in keys if key not in self.keys]:
            self.keys += tuple(further)

    def has_copy_of(self, event: Event) -> bool:
        """Whether this very line was read before, in another file or as another stream's copy.

        Copies may have other words around them; a form that may come several times in a try is told by its text.
        """
        record, form = event.record, event.form
        needs_text = record.time is None or form.endswith("*") or form.startswith(_OF_ANY_PROGRAM)
        for old in self.events:
            if (
                old.form == form
                and _is_same_moment(old.record, record)
                and (not needs_text or old.record.text == record.text)
            ):
                return True
        return False

    def has_both_halves(self) -> bool:
        """Whether a mail server's refusal and the application that it refused are both in it."""
        refusals = {is_refusal(event) for event in self.events if echo_codes(event)}
        return len(refusals) == 2

    def may_get(self, event: Event, key: str) -> bool:
        """Whether `key` is good enough to tie `event` to it.

        Some kinds of keys hold for a while only, a thread id ("tid:") never across a success; a process id ("pid:")
        ties the lines before an outcome to it; lines alike without any id must be neighbours. Other keys are unique
        ids.
        """
        kind = key.partition(":")[0]
        if window_s := _WINDOWS_S.get(kind):
            now, last = event.record.time, self.last_time
            if now is not None and last is not None and abs((now - last).total_seconds()) > window_s:
                return False
            if kind == "logged":
                return self._may_be_told_more_by(event)
            return kind != "tid" or EventKind.ACCEPTED not in self.kinds
        if kind == "pid":
            return not self.has_outcome
        if kind == "same":
            old, new = self.events[-1].record, event.record
            same_time = old.time == new.time
            distance = abs(new.place.line - old.place.line - old.lines + 1)
            return same_time and old.place.source == new.place.source and distance <= _NEIGHBOUR_LINES
        return True

    def _may_be_told_more_by(self, event: Event) -> bool:
        """Whether `event` may be of the same exception: of a job's only what says no failure by itself."""
        is_jobs = any(old.message for old in self.events)
        return event.message is None and (event.kind is EventKind.CONTEXT or not is_jobs)

    def has_room_for(self, event: Event) -> bool:
        """Whether `event` is part of this try; the second event of a form begins the mail's next try."""
        if self.keys[0].startswith("same:") and all(key.startswith("same:") for key in self.keys):
            return True
        if (event.form.endswith("*") or event.form in SILENT_SUCCESS_FORMS) and self.has_outcome:
            return False
        return event.form.endswith("*") or _base_form(event) not in self.forms

    def is_half_of(self, other: Try) -> bool:
        """Whether two tries that a line ties together can be one: no form twice, and of one source."""
        same_source = self.events[-1].record.place.source == other.events[-1].record.place.source
        return same_source and not self.shares_a_form(other)

    def shares_a_form(self, other: Try) -> bool:
        """Whether both have an event of one form."""
        return not set(self.forms).isdisjoint(other.forms)


_GOING_WELL = frozenset({EventKind.STARTED, EventKind.ACCEPTED})
_OUTCOMES = frozenset({EventKind.ACCEPTED, EventKind.FAILED})
_ONE_KIND = {kind: frozenset({kind}) for kind in EventKind}
# Python 3.11 takes as long to find a member in its enumeration as for two calls: what is done for every line has names.
_STARTED = EventKind.STARTED


@cache
def _with_kind(kinds: frozenset[EventKind], kind: EventKind) -> frozenset[EventKind]:
    """Of the few sets of kinds that there are each is made once: thousands of tries share them."""
    return kinds | {kind}


def leads_to_none(key: str, event: Event) -> bool:
    """Whether `key` ties `event` to no earlier try: what begins a try is no part of the one that began before it."""
    return event.kind is _STARTED and key.startswith(_BEGUN)


def slot_of(key: str, time: datetime) -> int | None:
    """Which stretch of time, as long as `key` holds, `time` is in; None for a thread's, and one that holds for ever."""
    kind = key.partition(":")[0]
    return int(time.timestamp() // _WINDOWS_S[kind]) if kind in _WINDOWS_S and kind != "tid" else None


def _is_same_moment(one: Record, two: Record) -> bool:
    """Whether two lines alike may be one, in mail.log and in the journal, though only one has fractions of seconds."""
    if one.time == two.time or one.time is None or two.time is None:
        return one.time == two.time
    if one.place.source == two.place.source or bool(one.time.microsecond) == bool(two.time.microsecond):
        return False
    coarse, fine = sorted((one.time, two.time), key=lambda time: time.microsecond)
    return 0 <= (fine - coarse).total_seconds() < _COARSE_STAMP_S


def _base_form(event: Event) -> str:
    return event.form.rstrip("?*")
