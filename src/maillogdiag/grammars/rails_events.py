"""How Rails' and Sidekiq's readers make events: the entry they read, its keys, its time."""

from __future__ import annotations

from typing import NamedTuple

from maillogdiag.events import Event, EventKind
from maillogdiag.failures import Failure
from maillogdiag.grammars.rails_jobs import Job
from maillogdiag.grammars.rails_lines import RubyLine
from maillogdiag.records import Record


class RubyEntry(NamedTuple):
    """A record, its head read.

    Args:
        record: with the application's own time, where it is the better one.
        line: head and message.
        text: the record's text as far as it is read.
        app: "mastodon" or "rails".
    """

    record: Record
    line: RubyLine
    text: str
    app: str

    @property
    def thread_key(self) -> str | None:
        """Sidekiq's process and thread; the process is unknown where a paste begins behind it."""
        return f"tid:{self.line.pid or '?'}/{self.line.tid}" if self.line.tid else None

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
        keys = (job_key, jid_key, self.thread_key, request_key)
        return Event(
            kind=kind,
            app=self.app,
            record=self.record,
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
