"""Attempts: the events of one try to hand one mail to its next hop, put together, and how the try ended.

One try shows up as many lines (Sidekiq's context dump, exception, `Error performing`), often in several
files (Zulip's send_email.log and errors.log). Events are joined by the keys their grammar gave them, and a
copy of an event is folded. Which keys may join what is written in `tries`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from itertools import chain
from typing import NamedTuple

from maillogdiag.boxes import pack
from maillogdiag.echoes import RELAYS, echo_codes, is_echo, is_refusal
from maillogdiag.events import ABOUT_NO_TRY, Event, EventKind
from maillogdiag.failures import flattened
from maillogdiag.tries import SILENT_SUCCESS_FORMS, Try, leads_to_none, slot_of

# Between a key that holds for a while and the stretch of time that it is meant in; in no key that a grammar gives.
_SLOT = "\x00"
# Tries kept open for further lines and for copies in other files; the oldest is closed first. Those that go well are
# many, and would close the others long before the file comes that has copies of them.
_MOST_SMOOTH, _MOST_FAILING = 1_500, 3_000
# Of the failing ones so many are kept as they are; older ones are put away, some at a time.
_MOST_AT_HAND, _BOX = 96, 16
# Failures of one reply that may still meet the other half of the same refusal, refusals and echoes each; and replies.
_MOST_AWAITING = 200


class Outcome(StrEnum):
    """How a try ended. `UNKNOWN`: the log ends, or never said."""

    ACCEPTED = "accepted"
    FAILED = "failed"
    UNKNOWN = "unknown"


_ACCEPTED, _UNKNOWN = Outcome.ACCEPTED, Outcome.UNKNOWN  # see `tries`


class Attempt(NamedTuple):
    """One try of an application or MTA to hand one mail on.

    Args:
        events: what was logged of it, in reading order, copies folded.
        outcome: how it ended.
        app: the application.
        relay: the mail server on the same machine that says itself why it refused the application, if one does.
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
    relay: str | None = None


def assemble_attempts(events: Iterable[Event]) -> Iterator[Attempt]:
    """Yield the tries that `events` tell of, each once no more of it is expected; see `Desk`."""
    desk = Desk()
    for event in events:
        if closed := desk.take(event):
            yield from closed
    yield from desk.close_all()


class _Log:
    """What was read of one source.

    Attributes:
        newest: the event that was read last.
        forms: of all its events.
    """

    __slots__ = ("forms", "newest")

    def __init__(self, newest: Event) -> None:
        self.newest = newest
        self.forms: set[str] = set()


