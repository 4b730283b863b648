"""Ruby exceptions in log text: which class, which message, and whether it is about outgoing mail.

`Net::SMTP…` exceptions always are. Time-outs, TLS and socket errors are raised by net/http and net/imap as well, and
count only where frames, a mail port or the words around them speak of sending mail.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from maillogdiag.expressions import expression
from maillogdiag.failures import Failure, read_failure
from maillogdiag.grammars.rails_jobs import SendsMail, unescape
from maillogdiag.grammars.ruby_frames import (
    has_mail_frames,
    phase_in,
    sendmail_frame,
    without_frames,
)
from maillogdiag.grammars.worded import WordedPattern


class RubyException(NamedTuple):
    """An exception as logged.

    Args:
        text: class and message as they stand in the log, without frames.
        name: its class; None where the log has the message alone.
    """

    text: str
    name: str | None = None

    @property
    def is_smtp(self) -> bool:
        """Whether only sending mail raises it."""
        name = self.name or ""
        return bool(_SMTP_CLASS.match(name) or _API_CLASS.match(name) or _SMTP_MESSAGE.search(self.text))

    @property
    def is_bare(self) -> bool:
        """Whether it says its class alone, twice: what `inspect` gives for an error of net-smtp 0.3.1 and later."""
        return self.text.rstrip(">") == f"{self.name}: {self.name}"

    @property
    def is_network(self) -> bool:
        """Whether it is one that sending mail raises, among others."""
        return bool(_NETWORK_CLASS.fullmatch(self.name or "") or _NETWORK_MESSAGE.search(self.text))


_CLASS = r"[A-Z]\w{0,60}(?:::[A-Z]\w{0,60}){0,6}"
_SMTP_CLASS = expression(r"Net::SMTP[A-Z]\w*|Mail::\w*::?DeliveryError|Mail::Sendmail::\w+|Net::SMTP::\w+Error")
# Libraries that hand mail to a provider by its web interface: what they say has no SMTP code, but an HTTP status.
_API_CLASS = expression(
    r"(?:Postmark|Mailgun|Mailtrap)::\w{0,40}Error|SparkPostRails::\w{0,40}Exception|Resend::Error(?:::\w{1,40})?"
    r"|Aws::SES(?:V2)?::Errors::(?:MessageRejected|MailFromDomainNotVerified|AccountSuspended|\w{0,40}SendingPaused)\w*"
)
_NETWORK_CLASS = expression(
    r"Net::(?:Open|Read|Write)Timeout|Timeout::Error|OpenSSL::SSL::SSLError\w*|Errno::E[A-Z]+|SocketError"
    r"|Socket::ResolutionError|EOFError|IOError|ArgumentError|Resolv::\w+"
)
_STORAGE_CLASS = expression(r"PG::|Mysql2?::|SQLite3::|ActiveRecord::|ActiveJob::|Redis(?:Client)?::|Elasticsearch::")
_KNOWN = rf"(?:{_SMTP_CLASS.pattern}|{_API_CLASS.pattern}|{_NETWORK_CLASS.pattern})"
_SMTP_MESSAGE = WordedPattern(
    r"SMTP-AUTH requested but missing|SMTP (?:From|To) address may not be blank|SMTP session already started"
    r"|wrong authentication type \w{1,40}\s*(?:$|\n|\(ArgumentError\))"
    r"|:enable_starttls and :tls are mutually exclusive|SMTPS and STARTTLS is exclusive"
    r"|Unrecognized :(?:tls|enable_starttls) value|STARTTLS is not supported on this server"
    r"|could not get 3xx \(\d{3}|Delivery failed with exitstatus \d"
    r"|(?:No such file or directory|denied) - \S{0,80}sendmail"
    r"|:arguments expected to be an Array of individual|A sender \(Return-Path, Sender or From\) required",
    ("SMTP", "authentication type", ":enable_starttls", ":tls", "STARTTLS", "could not get 3xx", "exitstatus",
     "sendmail", ":arguments", "A sender ("),
)  # fmt: skip
_NETWORK_MESSAGE = WordedPattern(
    r"SSL_connect (?:returned=|SYSCALL)|(?:connect|socket)\(2\) for |getaddrinfo(?:\(3\))?: |execution expired"
    r"|Timeout to open TCP connection|end of file reached|Net::(?:Open|Read)Timeout"
    r"|hostname \"[^\"\s]{0,255}\" does not match the server certificate",
    ("SSL_connect", "(2) for ", "getaddrinfo", "execution expired", "Timeout to open", "end of file", "Net::",
     "server certificate"),
)  # fmt: skip

# These search what is in lower case: to search without regard to case takes ten times as long.
_MAIL_WORDS = WordedPattern(
    r"\bport (?:25|465|587|2525)\b|(?<=[\w\])]):(?:25|465|587|2525)\b(?![:.\d])|smtp|sendmail|[a-z]mailer\b|@mailers\b"
    r"|\bmail delivery\b|\b(?:send|sent|sending|deliver\w{0,5}|notif\w{0,10})\b[^\n]{0,40}\be-?mails?\b"
    r"|\be-?mails?\b[^\n]{0,30}\b(?:could not|cannot|not|failed|fail|error|delivery)\b",
    ("mail", "smtp", ":25", ":465", ":587", "port 25", "port 465", "port 587"),
)
_OTHER_SERVICE = expression(
    r"net/(?:http|imap|pop|ldap|ftp|ssh)\b|net::(?:http|imap|pop3|ldap|ftp|ssh)|http::|https?://|\bimaps?\b|\bpop3s?\b"
    r"|ldap|redis|pg::|mysql2?::|faraday|httparty|rest-?client|excon|gems/http-|oauth|webhook|activitypub|elasticsearch"
    r"|\bport (?:443|80|143|993|110|995|389|636|5432|3306|6379|9200|8080)\b"
    r"|(?<=[\w\])]):(?:443|80|143|993|110|995|389|636|5432|3306|6379|9200|8080)\b(?![:.\d])"
)

_IN_PARENTHESES = (
    rf"(?P<text>(?P<name>{_CLASS}) \((?P<message>.{{0,4000}}?)\s{{0,3}}\):?)(?:\.|, which|\s{{0,3}}$|\s{{0,3}}\n)"
)
_AFTER_COLON = rf"(?P<text>(?P<name>{_CLASS}):(?!:) {{0,2}}(?P<message>[^\n]{{0,4000}}))"
_SHAPES = (expression(_IN_PARENTHESES, re.DOTALL), expression(_AFTER_COLON))
_CLASS_FIRST = expression(
    r"(?P<name>(?:[A-Z]\w{0,60}::){0,6}(?:(?<=::)[A-Z]\w{0,60}|[A-Z]\w{0,60}(?:Error|Exception)))(?!\w)"
)
_KNOWN_CLASS = WordedPattern(
    rf"(?<![\w:]){_KNOWN}(?![\w:]*[#(\w])", ("Net::", "Mail::", "Timeout::Error", "OpenSSL::SSL", "Errno::E", "Socket",
    "EOFError", "IOError", "ArgumentError", "Resolv::", "Postmark::", "Mailgun::", "Mailtrap::", "SparkPostRails::",
    "Resend::Error", "Aws::SES"),
)  # fmt: skip
_SMTP_KNOWN = WordedPattern(rf"(?<![\w:])(?:{_SMTP_CLASS.pattern})(?![#\w])", ("Net::SMTP", "Mail::"))
_BEHIND_MESSAGE = expression(rf"(?P<message>[^\n]{{1,2000}}?) \((?P<name>{_CLASS})\)\s{{0,3}}(?:\n|$)")
# What ends a script: `net/smtp.rb:539:in 'initialize': Connection refused (Errno::ECONNREFUSED)`; in a console below
# what was typed, and with the gem: `net-smtp (0.5.1) lib/net/smtp.rb:883:in …`.
_UNCAUGHT = WordedPattern(
    r"(?m:^)\s{0,20}(?:[\w-]{1,60} \([\w.]{1,30}\) )?\S{1,400}\.rb:\d{1,6}:in\s[`'][^`'\n]{1,100}': "
    rf"(?P<message>[^\n]{{1,2000}}?)(?: \((?P<name>{_CLASS})\))?(?:\n|$)",
    ("': ",),
)
_LINE_BELOW = expression(
    # "A Net::SMTPFatalError occurred in contacts#create:" (exception_notification), "… in background at TIME :"
    r"(?:[ `*]{0,4}(?:occurred )?(?:in|at) \S{1,200}(?: at \d[^\n]{8,40}:(?=\n))?)?"
    r"[`*:,\s-]{0,40}(?:Error message:[*\s]{0,5}`{0,3}\s?)?"
    r"(?P<message>[^\n`]{1,2000})"
)
# Structured logs: `"error_class":"X","error_message":"m"` in either order, `"exception":["X","m"]`, Que's `"error"`,
# Solid Queue's `"exception_class":"X","message":"m"`, Semantic Logger's `"exception":{"name":"X","message":"m"`.
_FIELD_CLASS = WordedPattern(
    r"(?:exception[._]?|error[._])class\\?\"?\s{0,2}(?:=>|:|=)\s{0,2}\\?\"?(?P<name>[A-Z][\w:]{1,120})",
    ("exception.class", "exception_class", "exceptionclass", "error.class", "error_class"),
)
_FIELD_MESSAGE = WordedPattern(
    r"(?:exception[._]?|error[._])message\\?\"?\s{0,2}(?:=>|:|=)\s{0,2}\\?\"(?P<message>(?:[^\"\\]|\\.){0,4000})",
    ("exception.message", "exception_message", "exceptionmessage", "error.message", "error_message"),
)
_PAIR = WordedPattern(
    r"\"(?:exception\": ?\[|(?:error|exception)\": ?{\"(?:class|name)\": ?"
    r"|exception_class\": ?(?=\"[\w:]{1,200}\", ?\"message))"
    rf"\"(?P<name>{_CLASS})\", ?(?:\"message\": ?)?\"(?P<message>(?:[^\"\\]|\\.){{0,4000}})",
    ('"exception":', '"error":', '"exception_class":'),
)
_PYTHON = WordedPattern(
    r"Traceback \(most recent|\.py\", line|\bsmtplib\.", ("Traceback (most recent", '.py", line', "smtplib.")
)


@lru_cache(maxsize=64)
def exception_at_start(text: str) -> RubyException | None:
    """Read an exception of any class that `text` begins with: `Class: message` or `Class (message):`."""
    text = without_frames(text)
    for shape in _SHAPES:
        if found := shape.match(text):
            return RubyException(found["text"].strip(), found["name"])
    found = _CLASS_FIRST.match(text)
    if found is None:
        return None
    is_alone = text[found.end() : found.end() + 1] in ("", ".", ",", "\n")
    return RubyException(found["name"] if is_alone else text.split("\n", 1)[0].strip(), found["name"])


def exception_behind(text: str) -> RubyException | None:
    """Read what `Exception#detailed_message` gives: `message (Class)`, at the end of the message's first line."""
    found = _BEHIND_MESSAGE.match(text)
    return RubyException(found[0].strip(), found["name"]) if found else None


