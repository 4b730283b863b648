"""Which lines continue a log entry: the structures of several lines that applications write.

    Ruby      frames; an SMTP reply's closing ")" on the next line, since net-smtp keeps its newline
    Python    "Traceback (most recent call last):" to the exception's line; then perhaps "Stack (most …"
    Java      frames and "Caused by:"
    JSON      pretty-printed, also a part of it without its beginning, or cut by newlines
    OpenSSL   its queue of errors, one a line, as PHP shows it
    SMTP      "535-first line", "535 last line"; "SMTPSenderRefused: 530" as Odoo breaks it, and the reply
    DSN       the fields of a delivery status, for all recipients of a returned mail

Everything else is a head, above all what begins with a time or level of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from maillogdiag.expressions import expression

_MOST_TAIL = 2000
# How many lines that begin nothing of their own may stand in something unclosed.
_MOST_UNCLOSED_LINES = 12
_MOST_JSON_LINES = 300

_HEAD = expression(
    r"\d{4}[-/]\d\d[-/]\d\d[T _]\d\d:\d\d"  # Sidekiq 3-7, Zulip, Python's and Go's logging, Exim, Postgres
    r"|[A-Z], \[\d{4}-"  # Ruby's Logger
    r"|\[\d{4}[-/]\d\d[-/]\d\d|\[\d\d/\d\d/\d\d "  # Celery, Mattermost up to 4.9, Puma
    r"|\[(?:ActiveJob|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22,28})\] "  # Rails' tags
    r"|[A-Z]{4,8}:? +\d{4}[-/]\d\d[-/]\d\d[T ]"  # Sidekiq 8, Go's log with a prefix
    r"|[a-z]{4,8} +\[\d{4}-\d\d-\d\d "  # Mattermost 6+ without JSON
    r"|(?:DEBUG|INFO|WARNING|ERROR|CRITICAL):[\w.]{1,100}:"  # Python's logging.basicConfig
    r"|\[(?:DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL)\] |(?:time|ts|level)=\S"  # logfmt and kin
    r"|\d{1,8} TID-|pid=\d{1,8} tid="  # Sidekiq without time (Heroku)
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d "  # syslog whose envelope could not be read
    r"|[ \t]{0,16}[\w.-]{1,100}/[\w/.-]{1,100}\[\d{1,10}\]: "  # Postfix without time
    r"|\{\"(?:level|timestamp|ts|time|msg|message|reqId|lvl|severity|@timestamp)\""
    r"|(?:Started|Completed|Processing by|method=)\b"  # Rails' request lines, lograge
)
_READERS_PLACE = r"\d{1,3}\.\s{1,4}/\S{1,300}\.php (?:- )?line \d"
"""A frame in Nextcloud's log reader; the call may stand in a line below it."""
_FRAME = expression(
    # Ruby's, also cleaned by Rails: net-smtp (0.5.0) lib/net/smtp.rb:875:in 'auth'
    r"(?:from |: )?(?:[\w.-]{1,80} \([\w.]{1,40}\) )?"
    r"(?:[^\s:]{1,300}|<internal:[^>]{1,80}>|\(eval[^)]{0,80}\)):\d{1,7}:in(?:[ `]|$)"
    r"|File \"[^\"]{1,300}\", line \d{1,7}"  # Rollbar's
    r"|\S{1,300}\.\w{1,5}:\d{1,7} - \S{1,80}\s*$|\d{1,7}: {1,3}\S{1,300} -> \*\*"  # Bugsnag's, Errbit's
    r"|/[^\s:]{1,300}(?::\d{1,7}(?::i?n?[^\n]{0,80})?)?[>\u2026]$"  # Ruby's, cut by a pager
    r"|at [\w.$<>/]{1,200}\(|Caused by: |\.\.\. \d{1,6} (?:more|levels)"  # Java's
    rf"|#\d{{1,3}} |Stack trace:$|{_READERS_PLACE}"  # PHP's
    r"|error:[0-9A-F]{8}:"  # OpenSSL's, behind PHP's "OpenSSL Error messages:"
)
_AT_READERS_PLACE = expression(_READERS_PLACE)
_READERS_CALL = expression(r"[A-Za-z][\w\\]{1,200}->\w{1,100}\(")
_CLOSING = expression(r"[)}\]]['\")}\]]*[:,.;]*(?:\s|$|\()|>[)}\]'\"]*[:,.;]*\s*$")
_CLOSED = expression(r"[)>][:,.]?\s*$")
_TRACEBACK = expression(r"\W{0,3}Traceback \(most recent call last\):")
_PYTHON_FRAME = expression(r"\s*File \"[^\"]{1,300}\", line \d{1,7}(?:, in |$)")
_STACK = expression(r"Stack \(most recent call last\):")
_CHAINED = expression(r"During handling of the above|The above exception was the direct")
_PYTHON_EXCEPTION = expression(r"[A-Za-z_][\w.]{0,200}(?:: |:?\s*$)")
_REPLY_LINE = expression(r"(?P<code>[245]\d\d)[ -]")
_ENHANCED_LINE = expression(r"[245]\.\d{1,3}\.\d{1,3}(?=\s)")
_CLASS = expression(r"[A-Z]\w{0,60}(?:::\w{1,60}){0,6} $")
_CLASS_ALONE = expression(
    r"(?:Exception: |An? )?\*{0,2}[A-Z]\w{0,60}(?:::\w{1,60}){1,6}\*{0,2}(?:(?: occurred)? in \S{1,200})?\s*$"
)
_CLASS_COLON = expression(r"[A-Z]\w{0,60}(?:::\w{1,60}){1,6}:\s*$")
# Odoo writes an exception's arguments one a line: a reply code, or an errno, above the words.
_NUMBER_ALONE = expression(r"(?:SMTP\w{1,40}|\w{0,40}[Ee]rror): -?\d{1,3}\s*$")
_ADDRESS_ALONE = expression(r"[^\s@]{1,64}@[\w.-]{1,255}\s*$")
_CLASS_OPEN = expression(r"[A-Z]\w{0,60}(?:::\w{1,60}){1,6} \(")
_INSPECT_OPEN = expression(r"#<[A-Z]\w{0,60}(?:::\w{1,60}){1,6}: [^>]{0,2000}$")
_BYTES_OPEN = expression(r" b(?:'[^']{0,2000}|\"[^\"]{0,2000})$")
_MESSAGE_OPEN = expression(r" with message \"[^\"]{0,2000}$")  # SwiftMailer keeps the reply's line breaks
_DETAILS_OPEN = expression(r"\[details: [^\]]{0,2000}$")
_JSON_START = expression(r"(?:.{0,200}? (?:WARN|INFO|ERROR): )?\{\"")
_JSON_MEMBER = expression(r'\s*"[A-Za-z_]\w{0,60}"\s?: ?\S.*[,{\[]\s*$')
_JSON_PART = expression(r'\s*(?:"[A-Za-z_]\w{0,60}"\s?:|[}\]])')
_DEBUG_PAGE = expression(
    r"[A-Za-z_.:]{0,60}(?:Error|Exception|Refused|Disconnected|Busy|[Tt]imeout|::E[A-Z]{3,14}) at /"
)
_DEBUG_PAGE_FIELD = expression(
    r"\*{0,2}(?:Request (?:Method|URL)|Django Version|Exception (?:Type|Value|Location)"
    r"|Python (?:Executable|Version|Path)|Server time|Airbrake (?:error|project)|Error (?:type|message)|Where"
    r"|Occurred at|First seen at|Occurrences)\s*:"
)
# These stand in logs, too: they begin no page.
_FURTHER_FIELD = expression(r"\*{0,2}(?:Severity|URL|File)\s*:")
_TUPLE = expression(r"[({]\s*(?:\d{3}, |['\"])")
# RFC 3464 section 2
_DELIVERY_STATUS = expression(r"(?:Reporting-MTA|Original-Recipient|Final-Recipient): ?\S")
_DELIVERY_STATUS_FIELD = expression(
    r"(?:Original-Envelope-Id|(?:Reporting|Received-From|Remote)-MTA|DSN-Gateway|(?:Arrival|Last-Attempt)-Date"
    r"|(?:Original|Final)-Recipient|Action|Status|Diagnostic-Code|Final-Log-ID|Will-Retry-Until|X-[A-Za-z-]{1,40}):",
    re.IGNORECASE,
)
# Anymail's exception (anymail/exceptions.py) says what was sent, and has the provider's response below it, perhaps as
# an object of several lines.
_ANYMAIL = expression(r"(?:.{0,400}?\bAnymail\w{1,30}: )?.{0,200}?Sending a message |.{0,400}?\bAnymail\w{1,30}: ")
_API_RESPONSE = expression(r"[A-Z]\w{1,20} API response [45]\d\d .")
# What error trackers, and those who copy from them, put before a backtrace and around it.
_FRAMES_HEADING = expression(
    r"[#*` ]{0,5}(?:Stack ?trace|Backtrace|Full trace)\b[:#*` ]{0,5}$|`{3}\w{0,10}\s*$"
    r"|\[View [^\]]{1,80}\]\(http\S{1,400}\)\s*$"
    r"|Rails\.root: \S{1,300}\s*$|Application Trace \| Framework Trace \| Full Trace\s*$",
    re.IGNORECASE,
)
# What Mastodon's, Postal's and PocketBase's tests of the settings say, and Odoo of a mail that failed; the error stands
# below.
_ERROR_BELOW = (
    "E-mail could not be sent with this configuration",
    "Message was not delivered successfully to SMTP",
    "Failed to send the test email. Raw error:",
    "Mail delivery failed via SMTP server",
    "failed sending mail (id: ",
)

