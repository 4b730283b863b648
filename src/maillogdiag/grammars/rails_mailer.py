"""ActionMailer's lines, and what applications show of a test mail: `rake mastodon:setup`, Redmine, OpenProject.

`Sent mail` (up to Rails 5.2) and `Delivered mail` (6.0 to 7.0) are logged even where the server refused the mail: they
prove that a try was made, never that it succeeded. Rails 7.1 logs `Failed delivery` instead.
"""

from __future__ import annotations

from maillogdiag.events import Event, EventKind
from maillogdiag.expressions import expression
from maillogdiag.grammars.rails_events import RubyEntry
from maillogdiag.grammars.rails_jobs import Job, unescape
from maillogdiag.grammars.ruby_exceptions import RubyException, failure_of, find_exception

_SENT = expression(
    r"(?:Sent mail to (?P<recipient>[^\s,()]{1,254})|Delivered mail (?P<message_id>\S{1,300}))[^\n]{0,2000}"
    r"\([\d.]{1,20}ms\)"
)
_SKIPPED = expression(r"Skipped delivery of mail \S{1,300} as `perform_deliveries` is false")
_FAILED = expression(
    r"Failed delivery of mail \S{1,300} error_class=(?P<name>[\w:]{1,120}) "
    r"error_message=\"?(?P<message>(?:[^\"\\]|\\.){0,4000})"
)
_VERBS = ("Sent ", "Delivered ", "Skipped ", "Failed ")
_SETUP = "E-mail could not be sent with this configuration"
# notice_email_error in config/locales/en.yml of Redmine and OpenProject
_NOTICE = "An error occurred while sending mail ("


def read_mailer(entry: RubyEntry) -> tuple[Event, ...]:
    """Return what a line of ActionMailer's says: `Delivered mail 6b01…@example.org (167.2ms)`."""
    message = entry.line.message
    if _SETUP in message:
        return (_setup(entry._replace(app="mastodon")),)
    if _NOTICE in message:
        shown = message.split(_NOTICE, 1)[1].rstrip().removesuffix(")")
        exception = find_exception(shown) or RubyException(shown)
        failure = failure_of(exception, entry.text, entry.app)
        return (entry.event(EventKind.FAILED, "redmine-notice", Job(), failure=failure),)
    if not message.startswith(_VERBS):
        return ()
    job = Job(job_id=entry.line.job_tag, jid=entry.line.context.get("jid"))
    request = entry.line.request_tag if not job.job_id else None
    if sent := _SENT.match(message):
        # Without any id nothing could tie it to the error that may follow it: no try of its own then.
        has_key = job.job_id or request or entry.line.tid
        kind = EventKind.STARTED if has_key else EventKind.NOTICE
        event = entry.event(kind, "actionmailer-sent", job, recipient=sent["recipient"], request=request)
        return (event._replace(message_id=sent["message_id"]),)
    if failed := _FAILED.match(message):
        exception = RubyException(f"{failed['name']}: {unescape(failed['message'])}", failed["name"])
        failure = failure_of(exception, entry.text, entry.app)
        return (entry.event(EventKind.FAILED, "actionmailer-failed", job, failure=failure, request=request),)
    if skipped := _SKIPPED.match(message):
        failure = failure_of(RubyException(skipped[0]), "", entry.app)
        return (entry.event(EventKind.FAILED, "actionmailer-skipped", job, failure=failure, request=request),)
    return ()


def _setup(entry: RubyEntry) -> Event:
    """The rake task prints one sentence, then the exception's message without its class; a copy may join the lines."""
    said = entry.text.split(_SETUP, 1)[1].removeprefix(", try again").lstrip(". \n")
    exception = find_exception(said) or RubyException(said)
    failure = failure_of(exception, entry.text, entry.app) if exception.text else None
    return entry.event(EventKind.FAILED, "mastodon-setup", Job(), failure=failure)
