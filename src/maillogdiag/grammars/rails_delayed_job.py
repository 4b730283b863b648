"""delayed_job's worker lines: `Job ActionMailer::DeliveryJob [86fb…] (id=5) FAILED (0 prior attempts) with X: msg`."""

from __future__ import annotations

import re

from maillogdiag.events import Event, EventKind
from maillogdiag.expressions import expression
from maillogdiag.grammars.rails_events import RubyEntry
from maillogdiag.grammars.rails_jobs import Job, SendsMail
from maillogdiag.grammars.ruby_exceptions import RubyException, exception_at_start, failure_of, is_about_mail
from maillogdiag.grammars.worded import WordedPattern

# lib/delayed/worker.rb of collectiveidea/delayed_job, job_say
_LINE = WordedPattern(
    r"(?:\[Worker[^\]\n]{0,200}\] )?Job (?P<name>[A-Z][\w:#.]{0,200})(?P<more>[^\n]{0,2000}?)"
    r" \(id=(?P<id>[\w-]{1,64})\)(?: \(queue=(?P<queue>[^)\n]{1,120})\))?"
    r" (?P<verb>RUNNING|COMPLETED|FAILED|REMOVED)(?P<rest>.*)",
    (" (id=",),
    re.DOTALL,
)
_JOB_ID = expression(r"\[(?P<job_id>[\w-]{32,36})\]")
_WITHOUT_FAILURE = {
    "RUNNING": (EventKind.STARTED, "delayed-running"),
    "COMPLETED": (EventKind.ACCEPTED, "delayed-completed"),
    "REMOVED": (EventKind.GIVEN_UP, "delayed-removed"),
}


def read_delayed_job(entry: RubyEntry) -> tuple[Event, ...]:
    """Return what a worker's line says about a mail job."""
    found = _LINE.search(entry.line.message)
    if found is None:
        return ()
    active_job = _JOB_ID.search(found["more"])
    job = Job(
        name=found["name"],
        queue=found["queue"],
        jid=f"delayed-{found['id']}",
        job_id=active_job["job_id"] if active_job else None,
    )
    # In the foreground a worker prints each line, without time, and logs it, too.
    copy = "" if entry.record.time or entry.line.time else "-printed"
    if found["verb"] in _WITHOUT_FAILURE:
        kind, form = _WITHOUT_FAILURE[found["verb"]]
        return (entry.event(kind, form + copy, job),) if job.sends_mail is SendsMail.YES else ()
    if "permanently" in found["rest"][:20]:
        is_mail = job.sends_mail is SendsMail.YES
        return (entry.event(EventKind.GIVEN_UP, "delayed-removed" + copy, job),) if is_mail else ()
    reason = found["rest"].partition(" with ")[2]
    exception = exception_at_start(reason) or RubyException(reason.strip()[:500])
    if not is_about_mail(exception, entry.text, job.sends_mail):
        return ()
    failure = failure_of(exception, entry.text, entry.app)
    return (entry.event(EventKind.FAILED, "delayed-failed" + copy, job, failure=failure),)
