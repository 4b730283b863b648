"""Writes what Mattermost logs about a mail, in each of its log shapes through the years.

The reason of a failure is recorded from Go; the messages and fields around it follow Mattermost's source.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field

_OLD_STAGES = {
    "unable to connect to the SMTP server through TLS": "Failed to open TLS connection",
    "unable to connect to the SMTP server": "Failed to open connection",
    "unable to send hello message": "Failed to set HELO",
    "authentication failed": "Failed to authenticate on SMTP server",
    "failed to set the from address": "Failed to add from email address",
    "failed to set the to address": "Failed to add to email address",
    "failed to add email message data": "Failed to add email message data",
    "failed to write the email message": "Failed to write email message",
    "failed to close connection to the SMTP server": "Failed to close connection to SMTP server",
}
_KINDS = ("notification", "reset", "test", "invite")
_USER_ID = "y8n5o1mfkpyy7m3gzq6r4hdjxe"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One mail as the Go program saw it; no stage means accepted."""

    started: float
    ended: float
    stage: str
    reason: str


@dataclass(frozen=True, slots=True)
class Line:
    """One log line before it gets its shape."""

    time: float
    level: str
    message: str
    caller: str
    fields: dict[str, object] = field(default_factory=dict)


def lines_for(outcomes: Iterable[Outcome]) -> list[Line]:
    """Tell the server's start, then every mail as notification, password reset, test and invitation in turn."""
    lines: list[Line] = []
    for number, outcome in enumerate(outcomes):
        if not lines:
            lines += _start(outcome.started - 2)
        lines += _mail_lines(outcome, _KINDS[number % len(_KINDS)])
    return lines


def greeting_lines(outcomes: Iterable[Outcome]) -> list[Line]:
    """Tell of greetings that failed as 5.x did: the mailer's line has the reason, the request's line has none."""
    lines: list[Line] = []
    for outcome in outcomes:
        reason = f"Failed to open a connection to SMTP server {outcome.reason}"
        lines.append(Line(outcome.ended, "error", reason, "mailservice/mail.go:134"))
        message = "Connection unsuccessful: SendMail: Failed to open TLS connection"
        fields = _request_fields(outcome, "/api/v4/email/test", "testEmail: ")
        lines.append(Line(outcome.ended + 0.00045, "error", message, "mlog/log.go:175", fields))
    return lines


def _start(time: float) -> list[Line]:
    return [
        Line(time, "info", "Server is initializing...", "platform/service.go:196", {"go_version": "go1.19.8"}),
        Line(time + 0.41, "info", "Pinging SQL", "sqlstore/store.go:256", {"database": "master"}),
        Line(
            time + 1.3,
            "error",
            "Failed to send push notification",
            "app/notification_push.go:131",
            {"error": 'Post "https://push.example.com/api/v1/send_push": dial tcp 198.51.100.9:443: i/o timeout'},
        ),
        Line(time + 1.7, "info", "Server is listening on [::]:8065", "app/server.go:929", {"address": "[::]:8065"}),
    ]


def _mail_lines(outcome: Outcome, kind: str) -> list[Line]:
    error = f"{outcome.stage}: {outcome.reason}"
    noise = Line(
        outcome.started,
        "warn",
        "Error decoding the config",
        "api4/system.go:233",
        {"path": "/api/v4/email/test", **_ids(outcome), "ip_addr": "192.0.2.44", "error": "EOF"},
    )
    if not outcome.stage:
        return [noise] if kind == "test" else []
    match kind:
        case "notification":
            fields: dict[str, object] = {"user_email": "ada@remote.example.net", "error": error}
            message, caller, before = "Error while sending the email", "app/notification_email.go:94", []
        case "invite":
            fields = {"error": error}
            message, caller, before = "Failed to send invite email successfully ", "email/email.go:563", []
        case "reset":
            message = "Failed to send password reset email successfully."
            told = f"SendPasswordReset: {message}, {error}"
            fields = _request_fields(outcome, "/api/v4/users/password/reset/send", told)
            caller, before = "web/context.go:117", []
        case _:
            message = f"Connection unsuccessful: {error}"
            fields = _request_fields(outcome, "/api/v4/email/test", f"testEmail: {message}")
            caller, before = "web/context.go:117", [noise]
    return [*before, Line(outcome.ended, "error", message, caller, fields)]


