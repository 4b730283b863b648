"""Nextcloud and ownCloud: nextcloud.log (one JSON object a line), what its log reader and settings page show.

    entry   := JSON object | level "|" app "|" message ["|" time] | "[owncloud][" app "][" level "] " message
    message := text | "Exception: " JSON | {"Exception": class, "Message": text, …}; or text beside "exception": {…}

Mail is what its mailers throw: SwiftMailer up to release 25, Symfony Mailer since 26, Horde in the Mail app. PHP's
own warnings ("stream_socket_client(): …") may stand in a line of their own before, tied by `reqId`. With the
default level, release 26 and later log no failed mail at all (lib/private/Mail/Mailer.php).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from maillogdiag.events import Event, EventKind
from maillogdiag.expressions import expression
from maillogdiag.failures import Phase, read_failure
from maillogdiag.grammars.members import read_members
from maillogdiag.grammars.ports import MAIL_PORT
from maillogdiag.grammars.worded import WordedPattern
from maillogdiag.records import Record
from maillogdiag.times import aware

APP = "nextcloud"
_MOST_CHARACTERS = 8 * 1024

EXPECTED_REPLY = r"Expected response code \"?(?:2[2-5]|3[35])\d"
"""What SwiftMailer and Symfony Mailer say of a reply; those who ask for web pages say it of other codes."""

# What only a mailer says.
_MAILER = expression(
    r"Swift_|[Ss]wift[/\\](?:lib|Transport|Mailer)|Component\\{1,4}Mailer|Connection could not be established with host"
    r"|Failed to authenticate on SMTP server|Failed to find an authenticator"
    rf"|{EXPECTED_REPLY}"
    r"|Unable to connect with (?:STARTTLS|TLS encryption)|Error connecting to SMTP server|Horde_(?:Smtp|Mail_Ex)"
    r"|Connection to \"[^\"]{1,200}\" (?:has been closed unexpectedly|timed out)|mail\(\) returned failure"
    r"|Sending mail to .{0,400}? failed|Could not send mail to |Could not send message"
    r"|(?:problem|Problem) occurred while sending the e-?mail|(?:[Cc]ouldn't|[Cc]an't|[Uu]nable to) send .{0,40}?mail"
    r"|does not comply with (?:RFC 2822|addr-spec)|TLS required but neither",
    re.DOTALL,
)
# Words of PHP's mailers, whichever application they serve.
_PHP_MAILER = WordedPattern(
    rf"Swift|authenticator|stream_socket_|Connection could not be established|{EXPECTED_REPLY}"
    r"|Unable to connect with|Connection to \"|Could not send mail to |TLS required but neither",
    ("Swift", "authenticator", "stream_socket_", "Connection ", "Expected response code", "Unable to connect with",
     "Could not send mail to ", "TLS required but neither"),
)  # fmt: skip
_SOCKET = expression(r"stream_socket_(?:client|enable_crypto)\(\)|php_network_getaddresses|fsockopen\(\)")
# A socket is a mailer's where its port, its host, the frame or the page that was asked for says so.
_MAIL_SOCKET = expression(rf"{MAIL_PORT}|Swift|Mailer|mailtest|(?:tcp|ssl|tls)://(?:smtp|mail|mx)\b", re.IGNORECASE)
# Where the Mail app and the login by IMAP read mail.
_MAILBOX_PORT = expression(r":(?:110|143|993|995|4190)\b")
_DIALOGUE_ERROR = expression(r"!! (?P<error>.{1,2000}?)(?= >> |$)", re.DOTALL)
# `Sent mail to "Array⏎(⏎    [ada@example.net] => Ada⏎)⏎" with subject …`: the first address
_SENT = expression(r"Sent mail to \"(?:[^\"@]{0,200}?(?P<to>[^\s\[\]\"<>@]{1,64}@[\w.-]{1,255}))?")
# In lower case: to search without regard to case takes ten times as long.
_OWN_TRACES = WordedPattern(
    r"nextcloud|owncloud|please revise your settings|oca?\\|\boc_|\"reqid\"|(?:debug|info|warning|error|fatal) \| ",
    ("nextcloud", "owncloud", "please revise your settings", "oc\\", "oca\\", "oc_", '"reqid"', " | "),
)
_LOG_READER = expression(r"^\W{0,4}(?:(?:Debug|Info|Warning|Error|Fatal)\s{1,9})?\|?\s{0,3}[\w -]{0,40}\| ")
_OBJECT = expression(r'\{\s{0,40}"reqId"')
# Lines out of the midst of a pretty-printed object.
_PART_OF_OBJECT = expression(
    r'\A\s{0,40}"[A-Za-z]{1,40}"\s?:[^\n]*\n(?:.*\n)?\s{0,40}"(?:Exception|Message|CustomMessage)"\s?: ?"', re.DOTALL
)
# Of a backtrace as the log reader shows it: file and line, then the call, each in a line of its own.
_FRAMES = expression(
    r"\s*(?:(?:(?:\d{1,3}\.\s{1,4})?/[^\s:]{1,300}\.php (?:- )?line \d{1,7}:?|<<closure>>"
    r"|(?:[\w\\]{1,200}(?:->|::))?\w{1,100}\([^\n]{0,400}\))[ \t]*(?:\n\s*|\Z))+"
)
_TRACE = expression(
    r"(?: in | at |(?:\n\d{1,3})?\.\s{0,4})/[\w./-]{10,300}\.php(?:[:#(]| (?:- )?line).*"
    r"|\s#0 /.*|\s\| \d{4}-\d\d-\d\dT.*",
    re.DOTALL,
)
_ESCAPED_EXCEPTION = expression(r'"Exception":"(?P<name>[^"]{1,200})","Message":"(?P<message>(?:[^"\\]|\\.){0,4000})')
# What PHP says of a socket that was not opened.
_NO_SOCKET = expression(r"stream_set_(?:timeout|blocking)\(\)")
_EXPECTED_CODE = expression(r"Expected response code \"?(?P<codes>[\d/]{3,15})")
_PHASES = {"220": Phase.GREETING, "235": Phase.AUTH, "334": Phase.AUTH, "354": Phase.DATA}


class _Nextcloud:
    """Reads Nextcloud's log and the pastes of it; see the module."""

    name = APP
    anchors = (
        "SMTP", "Swift", "swift", "stream_socket_", "getaddresses", "\\Mailer", "mail()", "send message", "mail to",
        "Connection could not", "Expected response code", "Unable to connect with", "Connection to ", "Horde_",
        "does not comply", "sending the e", "send ", "TLS required but",
    )  # fmt: skip

    def read(self, record: Record) -> Iterable[Event]:
        """Return the failed mail that `record` tells of."""
        if start := _OBJECT.search(record.text):
            return _read_object(record, record.text[start.start() :])
        text = record.text[:_MOST_CHARACTERS]
        is_own = _PHP_MAILER.search(text) or _OWN_TRACES.search(text.lower())
        if not is_own or _FRAMES.fullmatch(text):
            return ()
        if _PART_OF_OBJECT.search(text):
            return _read_object(record, f"{{{text}")
        return _read_message(record, text, text, None)


