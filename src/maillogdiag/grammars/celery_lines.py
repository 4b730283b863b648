"""Celery's own log lines about a task (celery/worker/request.py, celery/app/trace.py)."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

import pyparsing as pp

from maillogdiag.expressions import expression
from maillogdiag.grammars.parts import Delayed, parse_parts


class TaskState(StrEnum):
    """What a line says of a task."""

    RAISED = "raised"
    RETRY = "retry"
    SUCCEEDED = "succeeded"


class TaskLine(NamedTuple):
    """One line about a task.

    Args:
        name: dotted name of the task.
        id: the same for all tries.
        state: how the try ended.
        reason: repr of the exception; empty where none is told.
        is_mail: whether the task's name says that it sends mail.
    """

    name: str
    id: str
    state: TaskState
    reason: str
    is_mail: bool


# line := … "Task " name "[" id "] " end
# end  := ("raised unexpected" | "raised expected" | "INTERNAL ERROR") ": " repr | "retry: Retry in " time [": " repr]
#       | "succeeded in " time
_LINE = Delayed(
    lambda: (
        pp.Regex(r"Task (?P<name>[\w.:-]{1,200})(?: \(|\[)(?P<id>[\w-]{8,64})[\])]")
        + pp.Regex(
            r"(?P<raised>raised (?:un)?expected|raised exception|INTERNAL ERROR)"
            r"|(?P<retry>retry: Retry in [\d.]{1,12}s)|(?P<succeeded>succeeded in )"
        )
        + pp.Opt(pp.Regex(r":? ?(?P<reason>[^\n]{1,4000})"))
    )
)
_UNREGISTERED = expression(r"Received unregistered task of type u?'(?P<name>[\w.:-]{1,200})'")
_ID = expression(r"\[(?P<id>[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\]")
_HEAD_CHARACTERS = 400
_MAIL_NAME = expression(r"mail", re.IGNORECASE)
_INCOMING_NAME = expression(r"fetch|process_?mail|receiv|import|inbound|incoming|imap|mirror|poll|sync", re.IGNORECASE)


def read_task_line(text: str) -> TaskLine | None:
    """Return what a record's first line says of a Celery task; None where it is another line."""
    # What stands before is the formatter's: time, level, process, perhaps logger and module.
    at = text.find("Task ", 0, _HEAD_CHARACTERS)
    parts = parse_parts(_LINE, text[at:]) if at >= 0 else None
    if parts is None:
        return None
    state = next(state for state in TaskState if state.value in parts)
    return TaskLine(parts["name"], parts["id"], state, parts.get("reason", ""), _is_mail(parts["name"]))


def find_discarded_mail(text: str) -> str | None:
    """Return what a worker says of a task that sends mail and that it does not know; None for any other text."""
    found = _UNREGISTERED.search(text)
    return found[0] if found and _is_mail(found["name"]) else None


def _is_mail(name: str) -> bool:
    return bool(_MAIL_NAME.search(name)) and not _INCOMING_NAME.search(name)


def task_keys(text: str) -> tuple[str, ...]:
    """Return the key of the task that a logger's line stands for, as in `name[id]: message`."""
    found = _ID.search(text[:_HEAD_CHARACTERS])
    return (f"task:{found['id']}",) if found else ()