_State = Callable[["Structure", str], bool]


class Structure:
    """What an entry has open; tells line by line what continues it.

    Each state is a method that says whether it takes a line, and sets the next state.
    """

    __slots__ = ("_depth", "_end", "_has_own_head", "_last", "_lines", "_state")

    def __init__(self, head: str) -> None:
        self._last = head
        self._lines = 0
        self._depth = 0
        self._end = _CLOSED
        self._has_own_head = False
        self._state: _State = Structure._head

    def takes(self, text: str) -> bool:
        """Whether `text` continues the entry. Call it with the lines in order, until one is not taken."""
        if not text or text.isspace():
            return True
        if (frame := _CERTAIN.get(self._state)) and frame.match(text):  # most lines by far
            self._lines += 1
            self._last = text
            return True
        if _HEAD.match(text):
            return False
        self._lines += 1
        taken = self._state(self, text) or self._is_continuation(text)
        self._last = text
        return taken

    def _is_continuation(self, text: str) -> bool:
        """Whether the line continues any entry, whatever is open."""
        if _PYTHON_FRAME.match(text):  # of a traceback whose beginning was not copied
            self._state = Structure._traceback
            return True
        if text[0] in " \t" or _FRAME.match(text) or _CLOSING.match(text) or self._is_reply_rest(text):
            return True
        if _FRAMES_HEADING.match(text) or (_READERS_CALL.match(text) and _AT_READERS_PLACE.match(self._last)):
            return True
        if _API_RESPONSE.match(text) and _ANYMAIL.match(self._last):
            self._state = Structure._json if text.rstrip().endswith(":") else Structure._nothing
            return True
        if _TRACEBACK.match(text):
            # Behind other output of several lines a traceback is a story of its own.
            if self._state is Structure._after_traceback or not (self._has_own_head or self._lines == 1):
                return False
            self._state = Structure._traceback
            return True
        if _CLASS_OPEN.match(text) and self._last.rstrip().endswith((":", "]")):
            self._open(text)
            return True
        return text.startswith("(Job ID: ")

    def _is_reply_rest(self, text: str) -> bool:
        if line := _REPLY_LINE.match(text):
            return f"{line['code']}-" in self._last[-_MOST_TAIL:]
        # Go joins the lines of a reply without repeating the code.
        enhanced = _ENHANCED_LINE.match(text)
        return bool(enhanced and enhanced[0] in self._last[-_MOST_TAIL:])

    def _open(self, text: str) -> None:
        """Set the state that a line opens."""
        tail = text[-_MOST_TAIL:]
        if _TRACEBACK.match(text) or _PYTHON_FRAME.match(text):
            self._state = Structure._traceback
        elif text.strip() in ("{", "["):
            self._depth, self._state = 1, Structure._json
        elif _JSON_START.match(text) and not tail.rstrip().endswith("}"):
            self._state = Structure._cut_json
        elif _JSON_MEMBER.match(text):
            self._state = Structure._json_part
        elif _API_RESPONSE.match(text) and text.rstrip().endswith(":"):
            self._state = Structure._json
        elif (
            any(words in tail for words in _ERROR_BELOW) or _CLASS_ALONE.match(text) or _CLASS_COLON.search(tail[-300:])
        ):
            self._state = Structure._one_line
        elif _NUMBER_ALONE.match(text):
            self._state = Structure._arguments
        elif _DELIVERY_STATUS.match(text):
            self._state = Structure._delivery_status
        elif _DEBUG_PAGE.match(text) or _DEBUG_PAGE_FIELD.match(text):
            self._state = Structure._debug_page
        elif " with message " in tail and _MESSAGE_OPEN.search(tail):
            self._state = Structure._quoted_reply
        elif end := _end_of_unclosed(tail):
            self._end, self._state = end, Structure._unclosed

    def _head(self, text: str) -> bool:
        """Behind the head. What it opened is looked at only now: most heads are followed by another one."""
        self._has_own_head = bool(_HEAD.match(self._last))
        self._state = Structure._nothing
        self._open(self._last)
        return self._state(self, text)

    def _nothing(self, text: str) -> bool:
        return False

    def _one_line(self, text: str) -> bool:
        self._state = Structure._nothing
        self._open(text)
        return True

    def _arguments(self, text: str) -> bool:
        """Below an exception's number: what it stands for, and then the sender that was refused."""
        self._state = Structure._sender
        return True

    def _sender(self, text: str) -> bool:
        return bool(_ADDRESS_ALONE.match(text))

    def _unclosed(self, text: str) -> bool:
        if self._end.search(text[-_MOST_TAIL:]) or _CLOSING.match(text.lstrip()) or _FRAME.match(text):
            self._state = Structure._nothing
        return self._lines <= _MOST_UNCLOSED_LINES

    def _traceback(self, text: str) -> bool:
        if text[0] in " \t" or _TRACEBACK.match(text) or _PYTHON_FRAME.match(text):
            return True
        # The copy lost the indentation: this is the frame's code, or what underlines it.
        if self._last.startswith("File ") or not text.strip("~^"):
            return True
        self._state = Structure._after_traceback
        return bool(_PYTHON_EXCEPTION.match(text))

    def _after_traceback(self, text: str) -> bool:
        """Behind the exception's line. Its "Stack" block is of the same failure, and ends without such a line."""
        if _CHAINED.match(text):
            self._state = Structure._chained
            return True
        return bool(_STACK.match(text))

    def _chained(self, text: str) -> bool:
        self._state = Structure._traceback
        return bool(_TRACEBACK.match(text))

    def _json(self, text: str) -> bool:
        """A pretty-printed object: to the bracket that closes it, whether or not the copy kept the indentation."""
        line = text.strip()
        if not self._depth and not line.startswith(("{", "[")):  # the object that was announced does not come
            self._state = Structure._nothing
            return False
        self._depth += line.endswith(("{", "["))
        self._depth -= line.startswith(("}", "]"))
        if self._depth <= 0 or text in ("}", "]"):
            self._state = Structure._nothing
        return self._lines <= _MOST_JSON_LINES

    def _cut_json(self, text: str) -> bool:
        if text.rstrip().endswith("}"):
            self._state = Structure._nothing
        return self._lines <= _MOST_JSON_LINES

    def _json_part(self, text: str) -> bool:
        """Members of an object whose beginning was not copied."""
        return bool(_JSON_PART.match(text)) and self._lines <= _MOST_JSON_LINES

    def _quoted_reply(self, text: str) -> bool:
        """A reply that is quoted with its line breaks: what closes the quotation, behind further lines of the reply."""
        if text[0] == '"':
            self._state = Structure._nothing
        return text[0] == '"'

    def _delivery_status(self, text: str) -> bool:
        """The delivery status in a returned mail."""
        return bool(_DELIVERY_STATUS_FIELD.match(text))

    def _debug_page(self, text: str) -> bool:
        """Django's page for an exception, or an error tracker's, copied as text."""
        is_value = self._lines == 1 or self._last.rstrip().endswith(":")
        return is_value or bool(_DEBUG_PAGE_FIELD.match(text) or _FURTHER_FIELD.match(text) or _TUPLE.match(text))


