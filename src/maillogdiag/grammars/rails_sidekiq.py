"""Sidekiq's own lines: start, done, fail, the dump of a failed job, its exception, its last retry.

In Sidekiq 3 to 7 a failed job makes up to four lines that share only the thread id: the job hash, the exception,
the backtrace, `fail`. In Sidekiq 8 hash and exception are one line, and there is no backtrace. From Sidekiq 5 on the
error in the hash is that of the try *before*: it is handed on as context only.
"""

from __future__ import annotations

from functools import lru_cache

from maillogdiag.events import Event, EventKind
from maillogdiag.expressions import expression
from maillogdiag.failures import Failure, read_failure
from maillogdiag.grammars.rails_events import RubyEntry, other_work, with_time
from maillogdiag.grammars.rails_jobs import Job, SendsMail, read_job
from maillogdiag.grammars.ruby_exceptions import (
    RubyException,
    exception_at_start,
    exception_behind,
    failure_of,
    find_exception,
    is_about_mail,
)
from maillogdiag.grammars.ruby_frames import begins_with_frame, has_mail_frames

_STEP = expression(r"(?P<step>start|done|fail)(?:: [\d.]{1,20} sec)?\s*$")
_DEAD = expression(r"Adding dead (?P<class>[\w:]{1,200}) job (?P<jid>\w{1,64})")
_JOB_DUMP = expression(r'\{\s{0,2}(?:"context"|"(?:class|retry|queue|jid|args)"\s{0,2}(?::|=>))')
# Raised to stop a worker or to refuse a bad host name: the job runs again, or never had a mail.
_NO_FAILURES = ("Sidekiq::Shutdown", "Mastodon::HostValidationError")
_STEPS = {"start": EventKind.STARTED, "done": EventKind.ACCEPTED, "fail": EventKind.CONTEXT}
EXCEPTION_LEVELS = ("WARN", "ERROR", "FATAL")


def read_sidekiq(entry: RubyEntry) -> tuple[Event, ...]:
    """Return what a line of Sidekiq's logger says about a mail job."""
    if entry.line.tid is None or entry.line.tags:
        return ()
    message = entry.line.message
    if entry.line.job:
        event = _dump_with_exception(entry, read_job(entry.line.job)) or _exception(entry)
    elif _JOB_DUMP.match(message):
        event = _dump(entry, read_job(message))
    elif begins_with_frame(message):
        event = _frames(entry)
    else:
        event = _step(entry) or _dead(entry) or _exception(entry)
    return (event,) if event else ()


def read_other_work(entry: RubyEntry) -> tuple[Event, ...]:
    """Return that a worker is at work, where it failed to do a job that is not about mail."""
    if "Job raised exception" not in entry.text:
        return ()
    job = read_job(entry.line.job or entry.text[max(entry.text.find("{"), 0) :])
    event = other_work(entry.record, with_time(entry.record, entry.line), job, entry.app)
    return (event,) if event else ()


def _step(entry: RubyEntry) -> Event | None:
    found = _STEP.match(entry.line.message)
    if found is None:
        return None
    context = entry.line.context
    job = Job(name=context.get("class"), queue=context.get("queue"), jid=context.get("jid"))
    if job.sends_mail is not SendsMail.YES:
        return None
    return entry.event(_STEPS[found["step"]], f"sidekiq-{found['step']}", job)


def _dump(entry: RubyEntry, job: Job) -> Event | None:
    """The hash of a failed job: a message of its own up to Sidekiq 7."""
    sends = job.sends_mail
    previous = find_exception(job.error) if job.error else None
    is_smtp = previous is not None and previous.is_smtp
    if not is_smtp and sends not in (SendsMail.YES, SendsMail.MAYBE):
        # An error that a job for something else has in its arguments did not happen.
        return None if sends is SendsMail.NO and job.error is None else _exception(entry)
    is_sure = is_smtp or sends is SendsMail.YES
    failure = read_failure(job.error, app=entry.app) if job.error else None
    form = "sidekiq-context" if is_sure else "sidekiq-context?"
    return entry.event(EventKind.CONTEXT, form, job, failure=failure)


def _dump_with_exception(entry: RubyEntry, job: Job) -> Event | None:
    """Hash and exception in one entry, from Sidekiq 8 on."""
    message = entry.line.message
    exception = exception_behind(message) or (RubyException(message.strip()) if message.strip() else None)
    if exception is None:
        is_mail = job.sends_mail is SendsMail.YES
        return entry.event(EventKind.CONTEXT, "sidekiq-context", job) if is_mail else None
    if exception.name in _NO_FAILURES or not is_about_mail(exception, entry.text, job.sends_mail):
        return None
    failure = failure_of(exception, entry.text, entry.app)
    return entry.event(EventKind.FAILED, "sidekiq-exception", job, failure=failure)


def _dead(entry: RubyEntry) -> Event | None:
    found = _DEAD.match(entry.line.message)
    if found is None:
        return None
    job = Job(name=found["class"], jid=found["jid"])
    return entry.event(EventKind.GIVEN_UP, "sidekiq-dead", job) if job.sends_mail is SendsMail.YES else None


def _frames(entry: RubyEntry) -> Event | None:
    """A backtrace is a record of its own; through net-smtp it proves that the thread's exception is about mail."""
    return entry.event(EventKind.CONTEXT, "sidekiq-backtrace", Job()) if has_mail_frames(entry.text) else None


def _exception(entry: RubyEntry) -> Event | None:
    """`Class: message`, with nothing but the thread id to say whose it is; Sidekiq 3 leaves out the class."""
    failed = _failed(entry.line.message, entry.words, entry.line.level, entry.app)
    return entry.event(EventKind.FAILED, failed[0], Job(), failure=failed[1]) if failed else None


@lru_cache(maxsize=64)
def _failed(message: str, words: str, level: str | None, app: str) -> tuple[str, Failure] | None:
    """The form of the event, and the failure: other work fails all the time with the same few messages.

    Args:
        message: of the entry.
        words: with what stands around it.
        level: at which it was logged.
        app: that logged it.
    """
    exception = exception_at_start(message) or find_exception(message)
    if exception is None or exception.name in _NO_FAILURES:
        return None
    if level not in EXCEPTION_LEVELS and not exception.is_smtp:
        return None
    if exception.name is None:
        exception = exception._replace(text=exception.text.split("\n", 1)[0])
    is_sure = is_about_mail(exception, words, SendsMail.UNKNOWN)
    return "sidekiq-exception" if is_sure else "sidekiq-exception?", failure_of(exception, words, app)
