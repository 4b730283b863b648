"""A failure: one error text, read into the fields that rules match on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """Which step of the SMTP dialogue failed (RFC 5321 section 3, RFC 3207, RFC 4954)."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL_FROM = "mail-from"
    RCPT_TO = "rcpt-to"
    DATA = "data"
    END_OF_DATA = "end-of-data"


@dataclass(frozen=True, slots=True)
class Failure:
    """What an error text says, however the application wrapped it.

    Args:
        text: the error text as logged, cut to a sane length, whitespace kept.
        normal: lower-cased, wrappers removed, multi-line reply joined, blanks squeezed: what phrases match on.
        code: SMTP reply code, 200..599, read by position only (never out of an address or a size).
        enhanced: enhanced status code such as "5.7.8" (RFC 3463).
        phase: step of the dialogue, where the text or the application says it.
        exception: exception class as logged, e.g. "Net::SMTPAuthenticationError" or "smtplib.SMTPDataError".
        host: the server that was spoken to.
        port: its port.
        provider: id of the mail provider recognised from host or text, e.g. "gmail".
        app: the application that logged it, e.g. "mastodon".
    """

    text: str
    normal: str
    code: int | None = None
    enhanced: str | None = None
    phase: Phase | None = None
    exception: str | None = None
    host: str | None = None
    port: int | None = None
    provider: str | None = None
    app: str | None = None