# Lines that continue an entry in these states, whatever was before: Ruby's frames, and those of a Python traceback.
_CERTAIN: dict[_State, re.Pattern[str]] = {
    Structure._nothing: expression(r"/[^\s:]{1,300}:\d{1,7}:in[ `]"),
    Structure._traceback: expression(r"[ \t]+(?![\s]|[\w.-]{1,100}/)"),
}


def _end_of_unclosed(tail: str) -> re.Pattern[str] | None:
    """Return what closes that which a line's end leaves open; None where nothing is open."""
    if "(" in tail and _has_open_parenthesis(tail):
        return _CLOSED
    if "#<" in tail and _INSPECT_OPEN.search(tail):
        return _CLOSED
    if "[details: " in tail and _DETAILS_OPEN.search(tail):
        return re.compile(r"\]\s*$")
    if found := _BYTES_OPEN.search(tail):
        return re.compile(re.escape(found[0][2]))
    return None


def _has_open_parenthesis(tail: str) -> bool:
    """Whether an exception's message stands in a parenthesis that is not closed: Net::SMTPFatalError (550 …"""
    opened: list[int] = []
    for found in re.finditer(r"[()]", tail):
        if found[0] == "(":
            opened.append(found.start())
        elif opened:
            opened.pop()
    return any(_CLASS.search(tail, max(0, start - 200), start) for start in opened)
