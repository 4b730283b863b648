"""Attempts: the events of one try to hand one mail to its next hop, put together, and how the try ended.

One try shows up as many lines (Sidekiq's context dump, exception, `Error performing`), often in several
files (Zulip's send_email.log and errors.log). Events are joined by the keys their grammar gave them, and a
copy of an event is folded. Which keys may join what is written in `_may_join`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from maillogdiag.events import Event, EventKind

# A Sidekiq thread id is used again by the next job: the exception line that has nothing else follows at once.
_THREAD_WINDOW_S = 2.0
# Tries kept open for further lines and for copies in other files; the oldest is closed first.
_OPEN_ATTEMPTS = 5_000
# Two lines without id or time that say the same this close together are one try (a wrapper and its cause).
_NEIGHBOUR_LINES = 12
# Zulip logs no success: a mail whose sending began and that has no error line was accepted.
_SILENT_SUCCESS_FORMS = frozenset({"zulip-sending"})


class Outcome(StrEnum):
    """How a try ended. `UNKNOWN`: the log ends, or never said."""

    ACCEPTED = "accepted"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of an application or MTA to hand one mail on.

    Args:
        events: what was logged of it, in reading order, copies folded.
        outcome: how it ended.
        app: the application.
        message: id of the mail, the same for all its tries; None where the log has no id.
        first_time: earliest time of its events.
        last_time: latest time of its events.
    """

    events: tuple[Event, ...]
    outcome: Outcome
    app: str
    message: str | None
    first_time: datetime | None
    last_time: datetime | None


@dataclass(slots=True, eq=False)
class _Open:
    """A try that may still get events."""

    events: list[Event] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    forms: set[str] = field(default_factory=set)
    last_time: datetime | None = None

    def add(self, event: Event) -> None:
        self.events.append(event)
        self.keys.update(event.keys)
        self.forms.add(_base_form(event))
        if event.record.time and (self.last_time is None or event.record.time > self.last_time):
            self.last_time = event.record.time

    def has_copy_of(self, event: Event) -> bool:
        """Whether this very line was read before, in another file or as another stream's copy."""
        return any(
            old.form == event.form
            and old.record.time == event.record.time
            and (event.record.time is not None or old.record.text == event.record.text)
            for old in self.events
        )

    def has_outcome(self) -> bool:
        return any(event.kind in (EventKind.FAILED, EventKind.ACCEPTED) for event in self.events)


def assemble_attempts(events: Iterable[Event]) -> Iterator[Attempt]:
    """Yield the tries that `events` tell of, each once no more of it is expected.

    Args:
        events: in reading order; several sources may follow each other. NOTICE and ENQUEUED are no tries.
    """
    open_attempts: OrderedDict[int, _Open] = OrderedDict()
    by_key: dict[str, _Open] = {}
    last_of_source: dict[str, Event] = {}

    def close(attempt: _Open) -> Attempt | None:
        for key in attempt.keys:
            if by_key.get(key) is attempt:
                del by_key[key]
        return _finish(attempt, last_of_source)

    for event in events:
        if event.kind in (EventKind.NOTICE, EventKind.ENQUEUED):
            continue
        last_of_source[event.record.place.source] = event
        keys = event.keys or (_neighbour_key(event),)
        known = _find(by_key, event, keys)
        if known is not None and known.has_copy_of(event):
            continue
        if known is None or not _belongs(known, event):
            known = _Open()
            open_attempts[id(known)] = known
        known.add(event)
        known.keys.update(keys)
        for key in known.keys:
            by_key[key] = known
        if len(open_attempts) > _OPEN_ATTEMPTS:
            _, oldest = open_attempts.popitem(last=False)
            if (attempt := close(oldest)) is not None:
                yield attempt
    for rest in open_attempts.values():
        if (attempt := close(rest)) is not None:
            yield attempt


def _find(by_key: dict[str, _Open], event: Event, keys: tuple[str, ...]) -> _Open | None:
    """The open try that shares `event`'s strongest key, if that key may still join."""
    for key in keys:
        attempt = by_key.get(key)
        if attempt is not None and _may_join(attempt, event, key):
            return attempt
    return None


def _may_join(attempt: _Open, event: Event, key: str) -> bool:
    """Whether `key` is good enough to tie `event` to `attempt`.

    A thread id ("tid:") holds for two seconds and never across a success; a process id ("pid:") ties the
    lines before an outcome to it; lines alike without any id must be neighbours. Other keys are unique ids.
    """
    if key.startswith("tid:"):
        if any(old.kind is EventKind.ACCEPTED for old in attempt.events):
            return False
        now, last = event.record.time, attempt.last_time
        return now is None or last is None or abs((now - last).total_seconds()) <= _THREAD_WINDOW_S
    if key.startswith("pid:"):
        return not attempt.has_outcome()
    if key.startswith("same:"):
        old, new = attempt.events[-1].record, event.record
        same_time = old.time == new.time
        distance = abs(new.place.line - old.place.line - old.lines + 1)
        return same_time and old.place.source == new.place.source and distance <= _NEIGHBOUR_LINES
    return True


def _belongs(attempt: _Open, event: Event) -> bool:
    """Whether `event` is part of this try; the second event of a form begins the mail's next try."""
    if all(key.startswith("same:") for key in attempt.keys):
        return True
    if event.form.endswith("*"):
        return not attempt.has_outcome()
    return _base_form(event) not in attempt.forms


def _base_form(event: Event) -> str:
    return event.form.rstrip("?*")


def _neighbour_key(event: Event) -> str:
    text = event.failure.normal if event.failure else event.record.text
    return f"same:{event.app}/{text[:200]}"


def _finish(attempt: _Open, last_of_source: dict[str, Event]) -> Attempt | None:
    """The finished try; None where only lines that might as well be about something else were seen."""
    if all(event.form.endswith("?") for event in attempt.events):
        return None
    times = [event.record.time for event in attempt.events if event.record.time]
    return Attempt(
        events=tuple(attempt.events),
        outcome=_outcome(attempt, last_of_source),
        app=_app(attempt),
        message=next((event.message for event in attempt.events if event.message), None),
        first_time=min(times, default=None),
        last_time=max(times, default=None),
    )


def _outcome(attempt: _Open, last_of_source: dict[str, Event]) -> Outcome:
    kinds = {event.kind for event in attempt.events}
    if EventKind.FAILED in kinds:
        return Outcome.FAILED
    if EventKind.ACCEPTED in kinds:
        return Outcome.ACCEPTED
    if EventKind.CONTEXT in kinds or EventKind.GIVEN_UP in kinds:
        return Outcome.FAILED
    newest = attempt.events[-1]
    is_last = last_of_source.get(newest.record.place.source) is newest
    if newest.form in _SILENT_SUCCESS_FORMS and not is_last:
        return Outcome.ACCEPTED
    return Outcome.UNKNOWN


def _app(attempt: _Open) -> str:
    """The most telling name among the events: an application rather than its framework."""
    names = [event.app for event in attempt.events]
    return next((name for name in names if name not in GENERIC_APPS), names[0])


GENERIC_APPS = frozenset({"rails", "django", "any"})
"""Names that say only which framework wrote a line."""