def _ids(outcome: Outcome) -> dict[str, object]:
    """Return the ids of a request: another one for each mail."""
    digest = hashlib.sha256(str(outcome.started).encode()).digest()
    return {"request_id": base64.b32encode(digest).decode().lower()[:26], "user_id": _USER_ID}


def _request_fields(outcome: Outcome, path: str, error: str) -> dict[str, object]:
    where = error.partition(":")[0]
    return {
        "path": path, **_ids(outcome), "ip_addr": "192.0.2.44", "method": "POST", "err_where": where, "http_code": 500,
        "error": error,
    }  # fmt: skip


def as_json(line: Line) -> str:
    """Shape 6.0 and later: logr's JSON."""
    head = {"timestamp": _logr_time(line.time), "level": line.level, "msg": line.message, "caller": line.caller}
    return _compact(head | line.fields)


def as_zap_json(line: Line) -> str:
    """Shape 4.10 to 5.39: zap's JSON, float seconds; details stand in err_details."""
    fields = dict(line.fields)
    if "err_where" in fields:
        fields["err_details"] = str(fields.pop("error")).partition(": ")[2]
    caller = line.caller if line.caller.startswith("mailservice/") else "mlog/log.go:175"
    head = {"level": line.level, "ts": round(line.time, 7), "caller": caller, "msg": line.message}
    return _compact(head | fields)


def as_plain(line: Line) -> str:
    """Shape 6.0 and later with ConsoleJson false: logr's plain text."""
    head = f"{line.level:<5} [{_logr_time(line.time)}] {line.message:<45} caller={_quote(line.caller)}"
    return " ".join([head, *(f"{key}={_quote(value)}" for key, value in line.fields.items())])


_COLOURS = {"error": 31, "warn": 33, "info": 34}


def as_coloured(line: Line) -> str:
    """Write the plain shape with EnableColor: the level and the field names are coloured."""
    colour = _COLOURS[line.level]
    level = f"\x1b[{colour}m{line.level:<5}\x1b[0m"
    fields = {"caller": line.caller, **line.fields}
    painted = " ".join(f"\x1b[{colour}m{key}\x1b[0m={_quote(value)}" for key, value in fields.items())
    return f"{level} [{_logr_time(line.time)}] {line.message:<45} {painted}"


def as_log4go(line: Line) -> str:
    """Shape 1.0 to 4.9: `[time zone] [EROR] path:where code=… Message [details: …]`."""
    level = {"error": "EROR", "warn": "WARN", "info": "INFO"}[line.level]
    moment = dt.datetime.fromtimestamp(line.time, dt.UTC)
    return f"[{moment:%Y/%m/%d %H:%M:%S} UTC] [{level}] {_old_text(line)}"


def _old_text(line: Line) -> str:
    error = str(line.fields.get("error", ""))
    known = next((new for new in sorted(_OLD_STAGES, key=len, reverse=True) if f"{new}: " in error), None)
    if known is None:
        return f"{line.message} [details: {error}]" if error else line.message
    old, reason = _OLD_STAGES[known], error.partition(f"{known}: ")[2]
    if "path" in line.fields:
        path = str(line.fields["path"]).replace("/api/v4/email/test", "/api/v3/admin/test_email")
        request = f"code=500 rid={line.fields['request_id']} uid={_USER_ID} ip=192.0.2.44"
        return f"{path}:SendMail {request} {old} [details: {reason}]"
    return f"Failed to send welcome email successfully err=SendMail: {old}, {reason}"


SHAPES = {
    "json": as_json,
    "zap-json": as_zap_json,
    "plain": as_plain,
    "coloured": as_coloured,
    "log4go": as_log4go,
}


def _logr_time(time: float) -> str:
    return f"{dt.datetime.fromtimestamp(time, dt.UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3] + " Z"


def _compact(fields: dict[str, object]) -> str:
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False)  # logr and zap leave < > & as they are


def _quote(value: object) -> str:
    text = str(value)
    needs_quotes = any(sign in text for sign in ' ="\n\t<>') or text == ""
    return json.dumps(text, ensure_ascii=False) if needs_quotes else text
