"""Attempts: the events of one try to hand one mail to its next hop, put together, and how the try ended.

One try shows up as many lines (Sidekiq's context dump, exception, `Error performing`), often in several
files (Zulip's send_email.log and errors.log). Events are joined by the keys their grammar gave them, and a
copy of an event is folded. Which keys may join what is written in `_may_join`.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import NamedTuple

from maillogdiag.echoes import RELAYS, echo_codes, is_echo, is_refusal
from maillogdiag.events import ABOUT_NO_TRY, Event, EventKind
from maillogdiag.failures import flattened
from maillogdiag.records import Record

# Kinds of keys that say the same of one try after another, and for how many seconds one of a kind holds. A Sidekiq
# thread takes the next job: the exception line that has nothing else follows at once. The same mail to the same
# address, and the mail that Zulip began to send last, are meant for far longer than one mail takes: smtplib waits
# EMAIL_TIMEOUT = 15 s a step (zproject/computed_settings.py). The same reason is logged by all who see it at once.
_WINDOWS_S = {"tid": 2.0, "to": 300.0, "rcpt": 300.0, "begun": 300.0, "why": 5.0}
# Between such a key and the stretch of time that it is meant in; in no key that a grammar gives.
_SLOT = "\x00"
# Tries kept open for further lines and for copies in other files; the oldest is closed first. Those that go well are
# many, and would close the others long before the file comes that has copies of them.
_MOST_SMOOTH, _MOST_FAILING = 1_500, 4_000
# Two lines without id or time that say the same this close together are one try (a wrapper and its cause).
_NEIGHBOUR_LINES = 12
# Failures of one reply that may still meet the other half of the same refusal, refusals and echoes each.
_MOST_AWAITING = 200
# rsyslog writes whole seconds, the journal when it got the line, to the microsecond.
_COARSE_STAMP_S = 1.5
# Zulip logs no success: a mail whose sending began and that has no error line was accepted.
_SILENT_SUCCESS_FORMS = frozenset({"zulip-sending"})


class Outcome(StrEnum):
    """How a try ended. `UNKNOWN`: the log ends, or never said."""

    ACCEPTED = "accepted"
    FAILED = "failed"
    UNKNOWN = "unknown"


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


class _Open:
    """A try that may still get events. Thousands are open, with few keys and forms each: tuples take least room."""

    __slots__ = ("events", "first_event", "forms", "has_outcome", "is_failing", "keys", "last_time", "newest_event")

    def __init__(self, first_event: int) -> None:
        self.first_event = first_event
        self.events: list[Event] = []
        self.keys: tuple[str, ...] = ()
        self.forms: tuple[str, ...] = ()
        self.last_time: datetime | None = None
        self.newest_event = 0
        self.has_outcome = False
        self.is_failing = False

    def add(self, event: Event) -> None:
        self.events.append(event)
        if event.kind is EventKind.FAILED or event.kind is EventKind.ACCEPTED:
            self.has_outcome = True
        if event.kind is not EventKind.STARTED and event.kind is not EventKind.ACCEPTED:
            self.is_failing = True
        form = _base_form(event)
        if form not in self.forms:
            self.forms += (form,)
        time = event.record.time
        if time and (self.last_time is None or time > self.last_time):
            self.last_time = time

    def know(self, keys: tuple[str, ...]) -> None:
        """Take note of further keys that lead to this try."""
        self.keys = self.keys + tuple(key for key in keys if key not in self.keys) if self.keys else keys

    def has_copy_of(self, event: Event) -> bool:
        """Whether this very line was read before, in another file or as another stream's copy.

        Copies may have other words around them; a form that may come several times in a try is told by its text.
        """
        record, form = event.record, event.form
        needs_text = record.time is None or form.endswith("*")
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


def assemble_attempts(events: Iterable[Event]) -> Iterator[Attempt]:
    """Yield the tries that `events` tell of, each once no more of it is expected; see `Desk`."""
    desk = Desk()
    for event in events:
        if closed := desk.take(event):
            yield from closed
    yield from desk.close_all()


class Desk:
    """Puts the events of one try together: the tries that are open, found by their keys.

    Attributes:
        taken: how many events came.
    """

    def __init__(self) -> None:
        self.taken = 0
        self._smooth: OrderedDict[_Open, None] = OrderedDict()
        self._failing: OrderedDict[_Open, None] = OrderedDict()
        self._by_key: dict[str, _Open] = {}
        self._has_times = False
        self._newest: dict[str, Event] = {}
        self._forms: defaultdict[str, set[str]] = defaultdict(set)
        self._awaiting_echo: dict[tuple[bool, int, str | None], list[tuple[_Open, Event]]] = {}

    def take(self, event: Event) -> Sequence[Attempt]:
        """Put `event` to its try, or begin one with it; return the oldest tries where too many are open.

        Events come in reading order; several sources may follow each other. Those about no try are passed over.
        """
        if event.kind in ABOUT_NO_TRY:
            return ()
        self.taken += 1
        source = event.record.place.source
        if source not in self._newest and self._newest:
            self._know_times()
        self._newest[source] = event
        self._forms[source].add(event.form)
        keys = event.keys or (_neighbour_key(event),)
        attempt = None
        if found := self._find(event, keys):
            for known in found:
                if known.has_copy_of(event):
                    self._adopt_beginning(known, found, event)
                    return ()
            attempt = next((one for one in found if _belongs(one, event)), None)
        if attempt is None:
            attempt = _Open(self.taken)
        for other in found:
            if other is not attempt and _are_halves(attempt, other):
                self._absorb(attempt, other)
        attempt.add(event)
        if event.failure is not None:
            self._join_echo(attempt, event)
        attempt.newest_event = self.taken
        attempt.know(keys)
        for key in attempt.keys:
            before = self._by_key.get(key)
            if before is not attempt:
                if before and before in self._failing:  # lines of it may follow where times are out of order
                    self._know_time(before, (key,))
                self._by_key[key] = attempt
        return self._put(attempt)

    def close_all(self) -> Iterator[Attempt]:
        """Yield all tries that are still open."""
        for attempt in self._all():
            yield from self._close(attempt)
        self._smooth.clear()
        self._failing.clear()

    def under_way(self, settled: int) -> Iterator[Attempt]:
        """Yield the tries that are still open as they stand now; they stay open.

        Args:
            settled: a former value of `taken`. A try with an event after that may get further lines at once, which
                say more of it: its outcome is given as unknown.
        """
        for attempt in self._all():
            for known in self._finished(attempt):
                yield known if attempt.newest_event <= settled else known._replace(outcome=Outcome.UNKNOWN)

    def _all(self) -> list[_Open]:
        """All that are open, in the order in which they began."""
        return sorted(chain(self._smooth, self._failing), key=lambda attempt: attempt.first_event)

    def _put(self, attempt: _Open) -> Sequence[Attempt]:
        """Keep `attempt` open among those alike; return the oldest of them where these are too many."""
        if attempt.is_failing:
            self._smooth.pop(attempt, None)
        kept, most = (self._failing, _MOST_FAILING) if attempt.is_failing else (self._smooth, _MOST_SMOOTH)
        kept[attempt] = None
        if len(kept) <= most:
            return ()
        oldest, _ = kept.popitem(last=False)
        return self._close(oldest)

    def _find(self, event: Event, keys: tuple[str, ...]) -> list[_Open]:
        """The open tries that share a key with `event`, that of the strongest key first."""
        found: list[_Open] = []
        by_key = self._by_key
        for key in keys:
            if key in by_key:
                newest = by_key[key]
                attempt = newest if _may_join(newest, event, key) else self._find_by_time(event, key)
                if attempt is not None and attempt not in found:
                    found.append(attempt)
        return found

    def _know_times(self) -> None:
        """Let keys that hold for a while lead to every open try, not to the newest one alone.

        A source that begins may tell of any of the tries that another one told of.
        """
        for attempt in chain(self._smooth, self._failing):
            self._know_time(attempt, attempt.keys)

    def _know_time(self, attempt: _Open, keys: Iterable[str]) -> None:
        """Let those of `keys` that hold for a while lead to `attempt` by its time, too."""
        if time := attempt.last_time:
            slots = ((key, _slot_of(key, time)) for key in keys if _SLOT not in key)
            timed = tuple(_key_in(key, slot) for key, slot in slots if slot is not None)
            attempt.know(timed)
            self._by_key.update(dict.fromkeys(timed, attempt))
            self._has_times = self._has_times or bool(timed)

    def _find_by_time(self, event: Event, key: str) -> _Open | None:
        """The open try that shares `key` with `event` and is of the same time."""
        time = event.record.time
        slot = _slot_of(key, time) if time and self._has_times else None
        if slot is None:
            return None
        near = (self._by_key.get(_key_in(key, one)) for one in (slot, slot - 1, slot + 1))
        return next((attempt for attempt in near if attempt and _may_join(attempt, event, key)), None)

    def _adopt_beginning(self, attempt: _Open, found: Iterable[_Open], copy: Event) -> None:
        """Give `attempt` the line that began it, which stands only in the file where `copy` of its failure is, too.

        Zulip's errors.log, read before send_email.log, has the failures without their beginnings.
        """
        time = copy.record.time
        for other in found:
            is_earlier = time is None or other.last_time is None or other.last_time <= time
            if other is not attempt and is_earlier and not other.has_outcome and not _share_a_form(other, attempt):
                self._absorb(attempt, other)
        for key in attempt.keys:
            self._by_key[key] = attempt

    def _join_echo(self, attempt: _Open, event: Event) -> None:
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
        alike.append((attempt, event))
        del alike[:-_MOST_AWAITING]

    def _absorb(self, attempt: _Open, other: _Open) -> None:
        """Sidekiq's lines know the job by one id, ActiveJob's by another, until a line names both."""
        for event in other.events:
            attempt.add(event)
        attempt.events.sort(key=lambda event: (event.record.place.source, event.record.place.line))
        attempt.know(other.keys)
        self._smooth.pop(other, None)
        self._failing.pop(other, None)

    def _close(self, attempt: _Open) -> Sequence[Attempt]:
        for key in attempt.keys:
            if self._by_key.get(key) is attempt:
                del self._by_key[key]
        return self._finished(attempt)

    def _finished(self, attempt: _Open) -> Sequence[Attempt]:
        if _is_shadow(attempt, self._forms[attempt.events[-1].record.place.source]):
            return ()
        finished = _finish(attempt, self._newest)
        return () if finished is None else (finished,)


def _may_join(attempt: _Open, event: Event, key: str) -> bool:
    """Whether `key` is good enough to tie `event` to `attempt`.

    Some kinds of keys hold for a while only, a thread id ("tid:") never across a success; a process id ("pid:") ties
    the lines before an outcome to it; lines alike without any id must be neighbours. Other keys are unique ids.
    What begins a try is no part of the one that began before it ("begun:").
    """
    kind = key.partition(":")[0]
    if kind == "begun" and event.kind is EventKind.STARTED:
        return False
    if window_s := _WINDOWS_S.get(kind):
        now, last = event.record.time, attempt.last_time
        if now is not None and last is not None and abs((now - last).total_seconds()) > window_s:
            return False
        return kind != "tid" or all(old.kind is not EventKind.ACCEPTED for old in attempt.events)
    if kind == "pid":
        return not attempt.has_outcome
    if kind == "same":
        old, new = attempt.events[-1].record, event.record
        same_time = old.time == new.time
        distance = abs(new.place.line - old.place.line - old.lines + 1)
        return same_time and old.place.source == new.place.source and distance <= _NEIGHBOUR_LINES
    return True


def _key_in(key: str, slot: int) -> str:
    """The key that leads to the tries of that stretch of time."""
    return f"{key}{_SLOT}{slot}"


def _slot_of(key: str, time: datetime) -> int | None:
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


def _belongs(attempt: _Open, event: Event) -> bool:
    """Whether `event` is part of this try; the second event of a form begins the mail's next try."""
    if all(key.startswith("same:") for key in attempt.keys):
        return True
    if (event.form.endswith("*") or event.form in _SILENT_SUCCESS_FORMS) and attempt.has_outcome:
        return False
    return event.form.endswith("*") or _base_form(event) not in attempt.forms


