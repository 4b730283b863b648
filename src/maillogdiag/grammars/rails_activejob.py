"""ActiveJob's lines of Rails 4.2 to 8: a job is put into a queue, performed, tried again, thrown away.

Up to Rails 5.0 `Performed` is logged for failed jobs, too; with `retry_on` all versions do: a failure of the same job
outweighs it.
"""

from __future__ import annotations

import re

import pyparsing as pp

from maillogdiag.events import Event, EventKind
from maillogdiag.expressions import expression
from maillogdiag.failures import Failure
from maillogdiag.grammars.parts import Delayed, parse_parts
from maillogdiag.grammars.rails_events import RubyEntry
from maillogdiag.grammars.rails_jobs import Job, SendsMail, mail_in
from maillogdiag.grammars.ruby_exceptions import RubyException, exception_at_start, failure_of, is_about_mail
from maillogdiag.grammars.worded import WordedPattern

_VERBS = r"(?:Enqueued|Failed enqueuing|Performing|Performed|Error performing|Retrying|Stopped retrying|Discarded)"
_VERB = pp.Regex(_VERBS)("verb")
# Behind a prefix that no envelope knows, the verb and its class still stand together.
_START = WordedPattern(
    rf"{_VERBS}\s+[A-Z][\w:]{{0,200}}\s+(?:\(Job ID: |(?:from|to|in|due)\b)",
    ("Enqueued", "enqueuing", "erform", "etrying", "Discarded"),
)
_CLASS = pp.Regex(r"[A-Z][\w:]{0,200}")("name")
_JOB_ID = pp.Regex(r"\(Job ID: (?P<job_id>[\w-]{1,64})\)")
_QUEUE = pp.Regex(r"(?:from|to) (?:[\w:]{1,80}\()?(?P<queue>[\w:.-]{1,120})\)?")
_REST = pp.Regex(r".*", re.DOTALL)("rest")
_JOB_LINE = Delayed(lambda: _VERB + _CLASS + pp.Opt(_JOB_ID) + pp.Opt(_QUEUE) + _REST)

# "… to Sidekiq(mailers) at 2026-11-21 10:00:00 UTC": it is to wait until then.
_LATER = expression(r"\s*at \d{4}-")

_CAUSE = pp.Regex(r".*?(?:(?:in|after) [\d.]{1,20}ms:|due to an?(?= ))", re.DOTALL)
_REASON = Delayed(lambda: _CAUSE + pp.Regex(r".*", re.DOTALL)("reason"))

_WITHOUT_FAILURE = {
    "Enqueued": (EventKind.ENQUEUED, "activejob-enqueued"),
    "Performing": (EventKind.STARTED, "activejob-performing"),
    "Performed": (EventKind.ACCEPTED, "activejob-performed"),
}
_WITH_FAILURE = {
    "Error performing": (EventKind.FAILED, "activejob-error"),
    "Retrying": (EventKind.FAILED, "activejob-retry"),
    "Stopped retrying": (EventKind.GIVEN_UP, "activejob-stopped"),
    "Discarded": (EventKind.GIVEN_UP, "activejob-discarded"),
}


def read_activejob(entry: RubyEntry) -> tuple[Event, ...]:
    """Return what an ActiveJob line says about a mail job.

        line   = verb class [ "(Job ID: " id ")" ] [ ( "from" | "to" ) adapter "(" queue ")" ] rest
        verb   = "Enqueued" | "Failed enqueuing" | "Performing" | "Performed" | "Error performing" | …
        reason = … ( "in" number "ms:" | "due to a" ) exception

    Example: `Error performing ActionMailer::MailDeliveryJob (Job ID: 86fb…) from Sidekiq(mailers) in 59.19ms:
    Net::SMTPAuthenticationError (535 5.7.8 Error: authentication failed⏎):`
    """
    start = _START.search(entry.line.message[:1000])
    if start is None:
        return ()
    found = parse_parts(_JOB_LINE, entry.line.message[start.start() :])
    if found is None:
        return ()
    verb = found["verb"]
    job = Job(
        name=found["name"],
        queue=found.get("queue"),
        job_id=found.get("job_id") or entry.line.job_tag,
        jid=entry.line.context.get("jid"),
        mail=mail_in(found["rest"]),
    )
    if verb == "Enqueued" and _LATER.match(found["rest"]):
        return (entry.event(EventKind.NOTICE, "activejob-scheduled", job),) if job.sends_mail is SendsMail.YES else ()
    if verb in _WITHOUT_FAILURE:
        kind, form = _WITHOUT_FAILURE[verb]
        return (entry.event(kind, form, job),) if job.sends_mail is SendsMail.YES else ()
    if "callback halted" in found["rest"]:
        return (entry.event(EventKind.NOTICE, "activejob-halted", job),) if job.sends_mail is SendsMail.YES else ()
    if verb == "Failed enqueuing":
        return _not_enqueued(entry, job)
    return _failed(entry, job, verb, found["rest"])


def _not_enqueued(entry: RubyEntry, job: Job) -> tuple[Event, ...]:
    """The mail is lost, but it is the queue that failed: its "connection refused" is not the mail server's."""
    if job.sends_mail is not SendsMail.YES:
        return ()
    failure = Failure(text=entry.line.message[:500], normal="failed enqueuing", app=entry.app)
    return (entry.event(EventKind.GIVEN_UP, "activejob-not-enqueued", job, failure=failure),)


def _failed(entry: RubyEntry, job: Job, verb: str, rest: str) -> tuple[Event, ...]:
    exception = _exception(rest) or RubyException(rest.strip()[:500])
    if not is_about_mail(exception, entry.text, job.sends_mail):
        return ()
    kind, form = _WITH_FAILURE[verb]
    failure = failure_of(exception, entry.text, entry.app) if exception.text else None
    # An adapter that works in the web process raises the exception into the request, too.
    return (entry.event(kind, form, job, failure=failure, request=entry.line.request_tag),)


def _exception(rest: str) -> RubyException | None:
    found = parse_parts(_REASON, rest)
    if found is None:
        return None
    reason = found["reason"].strip()
    # `due to a Net::OpenTimeout.` and `… Net::OpenTimeout, which reoccurred on 3 attempts.` have no message.
    return exception_at_start(reason)
