"""Postfix: the log of a mail server that takes mail from applications and sends it on.

    line     := [program "/" daemon "[" pid "]: "] message
    message  := [queue-id ": "] (delivery | trouble | rejection | "from=<…>, … (queue active)")
    delivery := "to=<…>, …, relay=…, …, dsn=…, status=" status " (" words ")"

A delivery line (one for each recipient) ends a try. Lines before it tell of servers that were tried in vain; the
same process writes both, so its number ties them together. Mail that strangers bring is none of our business:
a refused client counts only where it is this machine, a private network, or logged in.
Sources: src/global/log_adhoc.c, src/smtp/smtp_trouble.c, smtp_connect.c, src/smtpd/smtpd_check.c.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pyparsing as pp

from maillogdiag.events import Event, EventKind, line_key
from maillogdiag.expressions import expression
from maillogdiag.failures import Failure, Phase, read_failure
from maillogdiag.grammars.clients import is_near
from maillogdiag.grammars.parts import Delayed, parse_parts
from maillogdiag.records import Record

APP = "postfix"
_MOST_CHARACTERS = 8 * 1024

_PROGRAM = expression(r"(?:^|\s)(?P<process>[\w.@-]{1,60}(?:/[\w.-]{1,40}){1,3})\[(?P<pid>\d{1,10})\]: ")
_QUEUE_ID = pp.Regex(r"(?P<queue>(?=[A-Za-z]{0,19}\d)[0-9A-Za-z]{5,20}|[0-9A-F]{6,15}):(?= )")
_DELIVERY = pp.Regex(
    r"(?s)(?:to=<(?P<to>[^>]{0,320})>)?(?P<details>[^(]{0,1500}?)"
    r"\bstatus=(?P<status>sent|deferred|bounced|SOFTBOUNCE|(?:force-)?expired)\b(?:\s?\((?P<words>.*)|(?=,|$))"
)
_TROUBLE = pp.Regex(
    r"(?s)(?P<listed>\()?"  # as postqueue shows it
    r"(?P<trouble>connect to \S{1,300}: .*"
    r"|host \S{1,300} (?:said: |refused to talk to me: ).*"
    r"|lost connection with \S{1,300} while .*|conversation with \S{1,300} timed out while .*"
    r"|SASL authentication failed[;:] .*|warning: SASL authentication failure: No worthy mechs found.*"
    r"|Cannot start TLS.*|Server certificate not .*|TLS is required, but .*|SSL_connect error to .*)"
)
# Said where TLS is opportunistic, too: proves nothing unless another line of the try says that it failed.
_DETAIL = pp.Regex(
    r"(?s)(?P<certificate>(?:server |CA )?certificate (?:peer name )?verification failed for .*)"
    r"|warning: (?P<library>TLS library problem: .*)"
    r"|warning: (?P<table>\S{1,300} (?:is unavailable|lookup error).*)"
    r"|warning: (?P<transport>connect to transport .*)"
)
_FATAL = pp.Regex(r"(?s)(?P<fatal>fatal: .*)")
_REJECTION = pp.Regex(
    # Postscreen knows no names.
    r"(?s)(?:NOQUEUE: |warning: )?(?:milter-)?reject: [\w-]{1,40} (?:.{0,200}? )?from (?P<client>[^\s\[]{0,255})"
    r"\[(?P<address>[^\]]{1,60})\](?::\d{1,5})?: (?P<reply>.*)"
)
_LOGIN_REFUSED = pp.Regex(
    r"(?s)warning: (?P<client>[^\s\[]{1,255})\[(?P<address>[^\]]{1,60})\](?::\d{1,5})?: "
    r"(?P<reply>SASL [\w-]{1,30} authentication failed.*)"
)
_TLS_NOT_ACCEPTED = pp.Regex(
    r"(?s)(?P<reply>SSL_accept error from (?P<client>[^\s\[]{1,255})\[(?P<address>[^\]]{1,60})\].*)"
)
_QUEUED = pp.Regex(r"from=<(?P<from>[^>]{0,320})>, size=\d{1,15}, nrcpt=\d{1,9} \(queue active\)")

_MESSAGE_ID = pp.Regex(r"message-id=<(?P<message_id>[^>\s]{1,250})>")

_MESSAGE = Delayed(
    lambda: (
        pp.Opt(_QUEUE_ID)
        + (_REJECTION | _LOGIN_REFUSED | _TLS_NOT_ACCEPTED | _DETAIL | _FATAL | _TROUBLE | _QUEUED | _MESSAGE_ID)
    )
)

_DELIVERY_LINE = Delayed(lambda: pp.Opt(_QUEUE_ID) + _DELIVERY)

_RELAY = expression(r"relay=(?P<host>[\w.-]{1,255})\[[^\]]{0,60}\](?::(?P<port>\d{1,5}))?")
_DSN = expression(r"dsn=(?P<dsn>[245]\.\d{1,3}\.\d{1,3})")
_REJECTED_FROM_TO = expression(r"from=<(?P<from>[^>]{0,320})> to=<(?P<to>[^>]{0,320})>")
_OF_A_LOGIN = "not owned by user"
_TEMPORARY = expression(r"(?i)lost to authentication|temporar|generic failure")
# A line above says which: the delivery line shall not have the last word.
_VAGUE = expression(r"Server certificate not|Cannot start TLS: handshake failure|local data error while talking")
_CLIENT_DAEMONS = frozenset({"smtp", "lmtp", "smtps", "relay"})
_LOCAL_DAEMONS = frozenset({"local", "virtual"})
# Where one of these ends, mail is not taken, or stays where it is.
_MAIL_DAEMONS = _CLIENT_DAEMONS | _LOCAL_DAEMONS | {"pipe", "smtpd", "cleanup", "trivial-rewrite", "qmgr", "pickup"}
_SUBMITTING = frozenset({"sendmail", "postdrop"})
_SERVER_CHARACTERS = 80
# Ties lines that do not name their process to the delivery line that follows.
_ANY_PROCESS = "pid:postfix"


class _Writer(NamedTuple):
    """Which process wrote a line; `daemon` is empty where the line does not tell."""

    daemon: str
    key: str | None

    @property
    def may_be_client(self) -> bool:
        """Whether it may be the process that sends mail on, rather than the one that takes it."""
        return not self.daemon or self.daemon in _CLIENT_DAEMONS


class _Postfix:
    """Reads Postfix's log; see the module."""

    name = APP
    anchors = (
        "status=", "connect to ", " said: ", "refused to talk to me", "connection with ", "conversation with ",
        "SASL ", "TLS", "SSL_", "certificate", "reject: ", "(queue active)", "is unavailable", "lookup error",
        "fatal: ", "message-id=<",
    )  # fmt: skip

    def read(self, record: Record) -> Iterable[Event]:
        """Return what `record` tells of a delivery, or of a client of ours that was refused."""
        text = record.text[:_MOST_CHARACTERS].strip()
        writer, message = _writer_of(record, text)
        parts = parse_parts(_DELIVERY_LINE if "status=" in message else _MESSAGE, message)
        if parts is None:
            return ()
        if "status" in parts:
            return _read_delivery(record, writer, parts)
        if "client" in parts:
            return _read_refusal(record, writer, parts)
        if "from" in parts:
            queue = _message_id(parts)
            return (Event(EventKind.ENQUEUED, APP, record, "postfix-active", message=queue, sender=parts["from"]),)
        if "message_id" in parts:
            queue, sent_as = _message_id(parts), parts["message_id"]
            return (Event(EventKind.ENQUEUED, APP, record, "postfix-cleanup", message=queue, message_id=sent_as),)
        if "transport" in parts:  # the delivery line of each mail that needs it says that it is unavailable
            return (Event(EventKind.NOTICE, APP, record, "postfix-transport"),)
        if "listed" in parts:
            keys = (line_key(*record.place),)  # each mail has a line of its own in the queue's list
            failure = read_failure(parts["trouble"], app=APP)
            return (Event(EventKind.FAILED, APP, record, "postfix-listed", keys, failure=failure),)
        return _read_trouble(record, writer, parts)