def _are_halves(one: _Open, two: _Open) -> bool:
    """Whether two tries that a line ties together can be one: no form twice, and of one source."""
    same_source = one.events and one.events[-1].record.place.source == two.events[-1].record.place.source
    return bool(same_source) and not _share_a_form(one, two)


def _share_a_form(one: _Open, two: _Open) -> bool:
    return not set(one.forms).isdisjoint(two.forms)


_SIDEKIQS_OWN = frozenset({"sidekiq-start", "sidekiq-done", "sidekiq-fail"})


def _is_shadow(attempt: _Open, forms: set[str]) -> bool:
    """Whether these are only Sidekiq's own `start`, `done`, `fail` of a job whose ActiveJob lines are here, too.

    They carry another id than ActiveJob's lines, so that nothing ties a successful job's two halves together.
    """
    if not _SIDEKIQS_OWN.issuperset(attempt.forms):
        return False
    needed = "activejob-error" if "sidekiq-fail" in attempt.forms else "activejob-performed"
    return needed in forms


def _base_form(event: Event) -> str:
    return event.form.rstrip("?*")


def _neighbour_key(event: Event) -> str:
    text = event.failure.text if event.failure else event.record.text
    return f"same:{event.app}/{flattened(text[:200]).lower()}"


def _finish(attempt: _Open, last_of_source: dict[str, Event]) -> Attempt | None:
    """The finished try; None where only lines that might as well be about something else were seen."""
    events = attempt.events
    first, app, message, relay = events[0].record.time, _app(attempt), None, None
    is_sure = False
    for event in events:
        is_sure = is_sure or not event.form.endswith("?")
        message = message or event.message
        time = event.record.time
        if time and (first is None or time < first):
            first = time
        if relay is None and event.app != app and is_refusal(event):
            relay = event.app
    if not is_sure:
        return None
    outcome = _outcome(attempt, last_of_source)
    return Attempt(tuple(events), outcome, app, message, first, attempt.last_time, relay)


def _outcome(attempt: _Open, last_of_source: dict[str, Event]) -> Outcome:
    kinds = {event.kind for event in attempt.events}
    if attempt.has_outcome:
        return Outcome.FAILED if EventKind.FAILED in kinds else Outcome.ACCEPTED
    if EventKind.CONTEXT in kinds or EventKind.GIVEN_UP in kinds:
        return Outcome.FAILED
    newest = attempt.events[-1]
    is_last = last_of_source.get(newest.record.place.source) is newest
    if newest.form in _SILENT_SUCCESS_FORMS and not is_last:
        return Outcome.ACCEPTED
    return Outcome.UNKNOWN


def _app(attempt: _Open) -> str:
    """The most telling name among the events: an application rather than its framework, or than a mail server."""
    names = [event.app for event in attempt.events]
    if names.count(names[0]) == len(names):
        return names[0]
    names = [name for name in names if name not in RELAYS] or names
    return next((name for name in names if name not in GENERIC_APPS), names[0])


GENERIC_APPS = frozenset({"rails", "django", "any"})
"""Names that say only which framework wrote a line."""