@lru_cache(maxsize=64)
def find_exception(text: str) -> RubyException | None:
    """Find an exception anywhere in `text`: of a class that sending mail raises, or such a message alone."""
    text = text.replace("\\u003c", "<").replace("\\u003e", ">")
    if _PYTHON.search(text):  # it has an EOFError and an IOError, too
        return None
    if structured := _structured(text):
        return structured
    head = without_frames(text)
    found = _SMTP_KNOWN.search(head)
    if (uncaught := _uncaught(text)) and (uncaught.is_smtp or found is None):
        return uncaught
    found = found or _KNOWN_CLASS.search(head)
    if found is None:
        return _bare_message(text, head)
    for shape in _SHAPES:
        if (whole := shape.match(head, found.start())) and whole["message"].strip():
            return RubyException(whole["text"].strip(), whole["name"])
    if (behind := exception_behind(head[head.rfind("\n", 0, found.start()) + 1 :])) and behind.name == found[0]:
        return _without_lead(behind)
    below = _LINE_BELOW.match(head, found.end())
    message = below["message"].strip() if below else ""
    return RubyException(f"{found[0]}: {message}" if message else found[0], found[0])


def _uncaught(text: str) -> RubyException | None:
    """What ended a script; of an exception and its causes, which follow it, the first that is of sending mail."""
    found = [
        RubyException(f"{one['name']}: {one['message']}" if one["name"] else one["message"], one["name"])
        for one in _UNCAUGHT.finditer(text)
    ]
    # sorted() keeps the order of those alike.
    return next(iter(sorted(found, key=lambda one: (not one.is_smtp, not one.is_network))), None)