class Desk:
    """Puts the events of one try together: the tries that are open, found by their keys.

    Attributes:
        taken: how many events came.
    """

    def __init__(self) -> None:
        self.taken = 0
        self._smooth: OrderedDict[Try, None] = OrderedDict()
        self._failing: OrderedDict[Try, None] = OrderedDict()
        self._at_hand: OrderedDict[Try, None] = OrderedDict()
        self._by_key: dict[str, Try] = {}
        self._has_times = False
        self._logs: dict[str, _Log] = {}
        self._awaiting_echo: dict[tuple[bool, int, str | None], list[tuple[Try, Event]]] = {}

    def take(self, event: Event) -> Sequence[Attempt]:
        """Put `event` to its try, or begin one with it; return the oldest tries where too many are open.

        Events come in reading order; several sources may follow each other. Those about no try are passed over.
        """
        if event.kind in ABOUT_NO_TRY:
            return ()
        self.taken += 1
        log = self._logs.get(event.record.place.source) or self._begin_log(event)
        log.newest = event
        log.forms.add(event.form)
        keys = event.keys or (_neighbour_key(event),)
        if found := self._find(event, keys):
            for known in found:
                if known.has_copy_of(event):
                    self._adopt_beginning(known, found, event)
                    return ()
            attempt = self._put_to_one(found, event, keys)
        else:
            attempt = Try(event, keys, self.taken)
        if event.failure is not None:
            self._join_echo(attempt, event)
        self._lead_to(attempt)
        return self._put(attempt)

    def close_all(self) -> Iterator[Attempt]:
        """Yield all tries that are still open."""
        for attempt in self._all():
            yield from self._close(attempt)
        self._smooth.clear()
        self._failing.clear()
        self._at_hand.clear()

    def under_way(self, settled: int) -> Iterator[Attempt]:
        """Yield the tries that are still open as they stand now; they stay open.

        Args:
            settled: a former value of `taken`. A try with an event after that may get further lines at once, which
                say more of it: its outcome is given as unknown.
        """
        for attempt in self._all():
            for known in self._finished(attempt):
                yield known if attempt.newest_event <= settled else known._replace(outcome=Outcome.UNKNOWN)

    def _all(self) -> list[Try]:
        """All that are open, in the order in which they began."""
        return sorted(chain(self._smooth, self._failing), key=lambda attempt: attempt.first_event)

    def _begin_log(self, event: Event) -> _Log:
        if self._logs:
            self._know_times()
        log = self._logs[event.record.place.source] = _Log(event)
        return log

    def _find(self, event: Event, keys: tuple[str, ...]) -> list[Try]:
        """The open tries that share a key with `event`, that of the strongest key first."""
        found: list[Try] = []
        by_key = self._by_key
        for key in keys:
            if key in by_key and not leads_to_none(key, event):
                newest = by_key[key]
                attempt = newest if newest.may_get(event, key) else self._find_by_time(event, key)
                if attempt is not None and attempt not in found:
                    found.append(attempt)
        return found

    def _put_to_one(self, found: list[Try], event: Event, keys: tuple[str, ...]) -> Try:
        """Put `event` to the first of the tries `found` that it is part of; else begin one with it."""
        attempt = next((one for one in found if one.has_room_for(event)), None)
        if attempt is None:
            return Try(event, keys, self.taken)
        for other in found:
            if other is not attempt and attempt.is_half_of(other):
                self._absorb(attempt, other)
        attempt.add(event)
        attempt.newest_event = self.taken
        attempt.know(keys)
        return attempt

    def _lead_to(self, attempt: Try) -> None:
        """Let all its keys lead to `attempt`."""
        by_key = self._by_key
        for key in attempt.keys:
            before = by_key.setdefault(key, attempt)
            if before is not attempt:
                if before in self._failing:  # lines of it may follow where times are out of order
                    self._know_time(before, (key,))
                by_key[key] = attempt

    def _put(self, attempt: Try) -> Sequence[Attempt]:
        """Keep `attempt` open among those alike; return the oldest of them where these are too many."""
        kept, most = self._smooth, _MOST_SMOOTH
        if attempt.is_failing:
            kept.pop(attempt, None)
            kept, most = self._failing, _MOST_FAILING
            self._keep_at_hand(attempt)
        kept[attempt] = None
        if len(kept) <= most:
            return ()
        oldest, _ = kept.popitem(last=False)
        return self._close(oldest)

    def _keep_at_hand(self, attempt: Try) -> None:
        """Keep the failing `attempt` as it is for now; put older ones away where these are too many."""
        self._at_hand[attempt] = None
        self._at_hand.move_to_end(attempt)
        if len(self._at_hand) >= _MOST_AT_HAND + _BOX:
            oldest = [self._at_hand.popitem(last=False)[0] for _ in range(_BOX)]
            for one, packed in zip(oldest, pack([one.events for one in oldest]), strict=True):
                one.put_away(packed)

    def _know_times(self) -> None:
        """Let keys that hold for a while lead to every open try, not to the newest one alone.

        A source that begins may tell of any of the tries that another one told of.
        """
        for attempt in chain(self._smooth, self._failing):
            self._know_time(attempt, attempt.keys)

    def _know_time(self, attempt: Try, keys: Iterable[str]) -> None:
        """Let those of `keys` that hold for a while lead to `attempt` by its time, too."""
        if time := attempt.last_time:
            slots = ((key, slot_of(key, time)) for key in keys if _SLOT not in key)
            timed = tuple(_key_in(key, slot) for key, slot in slots if slot is not None)
            attempt.know(timed)
            self._by_key.update(dict.fromkeys(timed, attempt))
            self._has_times = self._has_times or bool(timed)

    def _find_by_time(self, event: Event, key: str) -> Try | None:
        """The open try that shares `key` with `event` and is of the same time."""
        time = event.record.time
        slot = slot_of(key, time) if time and self._has_times else None
        if slot is None:
            return None
        near = (self._by_key.get(_key_in(key, one)) for one in (slot, slot - 1, slot + 1))
        return next((attempt for attempt in near if attempt and attempt.may_get(event, key)), None)

    def _adopt_beginning(self, attempt: Try, found: Iterable[Try], copy: Event) -> None:
        """Give `attempt` the line that began it, which stands only in the file where `copy` of its failure is, too.

        Zulip's errors.log, read before send_email.log, has the failures without their beginnings.
        """
        time = copy.record.time
        for other in found:
            is_earlier = time is None or other.last_time is None or other.last_time <= time
            if other is not attempt and is_earlier and not other.has_outcome and not other.shares_a_form(attempt):
                self._absorb(attempt, other)
        for key in attempt.keys:
            self._by_key[key] = attempt

    def _join_echo(self, attempt: Try, event: Event) -> None:
        """Make one of a try that a mail server refused and of the line in which that server says so."""
        codes = echo_codes(event)
        if codes is None or attempt.has_both_halves():
            return
        is_refused = is_refusal(event)
        others = self._awaiting_echo.get((not is_refused, *codes), [])
        for other, told in others:
            if (other not in self._smooth and other not in self._failing) or other.has_both_halves():
                continue
            refusal, echo = (event, told) if is_refused else (told, event)
            if is_echo(refusal, echo):
                others.remove((other, told))
                self._absorb(attempt, other)
                return
        alike = self._awaiting_echo.setdefault((is_refused, *codes), [])
        # What it says is in its failure, too.
        alike.append((attempt, event._replace(record=event.record._replace(text=""))))
        del alike[:-_MOST_AWAITING]
        if len(self._awaiting_echo) > _MOST_AWAITING:
            del self._awaiting_echo[next(iter(self._awaiting_echo))]

    def _absorb(self, attempt: Try, other: Try) -> None:
        """Sidekiq's lines know the job by one id, ActiveJob's by another, until a line names both."""
        attempt.absorb(other)
        self._smooth.pop(other, None)
        self._failing.pop(other, None)
        self._at_hand.pop(other, None)

    def _close(self, attempt: Try) -> Sequence[Attempt]:
        by_key = self._by_key
        for key in attempt.keys:
            known = by_key.pop(key, attempt)
            if known is not attempt:
                by_key[key] = known
        return self._finished(attempt)

    def _finished(self, attempt: Try) -> Sequence[Attempt]:
        events = attempt.events
        newest = events[-1]
        log = self._logs[newest.record.place.source]
        if newest.form in _SIDEKIQS_OWN and _is_shadow(attempt, log.forms):
            return ()
        outcome = _proven_outcome(attempt.kinds)
        if outcome is None:
            # What is the last line of its log may get another one.
            is_over = newest.form in SILENT_SUCCESS_FORMS and newest is not log.newest
            outcome = _ACCEPTED if is_over and not self._was_given_up(attempt, newest) else _UNKNOWN
        finished = _finish(events, outcome, attempt.last_time)
        return () if finished is None else (finished,)

    def _was_given_up(self, attempt: Try, newest: Event) -> bool:
        """Whether the same mail was tried again at once, and given up: Zulip up to 3 says nothing of tries before."""
        for key in attempt.keys:
            later = self._by_key.get(key, attempt) if key.startswith("to:") else attempt
            if later is not attempt and EventKind.GIVEN_UP in later.kinds and later.may_get(newest, key):
                return True
        return False


