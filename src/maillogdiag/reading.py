"""What one log entry says, whatever stands around it; and what is counted of a source on the way.

Nothing here depends on the order of entries, so that the parts of a log can be read apart and put together again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from maillogdiag.anchors import Anchors
from maillogdiag.events import ABOUT_NO_MAIL, Event, EventKind
from maillogdiag.evidence import sample_of
from maillogdiag.expressions import expression
from maillogdiag.failures import CURLY_QUOTES
from maillogdiag.gate import Gate
from maillogdiag.grammars.bystanders import is_about_others, sends_none
from maillogdiag.grammars.interface import Grammar
from maillogdiag.records import Record
from maillogdiag.reports.excerpts import SAMPLE_CHARACTERS

# An entry that speaks of outgoing mail in trouble and that no grammar reads is shown as not understood.
_DELIVERY = [f"{deliver} {of}{mail}" for deliver in ("delivery", "delivering") for of in ("", "of ")
             for mail in ("mail", "email", "e-mail", "-mail")]  # fmt: skip
_MAIL_WORDS = ("smtp", "sendmail", "mail server", "mailer", *_DELIVERY)
_MAIL = expression(rf"smtp|sendmail|mail server|\bmailer\b|\b(?:{'|'.join(_DELIVERY)})", re.IGNORECASE)
_LIKELY = ("smtp", "sendmail", "mail server", "mailer", "deliver")
_TROUBLE = expression(r"error|exception|refused|timed out|denied|reject|bounced|deferred|fail(?:ed|ure)", re.IGNORECASE)
_SAMPLES = 3
# A forum made it of the quotation marks of a hash.
_CURLY_KEY = expression(r"\{ {0,2}[\u201c\u201e]\w")
_NUMBER = expression(r"[0-9a-f]*\d[0-9a-f]*")


@dataclass(slots=True)
class Counts:
    """What is counted of a source, or of a part of one, while it is read; parts are added up in their order."""

    lines: int = 0
    records: int = 0
    mail_records: int = 0
    not_understood: int = 0
    samples: list[str] = field(default_factory=list)
    kinds: set[EventKind] = field(default_factory=set)

    def count(self, record: Record, events: Iterable[Event]) -> None:
        """Count an entry that tells of `events`."""
        kinds = [event.kind for event in events if event.kind not in ABOUT_NO_MAIL]
        self.records += 1 if kinds else record.lines
        self.mail_records += bool(kinds)
        self.kinds.update(kinds)

    def count_routine(self, events: Sequence[Event]) -> None:
        """Count entries of which each tells of one event."""
        kinds = [event.kind for event in events if event.kind not in ABOUT_NO_MAIL]
        self.records += len(events)
        self.mail_records += len(kinds)
        self.kinds.update(kinds)

    def sample(self, text: str) -> None:
        """Keep the beginning of an entry that was not understood, once where only its numbers differ."""
        if len(self.samples) == _SAMPLES:
            return
        kept = sample_of(text)
        if _shape(kept) not in map(_shape, self.samples):
            self.samples.append(kept)

    def add(self, other: Counts) -> None:
        """Add what was counted behind it."""
        self.lines += other.lines
        self.records += other.records
        self.mail_records += other.mail_records
        self.not_understood += other.not_understood
        self.kinds |= other.kinds
        for text in other.samples:
            self.sample(text)


def _shape(sample: str) -> str:
    return _NUMBER.sub("0", sample[:SAMPLE_CHARACTERS])


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads records.

    Args:
        grammars: in the order in which they are asked; the first that reads a record has it.
        gated: whether lines are sifted and anchors tested first; off only to prove that this changes nothing.
    """

    grammars: Sequence[Grammar]
    gated: bool = True
    _anchors: Anchors = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_anchors", Anchors(self.grammars))

    def gate(self, sample: bytes = b"") -> Gate | None:
        """Return a gate for one source; see `Gate`."""
        anchors = [anchor for grammar in self.grammars for anchor in grammar.anchors]
        dull = [
            phrase
            for grammar in self.grammars
            for phrase in getattr(grammar, "dull", ())
            if self._owns(grammar, phrase)
        ]
        routines = [line for grammar in self.grammars for line in getattr(grammar, "routines", ())]
        return Gate(anchors, _MAIL_WORDS, dull, routines, sample) if self.gated else None

    def _owns(self, grammar: Grammar, phrase: str) -> bool:
        """Whether no other grammar has an anchor that `phrase` begins with: it may mean something to that one."""
        others = (anchor for other in self.grammars if other is not grammar for anchor in other.anchors)
        return not any(map(phrase.startswith, others))

    def read(self, record: Record, counts: Counts) -> Sequence[Event]:
        """Return what a record says, and count it; its time is as yet that of its own envelope or text.

        Of an entry that says nothing of mail each line counts as one, since the gate, which holds most of them back,
        cannot tell better: so the number does not depend on what it held back.
        """
        if record.is_routine:
            return self._read_routine(record, counts)
        if sends_none(record.process):
            counts.records += record.lines
            return ()
        text = record.text
        if not text.isascii() and _CURLY_KEY.search(text):
            straight = self.read(record._replace(text=text.translate(CURLY_QUOTES)), counts)
            return [event._replace(record=event.record._replace(text=text)) for event in straight]
        for grammar in self._anchors.grammars_for(text) if self.gated else self.grammars:
            if events := tuple(grammar.read(record)):
                counts.count(record, events)
                return events
        # Plain words first: that is many times as fast.
        lower = text.lower()
        is_likely = any(word in lower for word in _LIKELY)
        is_mail = is_likely and _MAIL.search(text) and _TROUBLE.search(text)
        if is_mail and not is_about_others(text):
            counts.records += 1
            counts.not_understood += 1
            counts.sample(text)
        else:
            counts.records += record.lines
        return ()

    def _read_routine(self, record: Record, counts: Counts) -> Sequence[Event]:
        """Read lines of which each is an entry.

        What no grammar before has an anchor in, none of these has in any of the lines.
        """
        grammar = self._anchors.first_for(record.text)
        read_routine: Callable[[Record], Sequence[Event]] | None = getattr(grammar, "read_routine", None)
        if read_routine and (events := read_routine(record)):
            counts.count_routine(events)
            return events
        return [event for line in record.apart() for event in self.read(line, counts)]
