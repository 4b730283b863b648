"""Mattermost: its server log in every shape, and what admins paste from the System Console.

Which entries are about mail is told by Mattermost's own messages and by the stages of its SMTP client
(server/platform/shared/mail/mail.go, before 6.0 services/mailservice/mail.go), never by words such as "timeout":
push, plug-ins, OAuth and the database log the same Go errors. One failure may stand in two lines half a
millisecond apart, the first with the reason, the second without.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

import pyparsing as pp

from maillogdiag.events import Event, EventKind
from maillogdiag.expressions import expression
from maillogdiag.failures import Failure, Phase, flattened, read_failure
from maillogdiag.grammars.mattermost_lines import Entry, read_entry
from maillogdiag.grammars.parts import Delayed, parse_parts
from maillogdiag.grammars.ports import MAIL_PORT
from maillogdiag.grammars.worded import WordedPattern
from maillogdiag.records import Record

APP = "mattermost"

# Stages of one mail, today's wording and that of 5.x; the reason follows after ": ", ", ", " - " or "[details: ".
# Each begins with a letter of its own: where all alternatives do, and stand in no groups, a search takes a tenth of
# the time.
_STAGES = tuple(
    (phase, words)
    for phase, *alternatives in (
        (Phase.CONNECT, r"unable to connect to the SMTP server(?: through TLS)?"),
        (Phase.CONNECT, r"Failed to open (?:a |TLS )?connection(?: to SMTP server)?"),
        (Phase.EHLO, r"unable to send hello message", r"Failed to (?:to )?set (?:the )?HELO(?: to SMTP server)?"),
        (
            Phase.AUTH,
            r"Failed to authenticate on SMTP server",
            r"authentication failed(?<!Error: authentication failed)(?=: )",  # that is Postfix's own
        ),
        (Phase.MAIL_FROM, r"failed to set the from address", r"Failed to add from email address"),
        (Phase.RCPT_TO, r"failed to set the to address", r"Failed to add to email address"),
        (Phase.DATA, r"failed to add email message(?: data)?", r"Failed to add email message(?: data)?"),
        (Phase.DATA, r"failed to write (?:the )?email message", r"Failed to write (?:the )?email message"),
        (Phase.END_OF_DATA, r"failed to close ?connection to (?:the )?SMTP(?: server)?"),
        (Phase.END_OF_DATA, r"Failed to close ?connection to (?:the )?SMTP(?: server)?"),
        (Phase.END_OF_DATA, r"Can't close a? ?connection to (?:the )?SMTP(?: server)?"),
    )
    for words in alternatives
)
_STAGE = WordedPattern(
    "|".join(words for _, words in _STAGES),
    (
        "connect to the SMTP server",
        "Failed to open ",
        "hello message",
        "HELO",
        "Failed to authenticate on SMTP",
        "authentication failed: ",
        "set the from address",
        "add from email address",
        "set the to address",
        "add to email address",
        "email message",
        "ailed to close",
        "Can't close",
    ),
)
# LDAP, the database and others say this as well.
_AMBIGUOUS_STAGE = expression(r"authentication failed|Failed to open connection$")
# Before 6.0 these two stages were logged twice: by the mailer with the reason, by the caller without it.
_LOGGED_TWICE = expression(
    r"Failed to open TLS connection|Failed to (?:to )?set (?:the )?HELO|Failed to open a connection"
)
_MAILERS_LINE = expression(r"Failed to open a connection to SMTP server|Failed to to set the HELO")

# message := "Error while sending the email" | "Failed to send" WHICH "email" … "successfully" | …
_MAIL_MESSAGE = Delayed(
    lambda: (
        pp.Regex(r"Error while sending the email")
        | pp.Regex(r"Unable to send batched email notification")
        | pp.Regex(
            r"(?:Failed|Unable|[Ee]rror|Could not|Couldn't)(?: to)? send(?:ing)?(?! push)\b"
            r"[\w' ,()-]{0,60}?\be-?mails?\b"
        )
        | pp.Regex(r"Mail server connection test (?:is )?failed")
        | pp.Regex(r"SMTP server settings do not appear to be configured properly")
    )
)
_OWN_LIMIT = WordedPattern(
    r"rate limit exceeded|Invite emails? +rate limited|[Ii]nvite.{0,40}rate limit", ("rate limit",), re.DOTALL
)
_INVITES = expression(r"[Ii]nvit")
_MAIL_PATH = expression(r"/(?:email/test|admin/test_email)\b")
_SENDING = expression(r"sending mail(?: to (?P<to>\S{1,320}) with subject| ?$)")
_UI_PREFIX = expression(r"^.{0,200}(?:Connection unsuccessful: ?|SendMail: ?)", re.DOTALL)
_MAIL_REASON = expression(rf"\b[45]\d\d[ -](?:\d\.\d\.\d|[A-Z<'])|{MAIL_PORT}|:10025\b|\bsmtps?\b", re.IGNORECASE)
_TLS_REASON = expression(r"^\W{0,4}(?:tls|x509|remote error: tls):")
# What the stage is called where the server's language is not English, as far as it tells the phase.
_TRANSLATED = (
    (Phase.MAIL_FROM, expression(r"desde|remitente|absender|exp[ée]diteur|mittente|remetente|afzender|отправител"
                                 r"|nadawc|发件|寄件|差出人|送信元", re.IGNORECASE)),
    (Phase.RCPT_TO, expression(r"destinat|empfänger|ontvanger|odbiorc|получател|收件|宛先|送信先", re.IGNORECASE)),
    (Phase.AUTH, expression(r"authenti|aut[eé]ntic|anmeld|uwierzyteln|аутентиф|認証|验证|驗證", re.IGNORECASE)),
)  # fmt: skip
_DETAILS = WordedPattern(r"(?:\[details: |\bdetails=)(?P<details>.*)\]?", ("[details: ", "details="), re.DOTALL)
_FAULT_LEVELS = frozenset({"", "error", "eror", "warn", "warning", "crit", "critical", "fatal", "notificationerror"})
_NEAR_MS = 10
_MOST_CHARACTERS = 8 * 1024


class _Mattermost:
    """Reads Mattermost's log; see the module."""

    name = APP
    anchors = (
        "SMTP", "SendMail", "Connection unsuccessful", "sending mail", "email", "from address", "to address",
        "hello message", "HELO", "rate limit",
    )  # fmt: skip

    def read(self, record: Record) -> Iterable[Event]:
        """Return the failure or the beginning of a mail that `record` tells of."""
        text = record.text[:_MOST_CHARACTERS]
        entry = read_entry(text)
        if entry is None:
            return _read_pasted(record, text)
        if entry.time is not None:
            record = record.at(entry.time)
        if "plugin_id" in entry.fields:
            return ()
        if sending := _SENDING.match(entry.message):
            return (_started(record, entry, sending["to"] or entry.fields.get("to")),)
        if entry.level not in _FAULT_LEVELS:
            return ()
        return _read_fault(record, entry)


