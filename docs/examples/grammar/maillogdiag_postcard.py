"""A grammar for Postcard, an application that does not exist.

It logs two lines about mail::

    postcard[INFO] mail 41 to ana@example.org handed over
    postcard[ERROR] mail 42 to ben@example.org failed: 535 5.7.8 bad credentials

line      := "postcard[" level "] mail " number " to " recipient " " ("handed over" | "failed: " error)
"""

from __future__ import annotations

from collections.abc import Iterable

import pyparsing as pp

from maillogdiag.events import Event, EventKind
from maillogdiag.failures import read_failure
from maillogdiag.records import Record

_NUMBER = pp.Regex(r"\d{1,12}")("number")
_RECIPIENT = pp.Regex(r"[^\s@]{1,64}@[^\s@]{1,255}")("recipient")
_OUTCOME = pp.Literal("handed over") | pp.Literal("failed:").suppress() + pp.Regex(r".+")("error")
_LINE = (
    pp.Regex(r"postcard\[[A-Z]{4,5}\] mail").suppress() + _NUMBER + pp.Literal("to").suppress() + _RECIPIENT + _OUTCOME
)


class PostcardGrammar:
    """Reads what Postcard logs about its mail."""

    name = "postcard"
    anchors = ("postcard[",)

    def read(self, record: Record) -> Iterable[Event]:
        """Return the event of a mail that was handed over or that failed; nothing for other lines."""
        try:
            parts = _LINE.parse_string(record.text)
        except pp.ParseException:
            return ()
        message = f"mail:{parts['number']}"
        failure = read_failure(parts["error"], app=self.name) if "error" in parts else None
        kind = EventKind.FAILED if failure else EventKind.ACCEPTED
        return (
            Event(
                kind=kind,
                app=self.name,
                record=record,
                form=f"postcard-{kind}",
                keys=(message,),
                message=message,
                failure=failure,
                recipient=parts["recipient"],
            ),
        )


GRAMMAR = PostcardGrammar()
