"""Python tracebacks: the exception that a mail failed from, and whether it was an outgoing mail at all.

That is told by the frames (smtplib.py, django/core/mail …) and by the exception's class, never by words such as
"timed out": push services, webhooks, LDAP and IMAP raise the same socket and TLS errors.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from maillogdiag.expressions import expression
from maillogdiag.failures import Phase

# The classes of smtplib, aiosmtplib, twisted.mail.smtp and Frappe, and of Anymail, which sends by web APIs; no other
# client has exceptions of these names.
SMTP_CLASS = (
    r"(?:E?SMTP(?:Exception|ServerDisconnected|ResponseException|SenderRefused|Recipients?Refused|DataError|ConnectError"
    r"|HeloError|AuthenticationError|NotSupportedError|ConnectTimeoutError|ReadTimeoutError|TimeoutError"
    r"|ConnectResponseError|ClientError|DeliveryError|ProtocolError)"
    r"|(?:EHLO|AUTH|TLS)RequiredError|AUTHDeclinedError|OutgoingEmailError"
    r"|Anymail(?:\w{0,20}Error|RecipientsRefused|InvalidAddress))"
)
NETWORK_CLASS = (
    r"(?:socket\.(?:gaierror|timeout|error|herror)|gaierror|timeout|(?:Connection(?:Refused|Reset|Aborted)|BrokenPipe"
    r"|Timeout|OS|IO)Error|error(?=: (?:\[Errno|\d{1,5}\n))|(?:ssl\.)?(?:SSL\w{0,40}Error|CertificateError)"
    r"|twisted\.internet\.error\.\w{4,40})"
)
_SMTP_EXCEPTION = expression(rf"(?:[A-Za-z_]\w{{0,60}}\.){{0,6}}{SMTP_CLASS}(?![\w.])")
_NETWORK_EXCEPTION = expression(rf"{NETWORK_CLASS}(?![\w.])")
# botocore's words where Amazon SES was asked to send.
SES_WORDS = r"An error occurred \(\w{1,60}\) when calling the Send\w{0,16}Email operation"
_SES_EXCEPTION = expression(rf"[\w.]{{1,80}}: {SES_WORDS}")
# Anymail's exception has several lines: what was sent, the cause, the provider's response.
_OF_SEVERAL_LINES = expression(r"(?:[A-Za-z_]\w{0,60}\.){0,6}Anymail\w{1,30}: ")
_WITH_REPLY = expression(r"\(-?\d{1,3}, |\{")
_NEVER_CONNECTED = "run connect() first"

_HEADING_WORDS = "(most recent call last)"
_HEADING = expression(rf"(?P<margin>\s{{0,40}})\W{{0,3}}(?P<kind>Traceback|Stack) {re.escape(_HEADING_WORDS)}")
_FRAME = expression(r"\s*File \"(?P<path>[^\"]{1,400})\", line \d{1,7}(?:, in (?P<function>\S{1,200}))?")
_EXCEPTION = expression(r"[A-Za-z_][\w.]{0,200}(?:: .*|:?$)")
_RAISE = expression(rf"\s+raise (?P<call>(?:\w+\.)?{SMTP_CLASS}\b.*)")
_MOST_OF_A_LINE = 4096

# A path that only code sending mail by SMTP goes through.
_MAIL_PATH = expression(
    r"smtplib\.py|django[/\\]core[/\\]mail[/\\]|email_backends|send_e?mail\.py|aiosmtplib|djcelery_email|flask_mail"
    r"|anymail[/\\]backends[/\\]|sendgrid[/\\](?:base_interface|sendgrid)\.py|sendgrid_backend[/\\]|sgbackend[/\\]|django_ses[/\\]"
    r"|ir_mail_server\.py|synapse[/\\]push[/\\]mailer\.py|management[/\\]commands[/\\](?:send_?)?test_?e?mail\.py"
)
_MAIL_FUNCTION = expression(r"(?:_|\b)send_?(?:[a-z]{1,40}_){0,4}e?mails?(?:_|\b)")
# smtplib's functions, one a step of the dialogue; the innermost tells where it broke off.
_PHASES = {
    "connect": Phase.CONNECT,
    "ehlo": Phase.EHLO,
    "helo": Phase.EHLO,
    "starttls": Phase.STARTTLS,
    "login": Phase.AUTH,
    "auth": Phase.AUTH,
    "mail": Phase.MAIL_FROM,
    "rcpt": Phase.RCPT_TO,
    "data": Phase.DATA,
}
_WAITING_FOR = {Phase.CONNECT: Phase.GREETING, Phase.DATA: Phase.END_OF_DATA}
_OTHER_CLIENT = expression(
    r"urllib3?[/\\]|requests[/\\]|http[/\\]client|httplib|aiohttp|httpx|imaplib|poplib|ldap|redis|psycopg|pymysql|MySQLdb"
    r"|pika[/\\]|amqp[/\\]|kombu|boto|paramiko|ftplib|websocket|push_notifications"
)


class Traceback(NamedTuple):
    """What a traceback says.

    Args:
        exception: class and text of the exception that tells most, or the `raise` that a cut one ends near; None
            where neither can be seen.
        phase: the step in which smtplib was, where its frames tell.
        is_mail: whether sending a mail failed here.
        is_cut: whether the line with the exception is missing.
    """

    exception: str | None
    phase: Phase | None
    is_mail: bool
    is_cut: bool


@dataclass(slots=True)
class _Seen:
    """What was met on the way through the lines."""

    paths: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    raised: str | None = None
    phase: Phase | None = None
    phases: dict[str, Phase | None] = field(default_factory=dict)

    def enter(self, path: str, function: str) -> None:
        self.paths.append(path)
        self.functions.append(function)
        if path.endswith("smtplib.py"):
            if function == "getreply":
                self.phase = _WAITING_FOR.get(self.phase, self.phase) if self.phase else None
            else:
                self.phase = _PHASES.get(function, self.phase)

    def leave(self, exception: str) -> None:
        self.exceptions.append(exception)
        self.phases[exception] = self.phase
        self.phase = None

    def go_on(self, line: str) -> None:
        """Take a further line of the last exception's message."""
        begun = self.exceptions[-1]
        if len(begun) > _MOST_OF_A_LINE:
            return
        self.exceptions.pop()
        self.exceptions.append(f"{begun}\n{line}")
        self.phases[self.exceptions[-1]] = self.phases.pop(begun, None)