def _read_fault(record: Record, entry: Entry) -> tuple[Event, ...]:
    """An entry at level error or warn: about mail where message, stage or path of the request say so."""
    fields = entry.fields
    text = _error_text(entry)
    if _OWN_LIMIT.search(entry.message) and _is_about_invites(entry):
        failure = read_failure(f"Invite emails rate limited: {text}", app=APP)
        return (_failed(record, entry, failure, fields),)
    is_test = bool(_MAIL_PATH.search(fields.get("path", ""))) and "Connection" in entry.message
    is_sending = "SendMail" in text or fields.get("where") == "SendMail"
    stage = _STAGE.search(text)
    is_stage = stage is not None and not _AMBIGUOUS_STAGE.match(stage.group())
    if not (is_test or is_sending or is_stage or _is_mail_message(entry.message)):
        return ()
    return (_failed(record, entry, _failure(text), fields),)


def _is_about_invites(entry: Entry) -> bool:
    """Mattermost lets a user invite 20 people an hour; the same words may speak of its API's limit."""
    is_named = bool(_INVITES.search(entry.message + entry.fields.get("path", "")))
    return is_named or not {"team_id", "RetryAfter"}.isdisjoint(entry.fields)


def _is_mail_message(message: str) -> bool:
    return parse_parts(_MAIL_MESSAGE, message) is not None


def _error_text(entry: Entry) -> str:
    """The words that name stage and reason: the message, or the field that says more than it."""
    details = entry.fields.get("error") or entry.fields.get("err_details") or entry.fields.get("err") or ""
    if not details:
        return entry.message
    if _STAGE.search(entry.message) and (details in entry.message or not _STAGE.search(details)):
        return entry.message if details in entry.message else f"{entry.message}: {details}"
    return details


def _read_pasted(record: Record, text: str) -> tuple[Event, ...]:
    """What the System Console shows, or a part of a line; the words before "SendMail:" may be translated."""
    is_sending = "SendMail:" in text
    if not (is_sending or "Connection unsuccessful:" in text or _is_fragment(text)):
        return ()
    if not (is_sending or _STAGE.search(text) or _MAIL_REASON.search(text)):
        return ()  # the consoles of S3 and Elasticsearch test their connections with the same words
    failure = _failure(_without_console_tail(text))
    return (Event(EventKind.FAILED, APP, record, "mattermost-console", (_reason_key(failure.text),), failure=failure),)


