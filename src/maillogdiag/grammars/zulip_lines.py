"""Zulip's log lines and the messages in them that speak of outgoing mail.

Two line formats stand side by side in every version (zerver/lib/logging_util.py, zproject/computed_settings.py):
send_email.log and email_deliverer.log have the plain one, all other files Zulip's own.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import pyparsing as pp

from maillogdiag.expressions import expression
from maillogdiag.grammars.parts import Delayed, parse_parts


class Told(StrEnum):
    """What a message tells; the values are the forms of the events made of it."""

    SENDING = "zulip-sending"
    ERROR = "zulip-error"
    GIVEN_UP = "zulip-given-up"
    QUEUE_PROBLEM = "zulip-queue-problem"
    WORKER_DIED = "zulip-worker-died"
    RESTART = "supervisor-restart*"
    NOT_DELIVERED = "zulip-not-delivered"
    PASSWORD_UNSET = "zulip-password-unset"
    TEST_FAILED = "zulip-test-failed"
    TEST_SENT = "zulip-test-sent"


# line := stamp level ["pid:" pid] ["[" origin "]"] message
# zulip:  2022-02-28 09:15:25.607 ERR  [zulip.send_email] Error sending …
# plain:  2022-02-28 09:15:25,607 ERROR    Error sending …
_LINE = Delayed(
    lambda: (
        pp.Regex(r"\d{1,4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d{3}")
        + pp.Regex(r"[A-Z]{3,8}\b")
        + pp.Opt(pp.Regex(r"pid:\d{1,10}"))
        + pp.Opt(pp.Regex(r"\[[\w.:/-]{0,120}\](?= )"))
        + pp.Regex(r"(?s)(?P<message>.*)")
    )
)

# mail := template " email to " list of addresses, as Python prints it
_MAIL = r"(?P<template>[\w./-]{1,200}) email to \[(?P<to>[^\n]{0,4000}?)\]"
_QUEUE = r"(?P<subject>[\w-]{0,40}email_senders)\b"
_PROGRAM = r"(?:[\w-]{1,60}:)?(?P<subject>zulip_(?:events_)?(?:[\w-]{0,40}email_senders|deliver_scheduled_emails))\b"

# Nearly every line of send_email.log, read in one go: a mail to one address; what `_LINE` and `_MESSAGES` read, too.
_SENDING_TO_ONE = (
    r"(?P<stamp>(?:19|20)\d\d-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d{3}) {1,8}[A-Z]{3,8} {1,8}(?:\[[\w.:/-]{0,120}\] )?"
    r"Sending (?:[\w./-]{0,120}/)?(?P<template>[\w.-]{1,79}) email to "
    r"\['(?P<to>[^\s'\"<>\[\],:]{1,320}@[^\s'\"<>\[\],:@]{1,255})'\](?=\s|$)"
)
SENDING_TO_ONE = expression(_SENDING_TO_ONE)
SENDINGS_TO_ONE = expression(rf"(?m)^(?P<line>{_SENDING_TO_ONE}[^\n]*)$")
"""Each of several such lines."""

# What a message begins with, and its shape: zerver/lib/send_email.py, zerver/worker/ (queue_processors.py up to 8),
# zerver/management/commands/, and supervisord's own log.
_MESSAGES: tuple[tuple[str, Told, pp.ParserElement], ...] = (
    # "Sending " mail [" in " realm] [" (triggered from " address ")"]
    ("Sending ", Told.SENDING, pp.Regex(rf"Sending {_MAIL}(?=\s|$)")),
    # "Error sending " mail [" with error " ("code" | "core") " " code] [": " reason]
    (
        "Error s",
        Told.ERROR,
        pp.Regex(rf"Error sending {_MAIL}(?:(?P<reason>(?: with error co[dr]e |: )[^\n]*)|(?=\s|$))"),
    ),
    ("Unknown e", Told.ERROR, pp.Regex(rf"Unknown error sending {_MAIL}(?=\s|$)")),
    # "Event " dictionary " failed" [" due to exception " class]
    (
        "Event {",
        Told.GIVEN_UP,
        pp.Regex(
            r"Event (?=[^\n]{0,60000}['\"]template_prefix['\"]: ['\"](?P<template>[^'\"\n]{1,200}))"
            r"(?=(?:[^\n]{0,60000}['\"]to_emails?['\"]: \[?['\"](?P<to>[^'\"\n]{1,400}))?)"
            r"[^\n]{0,60000}\} (?P<reason>failed(?: due to exception \w{1,100})?)\s*(?:\n|$)"
        ),
    ),
    ("Problem h", Told.QUEUE_PROBLEM, pp.Regex(rf"Problem handling data on queue {_QUEUE}")),
    ("Timed out", Told.QUEUE_PROBLEM, pp.Regex(rf"Timed out in {_QUEUE} after \d{{1,6}} seconds")),
    ("Unhandled", Told.WORKER_DIED, pp.Regex(rf"Unhandled exception from queue: {_QUEUE}")),
    ("exited: ", Told.RESTART, pp.Regex(rf"exited: {_PROGRAM}[^(\n]{{0,20}}\([^()]{{0,80}}not\s{{1,4}}expected\)")),
    ("gave up: ", Told.RESTART, pp.Regex(rf"gave up: {_PROGRAM} entered FATAL state")),
    (
        "<Scheduled",
        Told.NOT_DELIVERED,
        pp.Regex(r"<ScheduledEmail: (?:<ScheduledEmail: )?(?P<subject>\d{1,12})(?P<to>[^\n]{0,4000})> not delivered"),
    ),
    ("An SMTP ", Told.PASSWORD_UNSET, pp.Regex(r"An SMTP username was set \(EMAIL_HOST_USER\), but password is unset")),
    ("Failed to send m", Told.TEST_FAILED, pp.Regex(r"Failed to send mails: (?P<reason>[^\n]+)")),
    ("CommandError: O", Told.TEST_FAILED, pp.Regex(r"CommandError: (?P<reason>Outgoing email not yet configured)")),
    ("Successfully s", Told.TEST_SENT, pp.Regex(r"Successfully sent \d emails? to ")),
)  # fmt: skip

# Of the mail that Zulip, up to 8, sends to its administrators for each error (zerver/lib/error_notify.py).
_SUBJECT = expression(r"(?:Subject: )?\[Django\] [\w.-]{1,255}: ")
_ADDRESS = expression(r"<(?P<bare>[^<>\s]{1,320})>|(?P<plain>[^\s'\"<>\[\],:]{1,320}@[^\s'\"<>\[\],]{1,255})")


class Message(NamedTuple):
    """One message of Zulip, read.

    Args:
        told: what it tells.
        template: which mail, e.g. "password_reset"; empty where it is not told.
        recipient: the first address it goes to; empty likewise.
        reason: why it failed, in the message's own words; its first line where it gives none.
        subject: the queue, program or scheduled mail that it is about; empty where it is about none.
    """

    told: Told
    template: str
    recipient: str
    reason: str
    subject: str


def read_message(text: str) -> Message | None:
    """Read a record's text, with or without the head of its line; None where it tells nothing of outgoing mail."""
    message = _message_of(text)
    for beginning, told, shape in _MESSAGES:
        if message.startswith(beginning):
            parts = parse_parts(shape, message)
            return None if parts is None else _read_parts(told, parts, message)
    return None


def _read_parts(told: Told, parts: dict[str, str], message: str) -> Message:
    return Message(
        told=told,
        template=parts.get("template", "").rsplit("/", 1)[-1],
        recipient=_first_address(parts.get("to", "")),
        reason=parts.get("reason", message.split("\n", 1)[0]).removeprefix(": ").strip(),
        subject=parts.get("subject", ""),
    )


def _message_of(text: str) -> str:
    """The message without the line's head; a line may have lost its head."""
    text = text.lstrip(" \t>`*")  # quoted in a forum
    if subject := _SUBJECT.match(text):
        return text[subject.end() :]
    if not text[:1].isdigit():
        return text
    parts = parse_parts(_LINE, text)
    return text if parts is None else parts["message"]


def _first_address(text: str) -> str:
    found = _ADDRESS.search(text)
    return (found["bare"] or found["plain"]) if found else ""
