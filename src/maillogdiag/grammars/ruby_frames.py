"""Ruby backtraces: whether they go through the mail libraries, and which SMTP command failed.

Frames name the file of the library, which no rewording of an error can hide.
"""

from __future__ import annotations

from maillogdiag.expressions import expression
from maillogdiag.failures import Phase
from maillogdiag.grammars.worded import WordedPattern

_RUBY_FRAME = r"(?:from )?(?:[\w-]{1,60} \([\w.]{1,30}\) )?[^\s:]{1,400}\.\w{1,5}:\d{1,6}:in[\s`]"
# Bugsnag's `path:line - method`, Errbit's `line:  path -> **method**`
_TRACKERS_FRAME = r"\S{1,300}\.rb:\d{1,6} - \w|\d{1,6}: {1,3}\S{1,300} -> \*\*"
# A line that is too wide for the pager of `journalctl`
_CUT_FRAME = r"/[^\s:]{1,400}(?::\d{1,6}(?::i?n?[^\n]{0,80})?)?[>\u2026](?:\n|$)"
# What begins with one certain kind of character is searched many times as fast as what may stand at the start, too.
_FRAME = WordedPattern(
    rf"\s(?:{_RUBY_FRAME}|{_TRACKERS_FRAME}|File \"[^\"\n]{{1,300}}\", line \d)", (":in", 'File "', ".rb:", " -> **")
)
_FRAME_AT_START = expression(
    rf"\s{{0,20}}(?:{_RUBY_FRAME}|{_TRACKERS_FRAME}|{_CUT_FRAME}|File \"[^\"\n]{{1,300}}\", line \d)"
)
_MAIL_FILE = WordedPattern(
    r"net/smtp(?:\.rb|/)|net-smtp-\d[\w.]{0,30}/|mail/network/delivery_methods/|/smtp_connection\.rb|mail_delivery_job\.rb"
    r"|action_?mailer[-/ (\w.]{0,40}/lib/|/mail/message\.rb:\d+:in .deliver|/lib/postmark/",
    ("net/smtp", "net-smtp-", "delivery_methods/", "/smtp_connection.rb", "mail_delivery_job.rb", "action_mailer",
     "actionmailer", "/mail/message.rb", "/lib/postmark/"),
)  # fmt: skip
_SENDMAIL_FRAME = WordedPattern(
    r"\S{0,80}delivery_methods/sendmail\.rb:\d{1,6}:in \S{1,80}|Channel::Driver::Sendmail",  # Zammad's
    ("delivery_methods/sendmail.rb:", "Driver::Sendmail"),
)
_SMTP_METHOD = expression(
    r"net/smtp[\w/]{0,60}\.rb(?::\d+:in\s?[`'\"]?|\", line \d+, in |:\d+ - | -> \*\*)"
    r"(?:(?:block|rescue|ensure) (?:\(\d+ levels\) )?in )?(?:[\w:]{1,60}[#.])?(?P<method>\w{1,60})"
)
_FRAME_CHARACTERS = 300
_PHASES = {
    "tcp_socket": Phase.CONNECT,
    "ehlo": Phase.EHLO,
    "helo": Phase.EHLO,
    "starttls": Phase.STARTTLS,
    "authenticate": Phase.AUTH,
    "check_auth_response": Phase.AUTH,
    "check_auth_continue": Phase.AUTH,
    "check_auth_args": Phase.AUTH,
    "auth": Phase.AUTH,
    "finish": Phase.AUTH,
    "mailfrom": Phase.MAIL_FROM,
    "rcptto": Phase.RCPT_TO,
    "data": Phase.END_OF_DATA,
}


def has_mail_frames(text: str) -> bool:
    """Whether a backtrace in `text` goes through net-smtp, the mail gem's delivery, or ActionMailer."""
    return bool(_MAIL_FILE.search(text))


def begins_with_frame(text: str) -> bool:
    """Whether the first line of `text` is a frame."""
    return bool(_FRAME_AT_START.match(text))


def without_frames(text: str) -> str:
    """Return `text` up to its first frame; trackers also write frames behind the error on the same line."""
    if begins_with_frame(text):
        return ""
    found = _FRAME.search(text)
    return text[: found.start()] if found else text


def sendmail_frame(text: str) -> str | None:
    """Return the frame in which the mail gem hands the mail to the local `sendmail` program, where there is one."""
    found = _SENDMAIL_FRAME.search(text)
    return found[0] if found else None


def phase_in(text: str) -> Phase | None:
    """Return the step of the dialogue that the innermost telling frame of net-smtp names.

    `data` is where net-smtp sends the whole mail and waits for the last reply, unless `check_continue` is in front:
    then the server refused the DATA command itself. A reply read in `do_start` is the greeting.
    """
    # These frames stand together: to search what is around them would take most of the time.
    begin = text.find("net/smtp")
    if begin < 0:
        return None
    end = text.rfind("net/smtp") + _FRAME_CHARACTERS
    methods = [found["method"] for found in _SMTP_METHOD.finditer(text, begin, end)]
    for place, method in enumerate(methods):
        phase = Phase.AUTH if method.startswith("auth_") else _PHASES.get(method)
        if phase is Phase.END_OF_DATA and "check_continue" in methods[:place]:
            return Phase.DATA
        if phase is not None:
            return phase
        if method == "do_start" and "recv_response" in methods[:place]:
            return Phase.GREETING
    return None
