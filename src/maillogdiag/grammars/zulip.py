"""Zulip: its own messages about mail, and the tracebacks of its web processes and queue workers.

One failed mail stands in up to five files with the same text and the same millisecond, and once more where the web
page or the worker gives up on it. Zulip logs no success: what began and did not fail was accepted.
"""

from __future__ import annotations

from collections.abc import Iterable

from maillogdiag.events import Event, EventKind
from maillogdiag.failures import Failure, read_failure
from maillogdiag.grammars.application_time import with_application_time, with_time_of
from maillogdiag.grammars.django import read_python_mail, transcript_key
from maillogdiag.grammars.python_traceback import Traceback, read_traceback
from maillogdiag.grammars.reason_keys import gist_of, reason_keys
from maillogdiag.grammars.zulip_lines import SENDING_TO_ONE, SENDINGS_TO_ONE, Message, Told, read_message
from maillogdiag.records import Record

APP = "zulip"

# The paths and names that only a Zulip server has.
_MARKS = ("/home/zulip/", "zerver", "zulip-py3-venv", "/var/log/zulip/", "[zulip.")

_SENDING = Told.SENDING.value
# The mail whose sending began last.
_BEGUN = "begun:"

_KINDS = {
    Told.SENDING: EventKind.STARTED,
    Told.GIVEN_UP: EventKind.GIVEN_UP,
    Told.RESTART: EventKind.CONTEXT,
    Told.NOT_DELIVERED: EventKind.CONTEXT,
    Told.PASSWORD_UNSET: EventKind.NOTICE,
    Told.TEST_SENT: EventKind.ACCEPTED,
}  # all others: FAILED


class _Zulip:
    """Reads Zulip's log files and what its test command prints; see the module."""

    name = APP
    anchors = (
        " email to [", "template_prefix", "email_senders", "<ScheduledEmail", "EMAIL_HOST_USER",
        "deliver_scheduled_emails", "Failed to send mails", "Outgoing email not", "Successfully sent", *_MARKS,
    )  # fmt: skip

    routines = (
        rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d{3} {1,8}[A-Z]{3,8} {1,8}(?:\[[\w.:/-]{0,120}\] )?"
        rb"Sending [\w./-]{1,200} email to \['[^\n]{1,2000}",
    )

    def read(self, record: Record) -> Iterable[Event]:
        """Return what `record` tells of one mail."""
        if sending := SENDING_TO_ONE.match(record.text):
            return (_begun(with_application_time(record), sending["template"], sending["to"]),)
        return self.read_in_full(record)

    def read_routine(self, record: Record) -> list[Event]:
        """Return what lines of `routines` say, one event each; see `Grammar`."""
        found = SENDINGS_TO_ONE.findall(record.text)
        if len(found) < record.lines:
            return []
        return [
            _begun(with_time_of(stamp, line), template, to)
            for line, (_, stamp, template, to) in zip(record.apart(), found, strict=True)
        ]

    def read_in_full(self, record: Record) -> Iterable[Event]:
        """Return the same, whatever its line is."""
        message = read_message(record.text)
        if message is not None:
            record = with_application_time(record)
            return (_event(record, message),)
        if any(mark in record.text for mark in _MARKS):
            return tuple(_of_python(event) for event in read_python_mail(record, APP))
        return ()


def _begun(record: Record, template: str, recipient: str) -> Event:
    """The event of a mail whose sending began."""
    stamp, to = _stamp(record), f"{template}/{recipient}"
    keys = (*_copy_key(stamp, _SENDING, recipient), f"to:{to}", f"rcpt:{recipient}", _BEGUN)
    return Event(EventKind.STARTED, APP, record, _SENDING, keys, _mail_of_day(stamp, to), None, template, recipient)


def _event(record: Record, message: Message) -> Event:
    kind = _KINDS.get(message.told, EventKind.FAILED)
    raised, failure = None, None
    if kind in (EventKind.FAILED, EventKind.GIVEN_UP) or message.told is Told.RESTART:
        raised = _raised(record.text)
        failure = _failure(message, raised)
    reason = raised.exception if raised and raised.exception else message.reason
    return Event(
        kind=kind,
        app=APP,
        record=record,
        form=message.told.value,
        keys=tuple(_keys(record, message, reason)),
        message=_mail_id(record, message),
        failure=failure,
        mail=message.template or None,
        recipient=message.recipient or None,
    )


def _raised(text: str) -> Traceback | None:
    """The traceback below a message, if it tells an exception of sending mail."""
    traceback = read_traceback(text)
    return traceback if traceback and traceback.is_mail and traceback.exception else None


def _failure(message: Message, raised: Traceback | None) -> Failure:
    """The reason in the message's line; class and phase, and where it has no reason all, of the traceback below."""
    if raised is None or raised.exception is None:
        return read_failure(message.reason, app=APP)
    cause = read_failure(raised.exception, app=APP, phase=raised.phase)
    if message.told is not Told.ERROR:
        return cause
    said = read_failure(message.reason, app=APP)
    if said.code is None and cause.code:
        return cause
    return said._replace(exception=cause.exception, phase=cause.phase or said.phase)


def _keys(record: Record, message: Message, reason: str) -> Iterable[str]:
    """Ids that tie a mail's events together; `reason` is the text that all records of its failure have."""
    told = message.told
    if told is Told.RESTART:
        yield f"restart:{message.subject}/{record.time:%Y-%m-%d %H}" if record.time else f"restart:{message.subject}"
        return
    if told is Told.TEST_FAILED:
        yield transcript_key(record, message.reason)
    yield from _copy_key(_stamp(record), told.value, message.recipient or gist_of(reason))
    if message.template:
        yield f"to:{message.template}/{message.recipient}"
    if message.recipient and told is not Told.GIVEN_UP:
        yield f"rcpt:{message.recipient}"
    if told not in _KINDS or told is Told.GIVEN_UP:
        yield from reason_keys(record, reason)
    if told in (Told.SENDING, Told.QUEUE_PROBLEM):
        yield _BEGUN


def _of_python(event: Event) -> Event:
    """A traceback names neither mail nor recipient: it belongs to the mail that began last."""
    if event.failure is None or event.form.endswith("?"):
        return event
    record = event.record
    copy = _copy_key(_stamp(record), event.form, gist_of(event.failure.text))
    return event._replace(keys=(*copy, *event.keys, _BEGUN))


def _stamp(record: Record) -> str:
    return record.time.isoformat() if record.time else ""


def _copy_key(stamp: str, form: str, detail: str) -> tuple[str, ...]:
    """The key of the same line in another file."""
    return (f"copy:{stamp}/{form}/{detail}",) if stamp else ()


def _mail_id(record: Record, message: Message) -> str | None:
    """Tries of one mail follow each other at once; the same mail to the same address on another day is another."""
    if message.told is Told.NOT_DELIVERED:
        return f"scheduled:{message.subject}"
    if not message.template:
        return None
    return _mail_of_day(_stamp(record), f"{message.template}/{message.recipient}")


def _mail_of_day(stamp: str, mail: str) -> str:
    return f"mail:{mail}/{stamp[:10]}"


GRAMMAR = _Zulip()
