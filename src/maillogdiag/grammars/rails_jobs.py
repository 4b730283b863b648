"""Which background jobs send mail, and what a logged job tells about its mail.

Decided by class, queue and arguments, never by the words of an error: time-outs of federation or webhooks look the
same as those of mail.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple

from maillogdiag.expressions import expression
from maillogdiag.grammars.worded import WordedPattern
from maillogdiag.records import Record


class SendsMail(Enum):
    """How surely a job sends mail."""

    YES = auto()  # ActionMailer's own job, a mailer, or a queue for nothing else
    MAYBE = auto()  # an application's own class with "mail" in its name
    UNKNOWN = auto()  # no job is named
    NO = auto()  # a job for something else; mail is sent in it only where the exception proves it


class Job(NamedTuple):
    """A background job as logged.

    Args:
        name: class of the job, ActiveJob's rather than its adapter's wrapper.
        queue: queue it came from.
        jid: Sidekiq's id.
        job_id: ActiveJob's id.
        mail: "UserMailer#welcome", where the arguments say it.
        error: `Class: message` in the hash. Up to Sidekiq 4 that of this try, from 5 on that of the try before.
    """

    name: str | None = None
    queue: str | None = None
    jid: str | None = None
    job_id: str | None = None
    mail: str | None = None
    error: str | None = None

    @property
    def sends_mail(self) -> SendsMail:
        """How surely it is about outgoing mail."""
        return SendsMail.YES if self.mail else sends_mail(self.name or "", self.queue or "")


@lru_cache(maxsize=1024)
def sends_mail(name: str, queue: str = "") -> SendsMail:
    """Return how surely a job of this class, from this queue, is about outgoing mail."""
    if not name and not queue:
        return SendsMail.UNKNOWN
    if _CERTAIN.search(name):
        return SendsMail.YES
    words = f"{name} {queue}"
    if not _MAIL.search(words) or _INCOMING.search(words):
        return SendsMail.NO
    return SendsMail.YES if _MAIL_QUEUE.match(queue) else SendsMail.MAYBE


_CERTAIN = expression(
    r"Mailer(?!lite)|MailDeliver|Deliver\w{0,30}E?[Mm]ail|EmailDeliver|Devise::Async|EmailsOnPush|DigestE?[Mm]ail"
    r"|Send\w{0,30}E?[Mm]ail"
)
_MAIL_QUEUE = expression(r"mailers?|e?mails?$|mailing")
_MAIL = expression(r"mail", re.IGNORECASE)
_INCOMING = expression(
    r"incoming|inbound|receiv|mail_?box|imap|fetch|mail_?room|poll|process_?e?mail|routing|incinerat|reply_?by"
    r"|chimp|domain|valid|verif|block|import|sync",
    re.IGNORECASE,
)

_FIELD = expression(
    r'"(?=[cejqw])(class|error_(?:class|message)|j(?:id|ob_class|ob_id)|queue(?:_name)?|wrapped)"\s{0,2}(?::|=>)\s{0,2}'
    r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"?'
)
_MOST_CHARACTERS_OF_ONE = 4000
_ARGUMENTS = WordedPattern(
    r'(?:"arguments"\s{0,2}(?::|=>)\s{0,2}\[|with arguments: |arguments: \[)\s{0,2}'
    r'"(?P<mailer>[A-Z][\w:]{0,120})",\s{0,2}"(?P<mail>\w{1,120}[!?]?)",\s{0,2}"deliver_now!?"',
    ('"deliver_now',),
)
_YAML_ARGUMENTS = WordedPattern(
    r"!ruby/class '(?P<mailer>[A-Z][\w:]{0,120})'(?:\\n|\s){0,4}- :(?P<mail>\w{1,120})", ("!ruby/class '",)
)
_MAILER_METHOD = WordedPattern(
    r"\b(?P<mailer>(?:[A-Z]\w{0,60}::)?[A-Z]?\w{0,60}Mailer)#(?P<mail>\w{1,120})", ("Mailer#",)
)
_ESCAPES = {"\\n": "\n", '\\"': '"', "\\\\": "\\", "\\u003c": "<", "\\u003e": ">", "\\/": "/"}
_ESCAPE = expression(r'\\(?:u003[ce]|[n"\\/])')


@lru_cache(maxsize=8)
def read_job(text: str) -> Job:
    """Read a job hash, as JSON or as Ruby prints it, whole or cut: `{"class" => "X", "queue" => "mailers", …}`.

    Sidekiq 5 and 6 repeat the hash as `jobstr`; the first value of a field counts.
    """
    fields = {key: unescape(value[:_MOST_CHARACTERS_OF_ONE]) for key, value in reversed(_FIELD.findall(text))}
    wrapped = fields.get("wrapped") or fields.get("job_class")
    error = fields.get("error_message", "")
    return Job(
        name=wrapped or fields.get("class"),
        queue=fields.get("queue") or fields.get("queue_name"),
        jid=fields.get("jid"),
        job_id=fields.get("job_id"),
        mail=mail_in(text),
        error=f"{fields['error_class']}: {error}" if "error_class" in fields else error or None,
    )


def mail_in(text: str) -> str | None:
    """Return which mail a job's arguments name, as "UserMailer#welcome"."""
    for pattern in (_ARGUMENTS, _YAML_ARGUMENTS, _MAILER_METHOD):
        if found := pattern.search(text):
            return f"{found['mailer']}#{found['mail']}"
    return None


def unescape(text: str) -> str:
    """Undo the escapes of a JSON or Ruby string, as far as they matter to an error text."""
    return _ESCAPE.sub(lambda found: _ESCAPES[found[0]], text) if "\\" in text else text


_OTHER_GLOBAL_ID = expression(r"gid://(?!mastodon/)")
_MASTODON_MAILERS = WordedPattern(
    r"\b(?:UserMailer|NotificationMailer|AdminMailer|EmailSubscriptionMailer)\b",
    ("UserMailer", "NotificationMailer", "AdminMailer", "EmailSubscriptionMailer"),
)


def app_of(record: Record) -> str:
    """Return "mastodon" where the record shows it, else "rails"."""
    text = record.text[:16_384]
    if _is_mastodons(record.unit, record.process, record.host) or "mastodon" in text or "Mastodon::" in text:
        return "mastodon"
    on_mailers = "(mailers)" in text or '"mailers"' in text
    is_mastodon = on_mailers and _MASTODON_MAILERS.search(text) and not _OTHER_GLOBAL_ID.search(text)
    return "mastodon" if is_mastodon else "rails"


@lru_cache(maxsize=256)
def _is_mastodons(unit: str | None, process: str | None, host: str | None) -> bool:
    return any("mastodon" in name for name in (unit, process, host) if name)