def _read_object(record: Record, text: str) -> tuple[Event, ...]:
    """One line of nextcloud.log. Its traces may be long: the object is read whole, its texts are cut."""
    members = read_members(text)
    time = _time(members.get("time"))
    request = str(members.get("reqId", ""))
    context = f"{members.get('url', '')} {text[:_MOST_CHARACTERS]}"
    key = f"request:{request}" if request else None
    return _read_message(record.at(time or record.time), _message(members), context, key)


def _message(members: Mapping[str, object]) -> str:
    """The words of the entry: those of the exception, where it has one."""
    message = members.get("message", "")
    for thrown in (members.get("exception"), message):
        if thrown and isinstance(thrown, dict):
            own = "" if isinstance(message, dict) else f"{message} "
            return f"{own if own.strip() != '--' else ''}{_thrown(thrown)}"[:_MOST_CHARACTERS]
    words = str(message)
    if "Exception" in members and (said := str(members.get("Message", ""))) not in words:
        words = f"{words} {members['Exception']}: {said}".lstrip()  # of an object that is cut off
    if words.startswith("Exception: {") and (found := _ESCAPED_EXCEPTION.search(words)):
        members = read_members("{" + found.group() + '"}')
        return f"{members.get('Exception', '')}: {members.get('Message', '')}"
    return words[:_MOST_CHARACTERS]


def _thrown(thrown: Mapping[str, object]) -> str:
    """`Class: message`, with the exception that it came from."""
    words = f"{thrown.get('Exception', '')}: {thrown.get('Message', '')}"
    previous = thrown.get("Previous")
    return f"{words} ({_thrown(previous)})" if isinstance(previous, dict) and len(words) < 4000 else words


def _read_message(record: Record, words: str, context: str, key: str | None) -> tuple[Event, ...]:
    keys = (key,) if key else ()
    app = APP if _OWN_TRACES.search(context.lower()) else "any"
    if (sent := _SENT.search(words)) and "!!" not in words:
        # SwiftMailer's caller never looked at the refused recipients: not a success where a refusal goes before.
        kind = EventKind.ACCEPTED if key else EventKind.NOTICE
        return (Event(kind, app, record, "nextcloud-sent", keys, recipient=sent["to"]),)
    is_socket = bool(_SOCKET.search(words) and _MAIL_SOCKET.search(context) and not _MAILBOX_PORT.search(words))
    if "IMAP" in words or not (_MAILER.search(words) or is_socket or "Swift_" in context[:_MOST_CHARACTERS]):
        return ()
    is_warning = is_socket and not _MAILER.search(words)
    if dialogue := _DIALOGUE_ERROR.search(words):
        words = dialogue["error"]
    failure = read_failure(_cut_trace(words), app=app, phase=_phase(words))
    kind = EventKind.CONTEXT if is_warning else EventKind.FAILED
    form = "nextcloud-php*" if is_warning else "nextcloud-dialogue" if dialogue else "nextcloud-error"
    if _NO_SOCKET.search(words):
        kind, form = EventKind.CONTEXT, "nextcloud-php?"
    return (Event(kind, app, record, form, keys, failure=failure),)


def _cut_trace(words: str) -> str:
    """The error without the log reader's columns and the frames, which hold other codes and names."""
    words = _LOG_READER.sub("", words, count=1)
    return _TRACE.sub("", words, count=1).strip() or words


def _phase(words: str) -> Phase | None:
    if "stream_socket_enable_crypto" in words or "Unable to connect with" in words:
        return Phase.STARTTLS
    if "stream_socket_client" in words or "Connection could not be established" in words:
        return Phase.CONNECT
    if "Failed to authenticate" in words or "authenticator" in words:
        return Phase.AUTH
    found = _EXPECTED_CODE.search(words)
    if found is None:
        return None
    return Phase.RCPT_TO if "/251" in found["codes"] else _PHASES.get(found["codes"][:3])


def _time(stamp: object) -> datetime | None:
    try:
        return aware(datetime.fromisoformat(str(stamp)))
    except ValueError:
        return None


GRAMMAR = _Nextcloud()
