"""Django and any other Python program that sends mail: tracebacks, error pages, Celery's lines, single lines.

No line's words alone make a mail of it: that is told by smtplib's classes and frames, by a task's name, or by a
line that speaks of sending mail beside a socket's error.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyparsing as pp

from maillogdiag.events import Event, EventKind, line_key
from maillogdiag.expressions import expression
from maillogdiag.failures import Phase, read_failure
from maillogdiag.grammars.access_log import UPSTREAM_LINE
from maillogdiag.grammars.application_time import with_application_time
from maillogdiag.grammars.celery_lines import TaskLine, TaskState, find_discarded_mail, read_task_line, task_keys
from maillogdiag.grammars.django_pages import read_page
from maillogdiag.grammars.parts import Delayed, parse_parts
from maillogdiag.grammars.python_lines import find_mail_reason, find_network_error, find_smtp_error, odoo_head
from maillogdiag.grammars.python_traceback import Traceback, is_smtp_exception, read_traceback
from maillogdiag.grammars.reason_keys import gist_of, reason_keys
from maillogdiag.records import Record

APP = "django"

_MOST_CHARACTERS = 8 * 1024
# Lines above and below a line of Odoo's in which its reason may stand.
_REASON_LINES = 3
_ESCAPED_BREAK = expression(r"\\r?\\n|\\n|#012")
# A frame in JSON, in a Python string or as syslog spells it: the line break in front of it is escaped.
_ESCAPED_FRAME = expression(r"(?:\\n|#012)\s{1,8}File (?P<quote>\\?\")")
_STRING_END = expression(r"(?<!\\)\"")
# Django's head of a failed request (django/utils/log.py) tells of any exception; the words are no server's.
_FAILED_REQUEST = "Internal Server Error: /"
_CUT = "a traceback of sending mail that ends before its exception"

# smtplib's debug output: "reply: retcode (" code "); Msg: " text, and "data: (" code ", " text of a mail's end.
_TRANSCRIPT = Delayed(
    lambda: (
        pp.Regex(r"(?:[\d:.]{8,16}\s{1,8}){0,2}reply: retcode \((?P<code>\d{3})\); Msg: (?P<words>[^\n]{0,4000})")
        | pp.Regex(r"(?:[\d:.]{8,16}\s{1,8}){0,2}data: \((?P<accepted>250), ")
    )
)


class _Django:
    """Reads what Python programs log about their mail; see the module."""

    name = APP
    anchors = (
        "SMTP", 'File "', 'File \\"', "[Errno ", "[WinError ", "[SSL: ", "Error: ", "Error(", "timed out", "(4", "(5",
        " at /",
        "Exception Type:", "Task ", "retcode (", "data: (250", "unexpectedly closed", "extension not supported",
        "No suitable authentication", "run connect()", "EMAIL_USE_TLS", "failed sending mail", "Mail delivery failed",
        "email service configuration", "Email operation", "API response ", "Anymail", "unregistered task",
    )  # fmt: skip

    def read(self, record: Record) -> Iterable[Event]:
        """Return the failure of a mail that `record` tells of, or the success of a Celery task that sends mail."""
        return read_python_mail(record, APP)


def read_python_mail(record: Record, app: str) -> tuple[Event, ...]:
    """Return the events in a record of a Python program, under the name `app`."""
    record = with_application_time(record)
    text = _unfold(record.text)
    if task := read_task_line(text):
        return _read_task(record, text, task, app)
    if discarded := find_discarded_mail(text):
        return (Event(EventKind.FAILED, app, record, "celery-discarded", failure=read_failure(discarded, app=app)),)
    if traceback := read_traceback(text):
        if traceback.is_mail:
            return (_of_traceback(record, text, traceback, app),)
        if text is record.text or "Traceback (most recent call last)" in record.text:
            return ()
        text = record.text
    text = text[:_MOST_CHARACTERS]
    if page := read_page(text):
        return (_failed(record, app, "django-page", page),)
    return _read_line(record, text, app)


def _read_task(record: Record, text: str, task: TaskLine, app: str) -> tuple[Event, ...]:
    key = f"task:{task.id}"
    event = Event(EventKind.ACCEPTED, app, record, f"celery-{task.state}", (key,), message=key, mail=task.name)
    if task.state is TaskState.SUCCEEDED:
        return (event,) if task.is_mail else ()
    traceback = read_traceback(text)
    is_smtp = is_smtp_exception(task.reason) or (traceback is not None and traceback.is_mail)
    if not (task.is_mail or is_smtp):
        return ()
    if not task.reason:
        # A retry without reason: the try that is the last tells it. "*": all of them are one until then.
        return (event._replace(kind=EventKind.CONTEXT, form=f"{event.form}*"),)
    reason = (
        traceback.exception
        if traceback and traceback.exception and is_smtp_exception(traceback.exception)
        else task.reason
    )
    keys = (key, *reason_keys(record, reason))
    failure, is_final = read_failure(reason, app=app), task.state is TaskState.RAISED
    return (event._replace(kind=EventKind.FAILED, keys=keys, failure=failure, is_final=is_final),)


def _of_traceback(record: Record, text: str, traceback: Traceback, app: str) -> Event:
    keys = task_keys(text)
    message = keys[0] if keys else None
    if traceback.exception and not traceback.is_cut:
        keys = (*keys, line_key(*record.place))
        # Odoo's exception quotes smtplib's.
        reason = find_smtp_error(traceback.exception) or traceback.exception
        event = _failed(record, app, "python-traceback", reason, keys, traceback.phase)
        return event._replace(message=message)
    # A traceback that lost its first line ends before its exception, which is then a record of its own.
    keys = (*keys, line_key(record.place.source, record.place.line + record.lines))
    head = text.split("\n", 1)[0]
    reason = traceback.exception or (_CUT if _FAILED_REQUEST in head else head)
    failure = read_failure(reason, app=app, phase=traceback.phase)
    return Event(EventKind.CONTEXT, app, record, "python-frames", keys, message=message, failure=failure)


def _read_line(record: Record, text: str, app: str) -> tuple[Event, ...]:
    if parts := parse_parts(_TRANSCRIPT, text):
        return _of_transcript(record, parts, app)
    own_line = line_key(*record.place)
    if error := find_smtp_error(text):
        return (_failed(record, app, "python-exception", error, (*task_keys(text), own_line)),)
    if head := odoo_head(text):
        first, after = record.place.line, record.place.line + record.lines
        near = (*range(first - _REASON_LINES, first), *range(after, after + _REASON_LINES))
        keys = tuple(line_key(record.place.source, line) for line in near)
        return (Event(EventKind.CONTEXT, app, record, f"odoo-{head}", keys),)
    if UPSTREAM_LINE.search(text):
        return ()
    if reason := find_mail_reason(text):
        return (_failed(record, app, "python-line", reason, task_keys(text)),)
    if error := find_network_error(text):
        # Nobody's unless the frames of a mail stand right above it.
        return (
            Event(
                EventKind.FAILED, app, record, "python-exception?", (own_line,), failure=read_failure(error, app=app)
            ),
        )
    return ()


def _of_transcript(record: Record, parts: dict[str, str], app: str) -> tuple[Event, ...]:
    if "accepted" in parts:
        return (Event(EventKind.ACCEPTED, app, record, "smtplib-data"),)
    if parts["code"] < "400":
        return ()
    reply = f"({parts['code']}, {parts['words']})"
    return (_failed(record, app, "smtplib-reply", reply, (transcript_key(record, reply),)),)


def _failed(
    record: Record, app: str, form: str, text: str, keys: tuple[str, ...] = (), phase: Phase | None = None
) -> Event:
    keys = (*keys, *reason_keys(record, text))
    return Event(EventKind.FAILED, app, record, form, keys, failure=read_failure(text, app=app, phase=phase))


def transcript_key(record: Record, text: str) -> str:
    """Return the key that a reply in smtplib's debug output shares with the error that it led to."""
    return f"reply:{record.place.source}/{gist_of(text)}"


def _unfold(text: str) -> str:
    """Undo what JSON and syslog make of a traceback's line breaks."""
    if (frame := _ESCAPED_FRAME.search(text)) is None:
        return text
    # Pretty-printed JSON has the traceback in one of its lines.
    start, end = text.rfind("\n", 0, frame.start()) + 1, text.find("\n", frame.end())
    folded = text[start : end if end >= 0 else None]
    if frame["quote"] == '"':
        return _ESCAPED_BREAK.sub("\n", folded)
    # Behind the string's end stand the object's other members.
    string_end = _STRING_END.search(folded, frame.end() - start)
    return _ESCAPED_BREAK.sub("\n", folded[: string_end.start() if string_end else None]).replace('\\"', '"')


GRAMMAR = _Django()