def _structured(text: str) -> RubyException | None:
    pair = _PAIR.search(text)
    if pair and not (pair[0].startswith('"exception_class') and _FIELD_MESSAGE.search(text)):
        return RubyException(f"{pair['name']}: {unescape(pair['message'])}", pair["name"])
    name = _FIELD_CLASS.search(text)
    message = _FIELD_MESSAGE.search(text) if name else None
    if name is None or message is None:
        return None
    return RubyException(f"{name['name']}: {unescape(message['message'])}", name["name"])


def _bare_message(text: str, head: str) -> RubyException | None:
    """A message without its class: known by its words, or by the mail frames below it."""
    lines = [line.strip() for line in head.splitlines() if line.strip(" \t:-*#`")]
    for line in lines:
        if _SMTP_MESSAGE.search(line) or _NETWORK_MESSAGE.search(line):
            return _without_lead(RubyException(line))
    if lines and has_mail_frames(text[len(head) :]):  # a package's name, "libnet-smtp-perl", is none
        return RubyException(lines[-1])
    return None


def _without_lead(exception: RubyException) -> RubyException:
    """Start at words that are the library's own: what an application puts before them differs from line to line."""
    found = _SMTP_MESSAGE.search(exception.text)
    return exception._replace(text=exception.text[found.start() :]) if found else exception