def _is_fragment(text: str) -> bool:
    """Whether a text without head is Mattermost's: it begins with a stage, and no other program logs that."""
    if "[details:" in text:
        stage = _STAGE.search(text)
    else:
        head = text.lstrip(" \t>`*'\"")
        stage = _STAGE.compiled.match(head) if head[:1].isalpha() else None
    is_own = stage is not None and not _AMBIGUOUS_STAGE.match(stage.group())
    return is_own and "Nextcloud" not in text and "Swift" not in text and "authenticators" not in text


@cache
def _phase_of(stage: str) -> Phase:
    """The phase that a stage belongs to, of which there are a few dozens."""
    return next(phase for phase, words in _STAGES if re.match(words, f"{stage}: "))


@lru_cache(maxsize=256)
def _failure(text: str) -> Failure:
    """Read the text from its stage on; TLS errors of STARTTLS come out at the next stage, so they have none."""
    stage = _STAGE.search(text)
    if stage is None:
        details = _DETAILS.search(text)
        words = details["details"] if details else _UI_PREFIX.sub("", text)
        head = words.partition(",")[0]
        phase = next((phase for phase, translated in _TRANSLATED if translated.search(head)), None)
        return read_failure(words.strip() or text, app=APP, phase=phase)
    details = _DETAILS.search(text[stage.end() :])
    reason = details["details"].rstrip("]") if details else text[stage.end() :].lstrip(" .,:-")
    phase = _phase_of(stage.group())
    if _TLS_REASON.match(reason):
        # The result of StartTLS is thrown away: its error shows up at the next command (mail.go).
        phase = Phase.STARTTLS
    elif phase is Phase.CONNECT and reason and not re.match(r"dial |lookup |context deadline|.{0,60}timeout", reason):
        phase = Phase.GREETING
    return read_failure(_without_console_tail(text[stage.start() :]), app=APP, phase=phase)


def _without_console_tail(text: str) -> str:
    """The text without what the console puts behind it, and without the bracket that closes its details."""
    text = text.rstrip()
    return text.removesuffix(" - undefined") if text.endswith(" - undefined") else text.removesuffix("]")


def _failed(record: Record, entry: Entry, failure: Failure, fields: Mapping[str, str]) -> Event:
    is_mailers = bool(_MAILERS_LINE.search(entry.message))
    recipient = fields.get("user_email") or fields.get("email") or None
    keys = []
    if request := fields.get("request_id", "").strip("[]"):
        keys.append(f"request:{request}")
    if _LOGGED_TWICE.search(failure.text) or is_mailers:
        keys += _near_keys(record)
    if record.time:
        keys.append(f"at:{record.time.isoformat()}/{recipient or ''}/{_words_of(failure.text)[:120]}")
        if recipient:
            keys.append(_recipient_key(recipient, record))
    keys.append(_reason_key(failure.text))
    form = "mattermost-mailer" if is_mailers else "mattermost-error"
    return Event(EventKind.FAILED, APP, record, form, tuple(keys), failure=failure, recipient=recipient)


def _started(record: Record, entry: Entry, recipient: str | None) -> Event:
    keys = (_recipient_key(recipient, record),) if recipient and record.time else ()
    subject = entry.fields.get("subject")
    return Event(EventKind.STARTED, APP, record, "mattermost-sending", keys, mail=subject, recipient=recipient)


@lru_cache(maxsize=256)
def _reason_key(text: str) -> str:
    """Ties what the console showed to the line that was logged of the same test."""
    return f"reason:{_STAGE.compiled.sub('', _words_of(text), count=1)[:160]}"


@lru_cache(maxsize=256)
def _words_of(text: str) -> str:
    """What failed, to whom: the same wherever it is logged, however it is quoted there."""
    return flattened(text[:1000]).lower()


def _recipient_key(recipient: str, record: Record) -> str:
    assert record.time is not None
    return f"to:{recipient}/{int(record.time.timestamp()) // 20}"


def _near_keys(record: Record) -> list[str]:
    """Two keys, so that a line a few milliseconds later has one of them, on whichever side of a border it lies."""
    if record.time is None:
        return []
    if not record.time.microsecond:
        return [f"ms:{record.time.isoformat()}"]
    slot = int(record.time.timestamp() * 1000) // _NEAR_MS
    return [f"ms:{slot}", f"ms:{slot + 1}"]


GRAMMAR = _Mattermost()