def _writer_of(record: Record, text: str) -> tuple[_Writer, str]:
    """The process that wrote the line, from the envelope or from the line itself, and the rest of the line."""
    process, pid = record.process, record.pid
    if found := _PROGRAM.search(text[:300]):
        process, pid, text = found["process"], int(found["pid"]), text[found.end() :]
    if process is None or "/" not in process:
        return _Writer("", None), text
    key = f"pid:{record.host or ''}/{process}/{pid}" if pid is not None else None
    return _Writer(process.rpartition("/")[2], key), text


def _read_delivery(record: Record, writer: _Writer, parts: dict[str, str]) -> tuple[Event, ...]:
    """The end of a try for one recipient."""
    if "queue" not in parts and "to" not in parts and "words" not in parts:
        return ()
    if "words" not in parts:
        return (_read_end(record, writer, parts),)
    queue, recipient = parts.get("queue"), parts.get("to")
    keys = [f"queue:{queue}/{recipient}"] if queue else []
    keys += [*_try_keys(writer, queue), *([_ANY_PROCESS] if queue and not writer.key else [])]
    words, details = parts["words"].strip().removesuffix(")"), parts["details"]
    event = Event(
        EventKind.ACCEPTED, APP, record, "postfix-delivery", tuple(keys), _message_id(parts), recipient=recipient,
        is_final=parts["status"] not in ("sent", "deferred", "SOFTBOUNCE"),
    )  # fmt: skip
    if parts["status"] == "sent":
        # A mailbox here, of a bounce too: that says nothing about whether mail gets out.
        is_local = writer.daemon in _LOCAL_DAEMONS
        return (event._replace(kind=EventKind.NOTICE, form="postfix-local") if is_local else event,)
    failure = _failure(words, details)
    if _VAGUE.search(words):
        reason = event._replace(kind=EventKind.CONTEXT, form="postfix-reason", failure=failure)
        return (reason, event._replace(kind=EventKind.FAILED))
    return (event._replace(kind=EventKind.FAILED, failure=failure),)


