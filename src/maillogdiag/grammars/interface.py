"""What a grammar is: one application's log language, as a plug-in.

Another package adds its own through the entry point group `maillogdiag.grammars`; see docs/write-a-grammar.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from maillogdiag.events import Event
from maillogdiag.records import Record


class Grammar(Protocol):
    """Reads the records of one application (or framework, or MTA) into events.

    Attributes:
        name: the name `--app` takes, e.g. "mastodon".
        anchors: literals, case-sensitive, without line breaks. A record that this grammar can read holds at least one
            of them; `read` is not called for others. They keep pyparsing away from the bulk of a log. In a big log
            ":25" is none where it is a part of a time.

    It may also have

        dull: literals that begin with an anchor, which means nothing there. A line of a big log that holds no other
            anchor is not read for it.
        routines: regular expressions (bytes) of whole lines, each an entry that is written of every mail that goes
            well. Where such lines follow each other they are quicker to read. No group of theirs has a name or is
            referred to, and no flag stands in them.
        read_routine: takes a record of such lines, which `Record.apart` tells apart; returns one event for each of
            them, what `read` returns for it, or nothing where one of them tells something else.
    """

    name: str
    anchors: tuple[str, ...]

    def read(self, record: Record) -> Iterable[Event]:
        """Return what the record says about outgoing mail; nothing where it is about something else.

        Must not raise on any text, and keeps no state from record to record.
        """
        ...