def read_traceback(text: str) -> Traceback | None:
    """Read the traceback in a record's text, its chained ones included; None where there is none.

    ```
    traceback := block { "During handling …" block | "The above exception …" block } [stack]
    block     := ["Traceback (most recent call last):"] frame { frame } [exception]
    frame     := '  File "' path '", line ' number ", in " function { source }
    exception := class [": " text]
    stack     := "Stack (most recent call last):" { frame }          not a failure: where it was logged
    ```
    """
    if 'File "' not in text:
        return None
    seen = _walk(text)
    if not seen.paths:
        return None
    exception = _decisive(seen.exceptions)
    phase = seen.phases[exception] if exception else seen.phase
    return Traceback(exception or seen.raised or _reason_of_cut(seen), phase, _is_mail(seen), exception is None)


def is_smtp_exception(text: str) -> bool:
    """Whether `text` begins with one of the exceptions that only clients raise that send mail."""
    return _SMTP_EXCEPTION.match(text) is not None or _SES_EXCEPTION.match(text) is not None


def is_network_exception(text: str) -> bool:
    """Whether `text` begins with an exception of socket or ssl, which any client may raise."""
    return _NETWORK_EXCEPTION.match(text) is not None


def _walk(text: str) -> _Seen:
    """Go through the lines; plain patterns, since a log may be gigabytes of tracebacks."""
    seen = _Seen()
    is_inside, is_stack, margin = False, False, ""
    for line in text.splitlines():
        line = line[:_MOST_OF_A_LINE]
        if _HEADING_WORDS in line and (heading := _HEADING.match(line)):
            is_inside, is_stack, margin = True, heading["kind"] == "Stack", heading["margin"]
            continue
        if is_stack:
            continue
        line = line.removeprefix(margin)  # the traceback was indented as a whole
        if not is_inside and seen.exceptions and _OF_SEVERAL_LINES.match(seen.exceptions[-1]):
            seen.go_on(line)
            continue
        if line[:1].isspace() or (is_inside and line.startswith('File "')):  # a copy that lost the indentation
            path, function, call = _indented(line)
            if path:
                is_inside = True
                seen.enter(path, function)
            elif call:
                seen.raised = call
        elif is_inside and _EXCEPTION.match(line):
            seen.leave(line)
            is_inside = False
    return seen


@lru_cache(maxsize=256)
def _indented(line: str) -> tuple[str, str, str]:
    """Path and function of a frame, or the exception that the source below one raises; the same in most tracebacks."""
    if frame := _FRAME.match(line):
        return frame["path"], frame["function"] or "", ""
    raising = _RAISE.match(line)
    return "", "", raising["call"] if raising else ""


def _decisive(exceptions: Sequence[str]) -> str | None:
    """The exception with most to say, of equals the last: a chain ends in "mail not delivered" or "no more tries"."""
    if not exceptions:
        return None
    return max(enumerate(exceptions), key=lambda item: (_telling(item[1]), item[0]))[1]


def _telling(exception: str) -> int:
    if is_smtp_exception(exception):
        if _NEVER_CONNECTED in exception:
            return 1
        return 4 if _WITH_REPLY.search(exception) else 3
    return 2 if is_network_exception(exception) else 0


def _reason_of_cut(seen: _Seen) -> str | None:
    """smtplib's `getreply` raises one thing only; a traceback that is cut there still tells it."""
    if seen.functions[-1] == "getreply" and seen.paths[-1].endswith("smtplib.py"):
        return "SMTPServerDisconnected: Connection unexpectedly closed"
    return None


def _is_mail(seen: _Seen) -> bool:
    if any(is_smtp_exception(exception) for exception in seen.exceptions):
        return True
    if any(_MAIL_PATH.search(path) for path in seen.paths):
        return True
    is_sending = any(_MAIL_FUNCTION.search(function) for function in seen.functions)
    is_network = any(is_network_exception(exception) for exception in seen.exceptions)
    return is_sending and is_network and not any(_OTHER_CLIENT.search(path) for path in seen.paths)