def _read_end(record: Record, writer: _Writer, parts: dict[str, str]) -> Event:
    """A delivery line without a reason: "status=expired, returned to sender", after all tries; or one that was cut."""
    message = _message_id(parts)
    if not parts["status"].endswith("expired"):
        return Event(EventKind.NOTICE, APP, record, "postfix-cut", message=message)
    keys = _copy_key(record, writer, str(message))
    failure = read_failure(f"status={parts['status']}, returned to sender", app=APP)
    return Event(EventKind.GIVEN_UP, APP, record, "postfix-expired", keys, message, failure, is_final=True)


def _failure(words: str, details: str) -> Failure:
    relay, dsn = _RELAY.search(details), _DSN.search(details)
    host, port = (relay["host"], int(relay["port"]) if relay["port"] else None) if relay else (None, None)
    failure = read_failure(words, app=APP, host=host, port=port)
    return failure._replace(enhanced=failure.enhanced or (dsn["dsn"] if dsn else None))


def _read_trouble(record: Record, writer: _Writer, parts: dict[str, str]) -> tuple[Event, ...]:
    """A server that was tried in vain, or why; whether the mail got out says the delivery line after it."""
    kind = next(kind for kind in ("trouble", "certificate", "library", "table", "fatal") if kind in parts)
    match kind:
        case "trouble" if writer.may_be_client:
            # Several servers may fail within a second; lines of one form and time would pass for copies.
            form = f"postfix-trouble {parts[kind][:_SERVER_CHARACTERS]}*"
        case "certificate" | "table" if writer.may_be_client:
            form = f"postfix-{kind}?"
        case "library" if writer.daemon:
            form = "postfix-library?"
        case "fatal" if writer.daemon in _MAIL_DAEMONS | _SUBMITTING:
            form = "postfix-fatal"
        case _:
            return ()
    text = parts[kind]
    keys = tuple(_try_keys(writer, parts.get("queue")))
    # A copy of a line that proves nothing vanishes by itself; one more TLS error may be the next mail's.
    if not form.endswith("?") and not text.startswith("SSL_connect"):
        keys += _copy_key(record, writer, f"{parts.get('queue')}/{text}")
    failure = read_failure(text, app=APP)
    return (Event(EventKind.CONTEXT, APP, record, form, keys, _message_id(parts), failure=failure),)


def _read_refusal(record: Record, writer: _Writer, parts: dict[str, str]) -> tuple[Event, ...]:
    """A client that our server refused: ours where it is near, or has logged in."""
    reply, _, mail = parts["reply"].partition("; from=<")
    if not (is_near(parts["client"], parts["address"]) or _OF_A_LOGIN in reply):
        return (Event(EventKind.NOTICE, APP, record, "postfix-stranger-refused"),)
    addresses = _REJECTED_FROM_TO.search(f"from=<{mail}")
    recipient = addresses["to"] if addresses else None
    phase = {"SASL": Phase.AUTH, "SSL_": Phase.STARTTLS}.get(reply[:4])
    keys = _copy_key(record, writer, f"{recipient}/{reply}")
    kind, form = EventKind.FAILED, "postfix-refused"
    if phase is Phase.STARTTLS:  # why TLS failed stands in the next line
        kind, form = EventKind.CONTEXT, "postfix-tls-refused"
        keys += (writer.key,) if writer.key else ()
    elif phase is Phase.AUTH:  # many clients try one mechanism after the other
        form = f"postfix-login-refused {reply.split()[1]}"
        keys += (f"why:{writer.key}/{parts['address']}",) if writer.key else ()
    failure = read_failure(reply, app=APP, phase=phase)
    if phase is Phase.AUTH and not _TEMPORARY.search(reply.partition(", sasl_username=")[0]):
        failure = failure._replace(code=535, enhanced="5.7.8")  # what the client is told: src/smtpd/smtpd_sasl_glue.c
    sender = addresses["from"] if addresses else None
    return (Event(kind, APP, record, form, keys, failure=failure, recipient=recipient, sender=sender),)


def _try_keys(writer: _Writer, queue: str | None) -> list[str]:
    """One process works on one try at a time."""
    if writer.key is None:
        return [f"queue:{queue}"] if queue else [_ANY_PROCESS]
    return [f"{writer.key}/{queue}", writer.key] if queue else [writer.key]


def _copy_key(record: Record, writer: _Writer, text: str) -> tuple[str, ...]:
    """Finds the same line again in another file (mail.log, syslog, the journal)."""
    return (f"line:{record.time.isoformat()}/{writer.key}/{text[:160]}",) if record.time else ()


def _message_id(parts: dict[str, str]) -> str | None:
    return f"queue:{parts['queue']}" if "queue" in parts else None


GRAMMAR = _Postfix()
