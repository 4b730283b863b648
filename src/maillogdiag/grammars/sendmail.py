"""Sendmail's log, and the small programs that stand in for it: msmtp, sSMTP and BusyBox's sendmail.

sendmail := queue-id ": to=" address ", …, relay=" host ", dsn=" code ", stat=" status [": " words]
          | queue-id ": from=" address ", …, msgid=<" Message-ID ">, …"
          | [queue-id ": "] "ruleset=" … "relay=" client ", reject=" reply
          | queue-id ": AUTH failure (" mechanism "): " words "relay=" client
msmtp    := "host=" host … "smtpstatus=" code "smtpmsg='" reply "' errormsg='" words "' exitcode=EX_" name
spoken   := ("msmtp" | "sSMTP" | "ssmtp") ["[" pid "]"] ": " words | "sendmail: " words
heard    := ("<--" | "[<-]") reply          (what msmtp --debug and ssmtp -v show of the conversation)
missing  := "sh: " ["1: "] (path "sendmail" | "-t") ": not found" | "Can't " ("find" | "exec") path "sendmail"

Under the name sendmail msmtp and sSMTP speak as well as BusyBox and Postfix. A shell, anacron or Perl says that there
is no sendmail; "-t" is what remains of the command where PHP's sendmail_path is empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pyparsing as pp

from maillogdiag.events import Event, EventKind
from maillogdiag.expressions import expression
from maillogdiag.failures import Phase, read_failure
from maillogdiag.grammars.clients import is_near
from maillogdiag.grammars.parts import Delayed, parse_parts
from maillogdiag.records import Record

APP = "sendmail"
_MSMTP = "msmtp"
_MOST_CHARACTERS = 8 * 1024

_PROGRAM = r"(?s)(?:.{0,120}?\b(?:sendmail|sm-mta|sm-msp-queue)(?:\[\d{1,10}\])?: )?"
_SENDMAIL = pp.Regex(
    _PROGRAM + r"(?P<queue>[0-9A-Za-z]{8,20}): to=(?P<to>[^,]{1,2000}),(?P<details> |.{0,1000}? )stat=(?P<stat>.*)"
)
_SENDMAIL_FROM = pp.Regex(
    _PROGRAM + r"(?P<queue>[0-9A-Za-z]{8,20}): from=(?P<sender>[^,]{0,320}), size=.{0,300}? "
    r"msgid=<(?P<message_id>[^>\s]{1,250})>"
)
# sendmail/srvrsmtp.c and sendmail/envelope.c; a user's name may hold a "relay=" of its own.
_REFUSAL = pp.Regex(
    _PROGRAM + r"(?:[0-9A-Za-z]{8,20}: )?(?:ruleset=(?:.{0,1500}?arg1=<(?P<rejected>[^>]{1,320})>)?.{0,1500}?"
    r"|(?P<login>AUTH failure \([\w-]{1,30}\): .{1,1000}), )"
    r"relay=(?P<client>[^\s\[,]{0,255}) ?\[(?P<address>[^\]]{1,60})\](?: \(may be forged\))?"
    r"(?:, reject=(?P<reply>.*)|$)"
)
_MSMTP_LOG = pp.Regex(
    r"(?s).{0,60}?\bhost=(?P<host>\S{1,255}) .{0,2000}?\brecipients=(?P<to>\S{0,2000}) (?P<details>.*?)"
    r" ?exitcode=EX_(?P<exit>[A-Z]{2,15})"
)
_SPOKEN = pp.Regex(
    r"(?s).{0,120}?\b(?:(?P<program>msmtp|sSMTP|ssmtp)(?:\[\d{1,10}\]\s|(?:\[\d{1,10}\])?: )"
    # An init script's "Starting sendmail: failed" is none of it, and the daemon's own log has a number.
    r"|(?<!ing )(?<!down )(?P<sendmail>sendmail): )(?P<words>.*)"
)
_MISSING = pp.Regex(
    r"(?:.{0,1000}?[\s\"'])?(?P<missing>(?:"
    r"sh: (?:(?:line )?1: )?-t: (?:command )?not found"  # else it is the rest of some other command
    r"|(?:/[\w./-]{0,80}/)?\w{0,4}sh: (?:(?:line )?\d{1,5}: )?(?:/[\w./-]{0,80}/)?(?:sendmail|msmtp|ssmtp): "
    r"(?:command )?(?:not found|No such file or directory|Permission denied)"
    r"|Can't (?:find |exec \"(?:/[\w/.-]{0,60}/)?)sendmail\b[^\n]{0,300}))"
)
_HEARD = pp.Regex(r"(?s)(?P<arrow><--|\[<-\]) (?P<heard>[45]\d\d[ -].*)")
_GRAMMAR = Delayed(lambda: _SENDMAIL | _SENDMAIL_FROM | _REFUSAL | _MSMTP_LOG | _MISSING | _HEARD | _SPOKEN)

_ERROR = expression(r"errormsg='(?P<words>.*?)'(?= exitcode|$| \w{1,12}=)", re.DOTALL)
_REPLY = expression(r"smtpmsg='(?P<words>.*?)'(?= exitcode|$| \w{1,12}=)", re.DOTALL)
_NO_TRY = expression(r"queued|Data format error \(dry run\)|(?:Message )?(?:waiting|hold)", re.IGNORECASE)
_SPOKEN_TROUBLE = expression(
    r"cannot|can't|could not|fail|fatal|unable|denied|refused|timed out|error|not accepted|server message|certificate"
    r"|(?:empty|invalid) reply|not support|not found|not \(yet\) defined|must have|bad address|\([45]\d\d[ )-]",
    re.IGNORECASE,
)
# Which of the programs speaks as sendmail, by words of its own; and the words behind which it says no more.
_SPEAKERS = (
    (APP, expression(r"can't connect to remote host|bad address |fatal: ")),  # BusyBox, Postfix
    (
        "ssmtp",
        expression(r"Cannot open \S|Unable to (?:locate|connect to) |Authorization failed \(|(?:MAIL FROM|RCPT TO):<"),
    ),
    (
        _MSMTP,
        expression(
            r"could not send mail|authentication failed \(method|server message: |TLS "
            r"|cannot (?:locate host|connect to|use|find) |account \S{1,200} not found|the server "
            r"|(?:envelope from|recipient) address .{1,320} not accepted|network "
        ),
    ),
)
_REPLY_IN_PARENTHESES = expression(r"\((?P<reply>[45]\d\d[ -].*)\)\s*$", re.DOTALL)
_PHASES = {"MAIL FROM": Phase.MAIL_FROM, "RCPT TO": Phase.RCPT_TO}
_LAST_WORDS = expression(r"Authorization failed|\([45]\d\d[ )-]|can't |bad address|fatal: ")


class _Sendmail:
    """Reads Sendmail and the small programs in its place; see the module."""

    name = APP
    anchors = (
        " stat=",
        " msgid=<",
        "ruleset=",
        "AUTH failure (",
        "exitcode=EX_",
        "msmtp",
        "sSMTP",
        "ssmtp",
        "sendmail: ",
        "<-- ",
        "[<-] ",
        "sh: -t: ",
        ": -t: ",
        "Authorization failed",
        "Cannot open ",
        "Unable to locate ",
        "Unable to connect to '",
        "could not send mail",
        "cannot connect to ",
        "not found: no configuration file",
        " not found in /",
        "Can't find sendmail",
        "Can't exec \"",
        "server message: ",
        "RCPT TO:<",
        "MAIL FROM:<",
    )

    def read(self, record: Record) -> Iterable[Event]:
        """Return how the delivery that `record` tells of ended."""
        text = record.text[:_MOST_CHARACTERS]
        if record.process in ("sSMTP", "ssmtp", "msmtp", "sendmail"):
            text = f"{record.process}: {text}"
        parts = parse_parts(_GRAMMAR, text)
        if parts is None:
            return ()
        if "stat" in parts:
            return _read_sendmail(record, parts)
        if "message_id" in parts:
            return (_read_arrival(record, parts),)
        if "address" in parts:
            return (_read_refusal(record, parts),)
        if "exit" in parts:
            return _read_msmtp(record, parts)
        if "missing" in parts:
            failure = read_failure(parts["missing"], app="any")
            return (Event(EventKind.FAILED, "any", record, "sendmail-missing", failure=failure),)
        if "heard" in parts:
            app = _MSMTP if parts["arrow"] == "<--" else "ssmtp"
            failure = read_failure(parts["heard"], app=app)
            # HTTP clients show the answers of their servers likewise: <-- 500 Internal Server Error https://…
            form = "msmtp-words*" if failure.enhanced else "msmtp-heard?"
            return (Event(EventKind.CONTEXT, app, record, form, (_try_key(record, app),), failure=failure),)
        return _read_spoken(record, parts)


def _read_sendmail(record: Record, parts: dict[str, str]) -> tuple[Event, ...]:
    queue, status = f"queue:{parts['queue']}", parts["stat"]
    if _NO_TRY.match(status):
        return ()
    keys = (f"{queue}/{parts['to'][:320]}",)
    is_sent = status.startswith("Sent")
    kind = EventKind.ACCEPTED if is_sent else EventKind.FAILED
    failure = None if is_sent else read_failure(status, app=APP)
    event = Event(kind, APP, record, "sendmail-delivery", keys, queue, failure, recipient=parts["to"][:320])
    return (event._replace(is_final=not is_sent and "dsn=5" in parts["details"]),)


def _read_arrival(record: Record, parts: dict[str, str]) -> Event:
    """Sendmail took a mail into its queue; its later lines name the queue id alone."""
    queue, sender = f"queue:{parts['queue']}", parts["sender"].strip("<>")
    sent_as = parts["message_id"]
    return Event(EventKind.ENQUEUED, APP, record, "sendmail-arrival", (), queue, sender=sender, message_id=sent_as)


def _read_refusal(record: Record, parts: dict[str, str]) -> Event:
    """A client that Sendmail refused: ours where it is near."""
    if not is_near(parts["client"], parts["address"]):
        return Event(EventKind.NOTICE, APP, record, "sendmail-stranger-refused")
    failure = read_failure(parts.get("reply") or parts["login"], app=APP)
    keys = (f"line:{record.time}/{record.text[:300]}",) if record.time else ()
    recipient = parts.get("rejected")
    return Event(EventKind.FAILED, APP, record, "sendmail-refused", keys, failure=failure, recipient=recipient)


def _read_msmtp(record: Record, parts: dict[str, str]) -> tuple[Event, ...]:
    """msmtp's log names the server's reply and its own words for it."""
    words = " ".join(
        found["words"] for pattern in (_REPLY, _ERROR) if (found := pattern.search(parts["details"])) is not None
    )
    is_sent = parts["exit"] == "OK"
    kind = EventKind.ACCEPTED if is_sent else EventKind.FAILED
    failure = None if is_sent else read_failure(words or parts["exit"], app=_MSMTP, host=parts["host"])
    keys = (f"line:{record.time}/{record.text[:300]}",) if record.time else ()
    return (Event(kind, _MSMTP, record, "msmtp-log", keys, failure=failure, recipient=parts["to"][:320]),)


def _read_spoken(record: Record, parts: dict[str, str]) -> tuple[Event, ...]:
    """What the program says to its caller, perhaps in several lines for one mail: msmtp's last is "could not send"."""
    words = parts["words"]
    if not _SPOKEN_TROUBLE.search(words):
        return ()
    app = parts["program"].lower() if "program" in parts else _speaker(words)
    if app is None:
        return ()
    keys = (_try_key(record, app),)
    if words.startswith("could not send mail"):
        return (Event(EventKind.FAILED, app, record, "msmtp-end", keys),)
    reply = _REPLY_IN_PARENTHESES.search(words)
    failure = read_failure(reply["reply"] if reply else words, app=app, phase=_PHASES.get(words.split(":")[0]))
    if words.startswith("Cannot open "):  # a line above may say why: this one shall not have the last word
        reason = Event(EventKind.CONTEXT, app, record, "ssmtp-reason", keys, failure=failure)
        return (reason, Event(EventKind.FAILED, app, record, "msmtp-end", keys))
    if _LAST_WORDS.search(words):
        return (Event(EventKind.FAILED, app, record, "msmtp-end", keys, failure=failure),)
    return (Event(EventKind.CONTEXT, app, record, "msmtp-words*", keys, failure=failure),)


def _try_key(record: Record, app: str) -> str:
    """What a program says of one mail comes in one go."""
    return f"pid:{app}/{record.place.source}/{record.pid or ''}"


def _speaker(words: str) -> str | None:
    """Which program says `words` under the name sendmail; None where it is none that is known."""
    return next((app for app, own in _SPEAKERS if own.match(words)), None)


GRAMMAR = _Sendmail()