def is_about_mail(exception: RubyException, text: str, job: SendsMail) -> bool:
    """Whether `exception`, logged in `text` by such a job, is a failure to send mail."""
    if exception.is_smtp or job is SendsMail.YES or has_mail_frames(text):
        return True
    if not exception.is_network:
        return False
    is_likely = job is SendsMail.MAYBE or _MAIL_WORDS.search(text.lower()) is not None
    return is_likely and not names_other_service(text)


def names_other_service(text: str) -> bool:
    """Whether `text` names a service that is no mail server, or its port."""
    return _OTHER_SERVICE.search(text.lower()) is not None


def failure_of(exception: RubyException, text: str, app: str) -> Failure:
    """Return the failure that `exception` is; the frames in `text` say at which step.

    That a broken pipe is one to the local `sendmail` program, and no connection, only the frame tells: it is kept.
    """
    if _STORAGE_CLASS.match(exception.name or ""):
        # Its "connection refused" is not the mail server's, so that no rule about SMTP may read it.
        return Failure(text=exception.text, normal=str(exception.name).lower(), exception=exception.name, app=app)
    if _API_CLASS.match(exception.name or ""):
        return read_failure(exception.text, app=app)._replace(code=None, enhanced=None)
    frame = sendmail_frame(text)
    error = f"{exception.text}\n{frame}" if frame else exception.text
    return read_failure(error, app=app, phase=phase_in(text))
