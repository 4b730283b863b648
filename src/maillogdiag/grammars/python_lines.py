"""Single lines in which a Python program says why a mail failed, in the words of smtplib, socket and ssl.

A class of smtplib proves mail by itself. A socket's or TLS error proves it only beside words about sending mail.
"""

from __future__ import annotations

import re

from maillogdiag.expressions import expression
from maillogdiag.grammars.bystanders import is_bystanders
from maillogdiag.grammars.python_traceback import NETWORK_CLASS, SES_WORDS, SMTP_CLASS

# class [":" text | "(" arguments ")"]: an exception that happened, not one that source code names.
_SMTP_ERROR = expression(
    rf"(?:(?<![\w.:])|(?<=\\n))(?<!raise )(?<!except )(?<!import )"
    rf"(?P<error>(?:[A-Za-z_]\w{{0,60}}\.){{0,6}}{SMTP_CLASS}"
    r"(?:: ?(?:-?\d{1,3}\n)?.*|\((?:-?\d|['\"{]|b['\"]|message=|\)).*|\s*$|'>.*| sending mail.*))",
    re.MULTILINE,
)
# smtplib's own sentences; rsync and databases word theirs otherwise.
_SMTPLIB_WORDS = expression(
    r"(?:^|[\s:('\"*|])(?P<error>"
    r"Connection unexpectedly closed(?:: (?:timed out|The read operation timed out|\[Errno .*))?(?=\W{0,6}$)"
    r"|(?:STARTTLS|SMTP AUTH) extension not supported by server|SMTPUTF8 not supported by server"
    r"|No suitable authentication method found|please run connect\(\) first"
    r"|EMAIL_USE_TLS/EMAIL_USE_SSL are mutually exclusive.*)",
    re.MULTILINE,
)
# What fastapi_mail makes of any exception of aiosmtplib (fastapi_mail/connection.py).
_FASTAPI_WORDS = expression(
    r"Exception\s{1,4}raised (?P<error>.{1,2000}), check your credentials or email service", re.DOTALL
)
_SES = expression(rf"(?P<error>{SES_WORDS}.*)")
# How Anymail quotes the response (anymail/exceptions.py), which may be an object of several lines.
_API_RESPONSE = expression(
    r"(?P<error>\b(?:Brevo|Mail(?:erSend|gun|jet|Pace|trap)|Mandrill|Post(?:al|mark)|Resend|Scaleway|Send(?:Grid|inBlue)"
    r"|SparkPost|Unisender Go) API response [45]\d\d (?s:.{1,2000}))"
)
_OTHER_CLOSED = expression(r"rsync|websocket|ssh\b|redis|amqp", re.IGNORECASE)

# smtplib's pair of code and reply. As bytes only smtplib has it; AMQP and HTTP clients have pairs with strings.
_REPLY_PAIR = expression(
    r"(?P<error>(?:\{'[^'\n]{0,320}': ?)?\((?P<code>[45]\d\d), ?(?P<bytes>[bu]?)"
    r"(?:'[^'\n]{1,2000}|\"[^\"\n]{1,2000}).*)"
)
_SMTP_CODES = frozenset({421, 432, 450, 451, 452, 454, 455, 501, 521, 530, 534, 535, 538, 550, 551, 552, 553, 554, 555})
_ENHANCED = expression(r"[45]\.\d{1,3}\.\d{1,3}\b")

