"""How Rails' and Sidekiq's readers make events: the entry they read, its keys, its time."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import NamedTuple

from maillogdiag.events import Event, EventKind
from maillogdiag.expressions import expression
from maillogdiag.failures import Failure
from maillogdiag.grammars.rails_jobs import Job, SendsMail
from maillogdiag.grammars.rails_lines import RubyLine
from maillogdiag.records import Record

_MOST_CHARACTERS_OF_OTHERS = 2_000
_WRAPPER = expression(r"JobWrapper|ActiveJob::Wrapper|Sidekiq::Extensions")
# One of several workers, each for queues of its own: what it does says nothing about the queue of mail.
_OF_SOME_QUEUES = expression(r"sidekiq[-_@](?!worker\b)[a-z]", re.IGNORECASE)
# Where the envelope's time is that of another zone than the one we take it for, times do not tell what came first.
_SKEW = timedelta(minutes=5)


class RubyEntry(NamedTuple):
    """A record, its head read.

    Args:
        record: with the time of its envelope.
        line: head and message.
        text: the record's text as far as it is read.
        app: "mastodon" or "rails".
    """

    record: Record
    line: RubyLine
    text: str
    app: str

    @property
    def words(self) -> str:
        """What it says beside when, in which process and thread: many entries say the same."""
        return " ".join(filter(None, (*self.line.context.values(), self.line.job, self.line.message)))

    @property
    def thread_key(self) -> str | None:
        """Sidekiq's process and thread; the process is unknown where a paste begins behind it."""
        return f"tid:{self.line.pid or '?'}/{self.line.tid}" if self.line.tid else None

    @property
    def _process_key(self) -> str | None:
        """The process, where that is all that ties an exception's backtrace to its message."""
        return f"logged:{self.line.pid}" if self.line.pid and not self.line.tid else None

    def event(
        self,
        kind: EventKind,
        form: str,
        job: Job,
        *,
        failure: Failure | None = None,
        recipient: str | None = None,
        request: str | None = None,
    ) -> Event:
        """Make an event of this entry, tied by the ids that the job, the head and the request have."""
        job_key = f"job:{job.job_id}" if job.job_id else None
        jid_key = f"jid:{job.jid}" if job.jid else None
        request_key = f"request:{request}" if request else None
        process_key = self._process_key if kind in (EventKind.FAILED, EventKind.CONTEXT) else None
        keys = (job_key, jid_key, self.thread_key, request_key, process_key)
        return Event(
            kind=kind,
            app=self.app,
            record=with_time(self.record, self.line),
            form=form,
            keys=tuple(filter(None, keys)),
            message=job_key or jid_key,
            failure=failure,
            mail=job.mail,
            recipient=recipient,
        )


def with_time(record: Record, line: RubyLine) -> Record:
    """Return `record` with the time that the application wrote.

    A time with its zone is better than journald's, which may be printed in another machine's zone; one without is
    only better than none.
    """
    if line.time is None or (record.time is not None and not line.has_zone):
        return record
    return record.at(line.time)


def other_work(record: Record, own: Record, job: Job, app: str) -> Event | None:
    """Make the event of a job that is not about mail, done or failed: the worker is at work.

    Args:
        record: what tells of it, with the time of its envelope.
        own: the same with the time that the application wrote.
        job: as far as it is known.
        app: "mastodon" or "rails".
    """
    is_other = job.sends_mail is SendsMail.NO and not _WRAPPER.search(job.name or "")
    if not is_other or _OF_SOME_QUEUES.search(record.unit or ""):
        return None
    if record.time and own.time and abs(own.time - record.time) > _SKEW:
        return None
    text = record.text[:_MOST_CHARACTERS_OF_OTHERS].partition("\n")[0]
    return Event(EventKind.WORKED, app, own.saying(text), "sidekiq-other-job")
