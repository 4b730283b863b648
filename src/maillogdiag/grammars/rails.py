"""Ruby on Rails and Sidekiq, and with them Mastodon: what their logs say about outgoing mail.

The parts: `rails_lines` takes heads off, `rails_sidekiq`, `rails_activejob`, `rails_mailer` and `rails_delayed_job`
each read one library's messages, `rails_routine` reads at once what is written of every mail; whatever else holds an
exception of sending mail (a failed web request, an error tracker's page, a paste) is read here.
"""

from __future__ import annotations

from maillogdiag.events import Event, EventKind
from maillogdiag.expressions import expression
from maillogdiag.grammars.rails_activejob import read_activejob
from maillogdiag.grammars.rails_delayed_job import read_delayed_job
from maillogdiag.grammars.rails_events import RubyEntry
from maillogdiag.grammars.rails_jobs import Job, app_of, read_job
from maillogdiag.grammars.rails_lines import MOST_CHARACTERS, read_line
from maillogdiag.grammars.rails_mailer import read_mailer
from maillogdiag.grammars.rails_routine import ROUTINES, read_lines, read_routine
from maillogdiag.grammars.rails_sidekiq import EXCEPTION_LEVELS, read_other_work, read_sidekiq
from maillogdiag.grammars.ruby_exceptions import (
    RubyException,
    failure_of,
    find_exception,
    is_about_mail,
    names_other_service,
)
from maillogdiag.grammars.ruby_frames import begins_with_frame, has_mail_frames
from maillogdiag.records import Record

# reply := code enhanced status code of the same class (RFC 3463)
_REPLY = expression(r"(?P<class>[45])\d\d[ -](?P=class)\.\d{1,3}\.\d{1,3} ")
# Discourse.handle_job_exception in lib/discourse.rb of Discourse
_DISCOURSES_REPLY = expression(r"Job exception: (?P<reply>[45]\d\d[ -]\S[^\n]{0,2000})")
_READERS = (read_activejob, read_mailer, read_sidekiq, read_delayed_job)


class RailsGrammar:
    """Reads records of Rails applications; see `Grammar`."""

    name = "rails"
    anchors = (
        # jobs and mailers
        "Mail",
        "mailers",
        "(mail",
        "Email",
        "(email",
        "Devise::Async",
        "Job raised exception",
        "Job exception: ",
        " WARN: ",
        '"lvl":"WARN"',
        "Error performing",
        "Failed enqueuing",
        "etrying ",
        "Discarded ",
        "Adding dead",
        "error_class",
        "exception.class",
        "Delivered mail",
        "Sent mail to",
        "delivery of mail",
        "(id=",
        " ERROR -- : 4",
        " ERROR -- : 5",
        "E-mail could not be sent",
        "while sending mail (",
        # exceptions and what they say
        "Net::",
        "Errno::E",
        "OpenSSL::SSL",
        "SocketError",
        "ResolutionError",
        "EOFError",
        "IOError",
        "Timeout::Error",
        "DeliveryError",
        "SSL_connect",
        "(2) for ",
        "Timeout to open TCP",
        "SMTP",
        "Postmark::",
        "SparkPostRails::",
        "Resend::Error",
        "Aws::SES",
        "STARTTLS",
        ":enable_starttls",
        "authentication type",
        ":arguments expected",
        "A sender (",
        "could not get 3xx",
        "exitstatus",
        "getaddrinfo",
        "execution expired",
        "end of file reached",
        "server certificate",
        "sendmail",
        # frames
        "net/smtp",
        "net-smtp-",
        "smtp_connection.rb",
        "delivery_methods/",
        "mail_delivery_job.rb",
        "action_mailer",
        "actionmailer",
        "mail/message.rb",
        "/lib/postmark/",
    )

    routines = ROUTINES
    # Backtraces: they count only where a frame is one of those above.
    dull = (" WARN: /",)

    def read(self, record: Record) -> tuple[Event, ...]:
        """Return what the record says about outgoing mail; nothing where it is about something else."""
        events = read_routine(record)
        return self.read_in_full(record) if events is None else events

    def read_routine(self, record: Record) -> list[Event]:
        """Return what lines of `routines` say, one event each; see `Grammar`."""
        return read_lines(record)

    def read_in_full(self, record: Record) -> tuple[Event, ...]:
        """Return the same, whatever its lines are."""
        text = record.text[:MOST_CHARACTERS]
        line = read_line(record.text)
        entry = RubyEntry(record, line, text, app_of(record))
        for reader in _READERS:
            if events := reader(entry):
                return events
        events = () if line.tid and not line.tags else _read_exception(entry)
        return events or read_other_work(entry)


def _read_exception(entry: RubyEntry) -> tuple[Event, ...]:
    """An exception in any other text: the message of a web request's failure, a tracker's page, a structured log."""
    is_logged = entry.line.level in EXCEPTION_LEVELS and entry.line.pid is not None
    exception = find_exception(entry.line.message) or _reply_alone(entry)
    if exception is None:
        return _read_backtrace(entry) if is_logged else ()
    job = read_job(entry.text)
    job = job._replace(job_id=job.job_id or entry.line.job_tag)
    form = "ruby-exception"
    if not is_about_mail(exception, entry.text, job.sends_mail):
        if not (is_logged and exception.is_network) or names_other_service(entry.text):
            return ()
        form = "ruby-exception?"
    failure = failure_of(exception, entry.text, entry.app)
    event = entry.event(EventKind.FAILED, form, job, failure=failure, request=entry.line.request_tag)
    if job.jid and not is_logged:
        # GitLab writes it into exceptions_json.log, and what became of the job into sidekiq.log.
        form = "gitlab-job" if '"job_status"' in entry.text else form
        return (event._replace(form=form, keys=(f"why:jid/{job.jid}", *event.keys)),)
    if not is_logged:
        return (event,)
    # Who logs `exception.inspect` logs the exception itself next: see `RubyException.is_bare`.
    return (event._replace(kind=EventKind.CONTEXT, form="ruby-inspected") if exception.is_bare else event,)


def _read_backtrace(entry: RubyEntry) -> tuple[Event, ...]:
    """The frames of an exception whose message was logged before: they may be all that tells that it is about mail."""
    if not begins_with_frame(entry.line.message) or not has_mail_frames(entry.text):
        return ()
    return (entry.event(EventKind.CONTEXT, "ruby-backtrace", Job(), request=entry.line.request_tag),)


def _reply_alone(entry: RubyEntry) -> RubyException | None:
    """The server's reply as a message of its own, of an exception that Ruby's Logger, or Discourse's log, was given."""
    if found := _DISCOURSES_REPLY.match(entry.line.message):
        return RubyException(found["reply"].strip(), "Net::SMTPError")
    is_error = entry.line.level == "ERROR" and entry.line.pid is not None
    found = _REPLY.match(entry.line.message) if is_error else None
    return RubyException(entry.line.message.strip(), "Net::SMTPError") if found else None


GRAMMAR = RailsGrammar()
