"""The lines that are written of every job, each read by one expression: most of what a worker logs of its mail.

What they say is what the readers of each library make of them, too, in several times the time.
"""

from __future__ import annotations

import re
from datetime import datetime

from maillogdiag.events import Event, EventKind
from maillogdiag.grammars.rails_jobs import SendsMail, app_of, mail_in, sends_mail
from maillogdiag.records import Record

ROUTINES = (
    rb"[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z pid=\d{1,10} tid=\w{1,32} class=ActionMailer::\w{1,60} jid=\w{1,64}"
    rb"(?: elapsed=[\d.]{1,20})? INFO: (?:start|done)"
    rb"|\[ActiveJob\] \[ActionMailer::\w{1,60}\] \[[0-9a-f-]{36}\] (?:Perform(?:ing|ed)|Delivered mail) [^\n]{1,2000}",
)
"""Of mails by way of Action Mailer; as the gate takes them."""
_SIDEKIQ = re.compile(
    r"(?P<time>[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) pid=(?P<pid>\d{1,10}) tid=(?P<tid>\w{1,32}) "
    r"class=(?P<name>[\w:]{1,200}) jid=(?P<jid>\w{1,64})(?: elapsed=[\d.]{1,20})? INFO: (?P<step>start|done|fail)"
)
_ACTIVEJOB = re.compile(
    r"\[ActiveJob\] \[(?P<name>[A-Z][\w:]{0,199})\] \[(?P<id>[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\] "
    r"(?:(?P<verb>Performing|Performed) (?P=name) \(Job ID: (?P=id)\) from Sidekiq\((?P<queue>[\w:.-]{1,120})\)"
    r"(?P<rest>(?: [^\n]{0,2000})?)"
    r"|Delivered mail (?P<message_id>\S{1,300}) \([\d.]{1,20}ms\))"
)
_STEPS = {"start": (EventKind.STARTED, "sidekiq-start"), "done": (EventKind.ACCEPTED, "sidekiq-done"),
          "fail": (EventKind.CONTEXT, "sidekiq-fail")}  # fmt: skip
_VERBS = {
    "Performing": (EventKind.STARTED, "activejob-performing"),
    "Performed": (EventKind.ACCEPTED, "activejob-performed"),
}


def read_routine(record: Record) -> tuple[Event, ...] | None:
    """Return what such a line says, nothing where its job is not about mail; None where `record` is another line."""
    text = record.text
    return _of_activejob(record, text) if text.startswith("[ActiveJob] ") else _of_sidekiq(record, text)


def read_lines(record: Record) -> list[Event]:
    """Return what lines of `ROUTINES` say, one event each; nothing where one of them is another line."""
    events = [event for line in record.apart() for event in read_routine(line) or ()]
    return events if len(events) == record.lines else []


def _of_sidekiq(record: Record, text: str) -> tuple[Event, ...] | None:
    found = _SIDEKIQ.fullmatch(text)
    if found is None:
        return None
    if sends_mail(found["name"]) is not SendsMail.YES:
        return ()
    try:
        record = record.at(datetime.fromisoformat(found["time"]))
    except ValueError:
        return None
    kind, form = _STEPS[found["step"]]
    jid = f"jid:{found['jid']}"
    return (Event(kind, app_of(record), record, form, (jid, f"tid:{found['pid']}/{found['tid']}"), jid),)


def _of_activejob(record: Record, text: str) -> tuple[Event, ...] | None:
    found = _ACTIVEJOB.fullmatch(text)
    if found is None:
        return None
    app, job = app_of(record), f"job:{found['id']}"
    if message_id := found["message_id"]:
        return (Event(EventKind.STARTED, app, record, "actionmailer-sent", (job,), job, message_id=message_id),)
    mail = mail_in(found["rest"])
    if not mail and sends_mail(found["name"], found["queue"]) is not SendsMail.YES:
        return ()
    kind, form = _VERBS[found["verb"]]
    return (Event(kind, app, record, form, (job,), job, mail=mail),)