def _key_in(key: str, slot: int) -> str:
    """The key that leads to the tries of that stretch of time."""
    return f"{key}{_SLOT}{slot}"


def _neighbour_key(event: Event) -> str:
    text = event.failure.text if event.failure else event.record.text
    return f"same:{event.app}/{flattened(text[:200]).lower()}"


_SIDEKIQS_OWN = frozenset({"sidekiq-start", "sidekiq-done", "sidekiq-fail"})


def _is_shadow(attempt: Try, forms: set[str]) -> bool:
    """Whether these are only Sidekiq's own `start`, `done`, `fail` of a job whose ActiveJob lines are here, too.

    They carry another id than ActiveJob's lines, so that nothing ties a successful job's two halves together.
    """
    needed = "activejob-error" if "sidekiq-fail" in attempt.forms else "activejob-performed"
    return needed in forms and _SIDEKIQS_OWN.issuperset(attempt.forms)


def _finish(events: tuple[Event, ...], outcome: Outcome, last: datetime | None) -> Attempt | None:
    """The finished try; None where only lines that might as well be about something else were seen."""
    event = events[0]
    if len(events) == 1:
        is_sure = event.form[-1:] != "?"
        return Attempt(events, outcome, event.app, event.message, event.record.time, last) if is_sure else None
    if all(event.form.endswith("?") for event in events):
        return None
    app = _app(events)
    message = next((event.message for event in events if event.message), None)
    first = min((event.record.time for event in events if event.record.time), default=None)
    relay = next((event.app for event in events if event.app != app and is_refusal(event)), None)
    return Attempt(events, outcome, app, message, first, last, relay)


@cache
def _proven_outcome(kinds: frozenset[EventKind]) -> Outcome | None:
    """How a try with events of these kinds ended, if any of them tells it."""
    if EventKind.FAILED in kinds:
        return Outcome.FAILED
    if EventKind.ACCEPTED in kinds:
        return Outcome.ACCEPTED
    return None if kinds <= {EventKind.STARTED} else Outcome.FAILED


def _app(events: Sequence[Event]) -> str:
    """The most telling name among the events: an application rather than its framework, or than a mail server."""
    names = [event.app for event in events]
    if names.count(names[0]) == len(names):
        return names[0]
    names = [name for name in names if name not in RELAYS] or names
    return next((name for name in names if name not in GENERIC_APPS), names[0])


GENERIC_APPS = frozenset({"rails", "django", "any"})
"""Names that say only which framework wrote a line."""
