"""The last resort: text that plainly speaks of outgoing mail that failed, in a shape no other grammar knows.

A mail library's own words are enough, and so is an SMTP reply with its enhanced status code. Words that others
say as well ("timed out", "certificate") count only beside SMTP's name or port. Servers that refuse strangers,
IMAP, LDAP and web requests are none of it.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyparsing as pp

from maillogdiag.events import Event, EventKind
from maillogdiag.expressions import expression
from maillogdiag.failures import Failure, Phase, read_failure
from maillogdiag.grammars.bystanders import (
    REPLY,
    is_about_others,
    is_bystanders,
    is_other_work,
    until_reply,
    without_notices,
)
from maillogdiag.grammars.go_mail import GO_MAIL
from maillogdiag.grammars.nextcloud import EXPECTED_REPLY
from maillogdiag.grammars.parts import parse_parts
from maillogdiag.grammars.ports import MAIL_PORT
from maillogdiag.grammars.structured import Structured, read_structured, time_in
from maillogdiag.grammars.worded import WordedPattern
from maillogdiag.records import Record

APP = "any"
_MOST_CHARACTERS = 8 * 1024

# Words of one mail library or sending program each.
_LIBRARY = WordedPattern(
    r"nodemailer(?![@ ]?\d|\.com)|SMTPConnection\.|code: '(?:EAUTH|EENVELOPE|EMESSAGE)'"
    r"|command: '(?:CONN|AUTH|MAIL|RCPT|DATA)"
    r"|Invalid login: [45]\d\d|Greeting never received|all recipients were rejected"
    r"|com\.sun\.mail\.(?:smtp|util\.MailConnect)|(?:javax|jakarta)\.mail\.\w{0,40}(?:Failed|Authentication|Messaging)"
    r"|springframework\.mail\.(?:\w{1,40}Exception|javamail\.JavaMailSenderImpl\.)|Could not connect to SMTP host"
    r"|System\.Net\.Mail\.Smtp|MailKit\.Net\.Smtp|Smtp(?:Command|Protocol|FailedRecipients?)Exception"
    r"|SMTP (?:[A-Z][a-z]{1,20} )?Error|SMTP ERROR|SMTP -> ERROR|SMTP connect\(\) failed"
    r"|PHPMailer|Mailer Error: |mail\(\): "
    rf"|Swift_\w{{0,40}}Exception|Connection could not be established with host|{EXPECTED_REPLY}"
    r"|Failed to authenticate on SMTP server"
    r"|aiosmtplib\.\w|smtplib\.SMTP\w{4,}|Net::SMTP[A-Z]\w{4,}"
    r"|lettre::(?:transport|error)|Service: AmazonSimpleEmailService"
    r"|SMTP(?:Connect|Authentication|Data|Helo|Fatal|Syntax)Error|SMTP(?:SenderRefused|RecipientsRefused)|curl: \(67\)"
    r"|mailed \d{1,9} bytes? of output;? but got status"  # cron
    r"|(?:Warning via|Test of) mail to .{1,200}?: failed",  # smartd
    ("nodemailer", "SMTP", "Smtp", "code: '", "command: '", "Invalid login: ", "Greeting never received",
     "all recipients were rejected", "com.sun.mail.", "javax.mail.", "jakarta.mail.", "springframework.mail",
     "PHPMailer", "Mailer Error: ", "mail(): ", "Swift_", "Connection could not be established",
     "Expected response code", "aiosmtplib.", "lettre::", "AmazonSimpleEmailService", "curl: (67)",
     "but got status", " mail to "),
)  # fmt: skip
_SENDING_FAILED = WordedPattern(
    r"(?:[Ff]ail(?:ed|ure)?|[Ee]rror|ERROR|[Uu]nable|[Cc]ould ?n[o']t|[Cc]an(?: ?not|'t))"
    r"\W{1,3}(?:\w{1,20}\W{1,3}){0,3}?"
    r"(?:send|sending|deliver|delivering)\b"
    r"(?:[^\n]{0,60}?\be-?mails?\b(?!\"\s?:|=|\.\w)| (?:[\w-]{1,20} ){0,2}mails?\b)"
    r"|e-?mails? (?:could not be|was not|not) (?:sent|delivered)|[Ss]ending (?:of )?(?:the )?e-?mail failed",
    ("mail",),
)
_SMTP = WordedPattern(
    # Other services listen at 2525 as well.
    rf"(?<![\w/])smtps?(?![a-z])|{MAIL_PORT}(?<!2525)|\bport:? (?:25|465|587)\b"
    r"|mail[^\n]{0,200}\b2525\b|\b2525\b[^\n]{0,200}mail",
    ("smtp", ":25", ":465", ":587", " 25", " 465", " 587", "2525"),
)
# Both in lower case.
_TROUBLE = expression(
    r"refused|timed ?out|\btimeout\b(?! ?=)|unreachable|no route to host|no such host|name resolution|not known"
    r"|getaddrinfo|x509|certificate|handshake|wrong version number|reset by peer|\beof\b"
    r"|authentication (?:failed|unsuccessful|error)|(?:login|auth)\w{0,20} (?:failed|denied|rejected)"
    r"|doesn't support|not supported|broken pipe|unencrypted connection|short response"
    # A reply with a code that HTTP does not have.
    r"|[:=\"] ?\"?(?:421|4[35]\d|53\d|55\d)[ -](?!m?s\b|\w{0,3}bytes|e?-?mails|messages)[a-z<]"
)
_ERROR_WORDS = (
    "error", "fail", "exception", "fatal", "warn", "refused", "timed out", "timedout", "timeout", "unable",
    "could not", "couldn't", "cannot", "can't", "not sent", "not delivered", "rejected", "denied", "does not comply",
    "invalid login", "never received", "but got status", "x509", "self-signed", "self signed", "not trusted",
    "untrusted", "has expired", "not match", "curl: (", "unsupported", "doesn't support", "unencrypted connection",
    "invalid address", "max connection attempts", "did not deliver",
)  # fmt: skip
_FRAME = expression(r"\n\s{1,40}(?:at |\.\.\. \d|#\d{1,3} |from )[^\n]{0,1000}")
# smtplib's debug output: its error comes after it, or another line has the whole of it.
_TRANSCRIPT = expression(r"[\s\d:.]{0,40}(?:reply|send|data): ")
# A line of source code, of a traceback whose frames could not be joined.
_SOURCE = expression(r"[\s\d:.,APMTZ|+-]{0,40}raise [\w.]{1,80}\(")
# nodemailer's error object: the reply stands in its first line, the step in "command".
_MEMBERS = expression(r"\n\s{1,8}(?:errno|code|syscall|address|command|response): ")
# Older ones say "all recipients were rejected", and have the reply in a member alone.
_RESPONSE = expression(r"\n\s{1,8}response: ['\"`](?P<reply>[45]\d\d[ -].*?)['\"`],?(?=\n|$)")
_COMMAND = expression(r"command: '(?P<step>CONN|EHLO|STARTTLS|AUTH|MAIL FROM|RCPT TO|DATA)")
_PHASES = {
    "CONN": Phase.CONNECT, "EHLO": Phase.EHLO, "STARTTLS": Phase.STARTTLS, "AUTH": Phase.AUTH,
    "MAIL FROM": Phase.MAIL_FROM, "RCPT TO": Phase.RCPT_TO, "DATA": Phase.END_OF_DATA,
}  # fmt: skip
_RUBY_LOGGER = expression(r"[A-Z], \[\S{19,40} #(?P<pid>\d{1,10})(?:-\S{1,40})?\] ")
_CAUSE = pp.Regex(r"Caused by: (?P<words>(?s:.*))")


# Of these, or a port that is no part of a time, at least one stands in what is read.
_WORDS = (
    "SMTP", "smtp", "Smtp", "nodemailer", "command: '", "EAUTH", "EENVELOPE", "EMESSAGE",
    "Invalid login: ", "Greeting never received",
    "all recipients were rejected", ".mail.", "MailKit", "Mailer Error: ", "PHPMailer", "mail(): ", "gomail: ",
    "short response: ", "issue ", "require_tls", "email[", "starttls failed: ", "startup check: ",
    "Max connection attempts exceeded", "Mail Error", "email server: ", "ID=EMAIL-", "did not deliver after ",
    "notify recipient ",
    "Swift_", "lettre::", "AmazonSimpleEmailService", "Connection could not be established",
    "Expected response code", "curl: (67)", "but got status", " mail to ",
    "send ", "sending ", "Sending ", "deliver ", "delivering ", "mail could not be", "mails could not be",
    "not sent", "not delivered", "port 25", "port 465", "port 587", "port: ",
    *(f"{sign}{kind}.{subject}." for sign in " -" for kind in "45" for subject in range(8)),
)  # fmt: skip
_PORT = WordedPattern(MAIL_PORT, (":25", ":465", ":587"))


class _Generic:
    """Reads what nobody else could; see the module."""

    name = "generic"
    anchors = (*_WORDS, *_PORT.words)

    def read(self, record: Record) -> Iterable[Event]:
        """Return the failure that `record` plainly tells of."""
        whole = without_notices(record.text[:_MOST_CHARACTERS])
        text = _FRAME.sub("", whole)
        if not _is_about_mail(text, whole):
            return ()
        if not any(word in text for word in _WORDS) and not _PORT.search(text):
            return ()
        structured = read_structured(text)
        if record.time is None:
            record = record.at((structured and structured.time) or time_in(text))
        keys: tuple[str, ...] = (f"line:{record.time.isoformat()}/{text[:400]}",) if record.time else ()
        if logged := _RUBY_LOGGER.match(text):  # the backtrace may be logged next
            keys += (f"logged:{logged['pid']}",)
        kind, form = EventKind.FAILED, "generic"
        cause = parse_parts(_CAUSE, text)
        if cause is not None or "\n\tat " in record.text:
            # Java writes the exceptions that led to one another as entries of their own.
            kind, form = EventKind.CONTEXT, "generic-cause*" if cause is not None else "generic-exception"
            keys += (f"pid:java/{record.place.source}/{record.host or ''}/{record.unit or ''}/{record.pid or ''}",)
        step = _COMMAND.search(text)
        words = cause["words"] if cause else _without_members(text) or text
        if (response := _RESPONSE.search(text)) and response["reply"] not in words:
            words = response["reply"]
        failure = read_failure(words, app=APP, phase=_PHASES[step["step"]] if step else None)
        if structured:
            form, keys = structured.form, (*keys, structured.key_in(record))
            failure = _failure_in(structured, failure)
        return (Event(kind, APP, record, form, keys, failure=failure),)


def _failure_in(structured: Structured, whole: Failure) -> Failure:
    """The failure that such an entry tells of, without its other values, whose words mean nothing for the reason."""
    words = structured.reason or (structured.message if ": " in structured.message else whole.text)
    if whole.code and str(whole.code) not in words:  # the reply stands in yet another value
        words = whole.text
    phase = read_failure(structured.message, app=APP).phase
    return read_failure(words, app=APP, phase=phase, host=whole.host, port=whole.port)


def _without_members(text: str) -> str:
    members = _MEMBERS.search(text)
    return text[: members.start()].removesuffix("{").rstrip() if members else text


def _is_about_mail(text: str, whole: str) -> bool:
    """Whether the text says by itself that outgoing mail failed."""
    # What most texts do not have is looked for first.
    has_reply = REPLY.search(text) is not None
    lower = text.lower()
    is_sure = has_reply or _LIBRARY.search(whole) or GO_MAIL.search(text)
    is_told = is_sure or _SENDING_FAILED.search(text)
    if not (is_told or (_SMTP.search(lower) and _TROUBLE.search(lower))):
        return False
    if not has_reply and not any(word in lower for word in _ERROR_WORDS):
        return False
    if is_about_others(text) or _TRANSCRIPT.match(text) or _SOURCE.match(text):
        return False
    return bool(is_sure) or not (is_other_work(until_reply(text).lower()) or (not is_told and is_bystanders(lower)))


GRAMMAR = _Generic()
