"""Mail that was put into a queue and that nobody takes out: what a log can prove of it.

That no worker's line follows proves nothing: the worker may log elsewhere. It is said only where a worker that is not
for some other queues alone is seen to do jobs long after the mail was queued, or to have ended before it, and no mail
was sent at all since then.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from maillogdiag.attempts import Attempt
from maillogdiag.events import Event, EventKind
from maillogdiag.reports.model import Evidence

_PATIENCE = timedelta(minutes=10)
# A web process that logs no times says little; this many mails in a row are no snapshot of a moment.
_MANY_WITHOUT_TIME = 3
_MOST_KEPT = 20_000
_EARLIEST = datetime.min.replace(tzinfo=UTC)
# The queue is Sidekiq's: only its jobs are known to be worked by a process that logs every job it does.
_FORM = "activejob-enqueued"
_APPS = frozenset({"rails", "mastodon"})


class Waiting(NamedTuple):
    """Mails that wait.

    Args:
        apps: the applications that queued them.
        mails: where each was queued, the first one first.
        worker: a job other than mail that a worker took meanwhile, or its end.
    """

    apps: frozenset[str]
    mails: tuple[Evidence, ...]
    worker: Evidence


@dataclass(slots=True)
class QueueTally:
    """What was queued, and what was worked off, so far; may be merged."""

    queued: dict[str, tuple[str, Evidence]] = field(default_factory=dict)
    last_mail: datetime | None = None
    has_mail_without_time: bool = False
    last_other_job: Evidence | None = None

    def add(self, event: Event) -> None:
        """Take note of a mail that was queued, or of another job that was done."""
        record = event.record
        if event.kind is EventKind.WORKED:
            other = Evidence(record.place.source, record.place.line, record.time, record.text)
            self.last_other_job = max(self.last_other_job or other, other, key=_order)
        elif event.form == _FORM and event.message and "Sidekiq(" in record.text:
            # The arguments behind it may hold tokens.
            text = record.text.partition(" with arguments")[0]
            self._keep(event.message, event.app, Evidence(record.place.source, record.place.line, record.time, text))

    def saw(self, attempt: Attempt) -> None:
        """Take note that a worker took a mail out of the queue, whatever became of it."""
        if attempt.app not in _APPS:
            return
        if attempt.last_time is None:
            self.has_mail_without_time = True
        else:
            self.last_mail = max(self.last_mail or attempt.last_time, attempt.last_time)

    def merge(self, other: QueueTally) -> None:
        """Add what another tally saw."""
        self.has_mail_without_time |= other.has_mail_without_time
        self.last_mail = max(filter(None, (self.last_mail, other.last_mail)), default=None)
        self.last_other_job = max(filter(None, (self.last_other_job, other.last_other_job)), default=None, key=_order)
        for message, (app, queued) in other.queued.items():
            self._keep(message, app, queued)

    def waiting(self, worker_end: Evidence | None) -> Waiting | None:
        """Return the mails that certainly wait; None where nothing proves it.

        Args:
            worker_end: when the worker ended, if it was not started again.
        """
        worker = worker_end or self.last_other_job
        if worker is None or self.has_mail_without_time:
            return None
        if worker_end:
            # Nothing of the worker's follows: how long the log goes on is seen by what is queued.
            log_end = max((item.time for _, item in self.queued.values() if item.time), default=None)
        else:
            log_end = worker.time
        kept = [pair for pair in self.queued.values() if self._waits(pair[1], log_end)]
        without_time = sum(item.time is None for _, item in kept)
        if without_time < _MANY_WITHOUT_TIME:
            kept = [pair for pair in kept if pair[1].time]
        mails = tuple(sorted((item for _, item in kept), key=_order))
        return Waiting(frozenset(app for app, _ in kept), mails, worker) if mails else None

    def _waits(self, queued: Evidence, log_end: datetime | None) -> bool:
        if queued.time is None:
            return self.last_mail is None
        is_long = log_end is not None and queued.time + _PATIENCE <= log_end
        return is_long and (self.last_mail is None or self.last_mail < queued.time)

    def _keep(self, message: str, app: str, queued: Evidence) -> None:
        known = self.queued.get(message)
        self.queued[message] = (
            (app, queued) if known is None else min(known, (app, queued), key=lambda one: _order(one[1]))
        )
        if len(self.queued) > _MOST_KEPT:
            self._forget()

    def _forget(self) -> None:
        """Drop what was queued before a mail was worked off, and the oldest half of what is still too much."""
        last = self.last_mail or _EARLIEST
        kept = {key: pair for key, pair in self.queued.items() if pair[1].time is None or pair[1].time > last}
        newest = sorted(kept.items(), key=lambda pair: _order(pair[1][1]))[-_MOST_KEPT // 2 :]
        self.queued = dict(newest)


def _order(item: Evidence) -> tuple[datetime, str, int]:
    return item.time or _EARLIEST, item.source, item.line
