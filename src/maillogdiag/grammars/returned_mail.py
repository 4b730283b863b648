"""A mail that came back: what Postfix says of each recipient, and the delivery status that mail servers add to it.

    returned := "<" address ">" [" (expanded from <" address ">)"] ": " reason
    status   := {"Reporting-MTA: " … | "X-Postfix-…: " …} {recipient}
    recipient := "Final-Recipient: " type ";" address, "Action: " …, "Status: " …, "Diagnostic-Code: " type ";" words

Both tell of the same recipients in other words, and often stand in one text: each recipient is one try.
Sources: Postfix, src/bounce/bounce_notify_util.c; RFC 3464 section 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from maillogdiag.events import Event, EventKind
from maillogdiag.expressions import expression
from maillogdiag.failures import flattened, read_failure
from maillogdiag.records import Record

_POSTFIX, _ANY = "postfix", "any"
_MOST_CHARACTERS = 16 * 1024

# What Postfix gives as reason where no server replied, up to where it differs.
_REASONS = (
    "connect to", "lost connection with", "conversation with", "Host or domain name", "Name service error",
    "unknown user:", "user unknown", "mail for", "mail forwarding loop", "delivery temporarily suspended",
    "SASL authentication failed", "Cannot start TLS", "TLS is required", "Server certificate", "Command died",
    "Command time limit", "cannot update", "cannot append", "maildir delivery failed", "message size",
    "bad address syntax", "unknown mail transport", "mail transport unavailable", "service unavailable",
)  # fmt: skip
_RETURNED = expression(
    r"<(?P<to>[^<>\s]{1,320})>(?:\s{1,8}\(expanded\s+from <[^<>]{1,320}>\))?:\s{1,8}"
    r"(?P<reason>host\s+\S{1,300}\s+(?:said:|refused\s)|"
    + "|".join(r"\s+".join(reason.split()) for reason in _REASONS)
    + ")"
)
_FIELD = expression(r"(?P<name>[A-Z][A-Za-z-]{1,40}): ?(?P<value>[^\n]{0,4000})")
_FOLD = expression(r"\n[ \t]{1,40}")
_RECIPIENT = expression(r"\n(?=Final-Recipient:)")
_TYPE = expression(r"[\w-]{1,30}\s?; ?")
_ENHANCED = expression(r"[45]\.\d{1,3}\.\d{1,3}")
_REPLY = expression(r"[45]\d\d[ -].*?(?= \(in reply|$)")
_SAID_CHARACTERS = 60


class _ReturnedMail:
    """Reads what came back with a mail; see the module."""

    name = "returned-mail"
    anchors = (
        ">:", "(expanded ", "Final-Recipient:", "Diagnostic-Code:",
        *dict.fromkeys(f">: {reason.split()[0]}" for reason in _REASONS),
    )  # fmt: skip

    def read(self, record: Record) -> Iterable[Event]:
        """Return one failed try for each recipient that `record` tells of."""
        text = record.text[:_MOST_CHARACTERS].strip()
        if returned := _RETURNED.match(text):
            return (_event(record, "returned-text", _POSTFIX, returned["to"], text[returned.start("reason") :]),)
        if "Diagnostic-Code:" in text or "Final-Recipient:" in text:
            return _read_status(record, _FOLD.sub(" ", text))
        return ()


def _read_status(record: Record, text: str) -> Iterator[Event]:
    app = _POSTFIX if "X-Postfix" in text else _ANY
    for part in _RECIPIENT.split(text):
        fields = {found["name"]: found["value"].strip() for found in _FIELD.finditer(part)}
        status, words = fields.get("Status", "")[:12], fields.get("Diagnostic-Code", "")
        if fields.get("Action", "failed").lower() in ("failed", "delayed") and (words or status[:1] in ("4", "5")):
            recipient = _TYPE.sub("", fields.get("Final-Recipient", ""), count=1) or None
            yield _event(record, "returned-status", app, recipient, _TYPE.sub("", words, count=1) or status, status)


def _event(record: Record, form: str, app: str, recipient: str | None, words: str, status: str = "") -> Event:
    failure = read_failure(words, app=app)
    if failure.enhanced is None and _ENHANCED.fullmatch(status):
        failure = failure._replace(enhanced=status)
    said = flattened(words)
    reply = _REPLY.search(said)
    # A status that was copied without its address is told from another one's by the server's words alone.
    keys: tuple[str, ...] = (f"same:returned/{(reply[0] if reply else said)[:_SAID_CHARACTERS]}",)
    if recipient:
        keys = (f"returned:{record.place.source}/{recipient}", *keys)
    return Event(EventKind.FAILED, app, record, form, keys, failure=failure, recipient=recipient)


GRAMMAR = _ReturnedMail()
