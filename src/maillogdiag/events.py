"""An event: what one application's grammar read in a record.

Grammars emit events and know nothing of rules; `attempts` puts the events of one try together.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from maillogdiag.failures import Failure
from maillogdiag.records import Record


class EventKind(StrEnum):
    """What happened to a mail, as far as this one record proves it."""

    ENQUEUED = "enqueued"  # handed to a queue; proves nothing about sending
    STARTED = "started"  # a try began
    ACCEPTED = "accepted"  # the next hop took the mail
    FAILED = "failed"  # the try failed; `failure` says how
    CONTEXT = "context"  # belongs to a try that failed, without its reason (Sidekiq's job dump, "fail")
    GIVEN_UP = "given-up"  # no further try will be made: the mail is lost
    NOTICE = "notice"  # about mail, but no try (a settings warning, a worker that restarts)
    WORKED = "worked"  # not about mail: a queue's worker did another job
    CHANGED = "changed"  # not about mail: a program started, stopped, broke down, took new settings


ABOUT_NO_TRY = frozenset({EventKind.ENQUEUED, EventKind.NOTICE, EventKind.WORKED, EventKind.CHANGED})
"""Kinds that are no part of a try to send a mail."""
ABOUT_NO_MAIL = frozenset({EventKind.WORKED, EventKind.CHANGED})
"""Kinds that only tell of what goes on around the mail."""


_PLACE = "place:"


def line_key(source: str, line: int) -> str:
    """Return the key of what stands in a line, for events that only their neighbourhood ties together."""
    return f"{_PLACE}{source}/{line}"


def moved_key(key: str, by: int) -> str:
    """Return `key` as it is where `by` more lines stand before the line that it names."""
    if not key.startswith(_PLACE):
        return key
    source, _, line = key.removeprefix(_PLACE).rpartition("/")
    return line_key(source, int(line) + by)


class Event(NamedTuple):
    """One thing that happened to one mail.

    Args:
        kind: what the record proves.
        app: the application, e.g. "mastodon"; "rails" or "django" where only the framework is known.
        record: the record it was read in: its time, place and text are the evidence.
        form: which shape of line this is, e.g. "activejob-error". One try has a form at most once, so that a
            second one of the same form and key begins the next try.
        keys: ids that tie the events of one try together, strongest first, each with its kind in front:
            "job:86fb…", "tid:6377/or6m", "queue:3C1D8C1D28", "request:…". Empty where the line has none.
        message: id of the mail itself, which stays the same from try to try ("job:…", "queue:…").
        message_id: the mail's Message-ID, without "<>", where the line tells it.
        failure: how it failed; only for FAILED, and for CONTEXT that carries a text.
        mail: which mail, as the application calls it: "UserMailer#welcome", "password_reset".
        recipient: address it was meant for, as logged.
        sender: envelope or From address, as logged.
        is_final: whether no further try follows: the mail server returned the mail to its sender.
    """

    kind: EventKind
    app: str
    record: Record
    form: str
    keys: tuple[str, ...] = ()
    message: str | None = None
    failure: Failure | None = None
    mail: str | None = None
    recipient: str | None = None
    sender: str | None = None
    message_id: str | None = None
    is_final: bool = False