# A line that speaks of sending mail, one that mourns a mail, one that names SMTP.
_MAIL = expression(
    r"\bsend(?:ing)?\b[^\n]{0,80}?\be?-?mails?\b"
    r"|\b(?:e-?mail(?:ing|s)?|mailer)\b[^\n]{0,60}?\b(?:fail|error|not\b|could|unable|problem)"
    r"|\b(?:fail|error|cannot|can't|could not|couldn't|unable|problem|occurred)[^\n]{0,80}?"
    r"\b(?:e-?mail(?:ing|s)?|mail)\b"
    r"|(?<![\w/])SMTP(?!\w|/(?!TLS|SSL|\d))|\bsmtp\.|smtplib|core\.mail|EmailBackend|ir_mail_server",
    re.IGNORECASE,
)
_INCOMING = expression(
    r"\bimap|\bpop3|\bldap|fetch|inbox|incoming|inbound|receiv(?:e|ing) |webhook|https?connectionpool|smtpd|redis|amqp"
    r"|rabbitmq|database|postgres",
    re.IGNORECASE,
)
_REASON = expression(
    r"(?P<error>(?:\b[A-Za-z_][\w.]{0,80}(?:[Ee]rror|Exception|timeout)(?:: |\([^()\n]{0,40}?))?"
    r"(?:\[Errno -?\d{1,5}\]|\[WinError \d{1,5}\]|\[SSL: [A-Z0-9_]{1,60}\]"
    r"|\b(?:OS|Timeout|ConnectionRefused|ConnectionReset|SSL\w{0,20})Error\(|[Tt]he read operation timed out"
    r"|\b(?:connection )?timed out).*)"
)
# Odoo has the words on the line below the errno.
_NETWORK_ERROR = expression(rf"^{NETWORK_CLASS}: (?:-?\d{{1,5}}\n)?.*", re.MULTILINE)
_SOURCE_LINE = expression(r"\s*(?:File \"|raise |except |import |from )")

# Odoo tells of a failed mail twice, with the reason in the lines below (odoo/addons/base/models/ir_mail_server.py,
# odoo/addons/mail/models/mail_mail.py).
_ODOO = expression(
    r"(?P<server>Mail delivery failed via SMTP server)|(?P<mail>failed sending mail(?:\.mail| \(id:) \d{1,12})"
)


def find_smtp_error(text: str) -> str | None:
    """Return the exception of an SMTP client that a text tells of, from its class on; None where there is none."""
    found = _SMTP_ERROR.search(text)
    if found is None:
        return None
    response = _API_RESPONSE.search(text, found.end())
    return f"{found['error']}\n{response['error']}" if response else found["error"].strip()


def find_mail_reason(text: str) -> str | None:
    """Return why a mail failed, where one line says both that it is about mail and why; else None."""
    line = text.split("\n", 1)[0]
    if _SOURCE_LINE.match(line):
        return None
    if words := _FASTAPI_WORDS.search(text) or _SES.search(text) or _API_RESPONSE.search(text):
        return words["error"].strip()
    if words := _SMTPLIB_WORDS.search(text):
        return None if _OTHER_CLOSED.search(line) else words["error"].strip()
    if _INCOMING.search(line) or "dial tcp" in line or is_bystanders(line.lower()):  # "dial" is of Go's net package
        return None
    if (pair := _REPLY_PAIR.search(line)) and _is_smtp_reply(pair, line):
        return pair["error"]
    if _MAIL.search(line) and (reason := _REASON.search(line)):
        return reason["error"]
    return None


def odoo_head(text: str) -> str | None:
    """Return which of Odoo's two lines about a failed mail a text is: "server" or "mail"; None for any other."""
    found = _ODOO.search(text)
    return found.lastgroup if found else None


def find_network_error(text: str) -> str | None:
    """Return the first line where it is an exception that any client may raise; else None."""
    found = _NETWORK_ERROR.match(text)
    return found[0] if found else None


def find_odoo_error(text: str) -> str | None:
    """Return the exception below one of Odoo's two lines; None where it is an SMTP client's own, or there is none."""
    found = _NETWORK_ERROR.search(text)
    return found[0] if found else None


def _is_smtp_reply(pair: re.Match[str], line: str) -> bool:
    if int(pair["code"]) in _SMTP_CODES and (pair["bytes"] == "b" or _ENHANCED.search(pair["error"])):
        return True
    return bool(_ENHANCED.search(pair["error"]) or _MAIL.search(line))
