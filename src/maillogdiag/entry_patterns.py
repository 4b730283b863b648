"""What stands before an entry's text and what it begins with, so that where one ends is certain; for the gate."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from maillogdiag.envelopes.containers import NO_CONTAINERS
from maillogdiag.envelopes.iso import LEVEL
from maillogdiag.envelopes.syslog import FACILITY
from maillogdiag.records import Kind

# Lines of a routine that pass together.
_MOST_ROUTINE = 100

Span = tuple[int, int, Kind]
"""Where it begins and ends, and what it is."""


class Envelope(NamedTuple):
    """The patterns of what stands before a line's text: the writer, what is before it, and what is behind it."""

    before: bytes
    writer: bytes
    behind: bytes

    @property
    def pattern(self) -> bytes:
        """All of it; its group "writer" tells the writer."""
        return self.before + b"(?P<writer>" + self.writer + b")" + self.behind

    @property
    def head(self) -> bytes:
        """What lines begin with, as `scanner_of` takes it."""
        if not any(self):
            return HEAD
        return self.before + b"(?P<kept>" + self.writer + b")" + self.behind + b"(?:" + HEAD + b")?"


_WRITER = rb"[\w.:-]{1,255} [\w/.@-]{1,100}(?:\[\d{1,10}\])?"
_SYSLOG = (
    rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,9})? "
    rb"(?!" + FACILITY.encode() + rb"|\d{4} )"
)
_ISO = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
_ISO_SYSLOG = _ISO + rb"(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d) (?!" + LEVEL.encode() + rb"\s)"
_COMPOSE = rb"(?!(?i:" + "|".join(NO_CONTAINERS).encode() + rb")\b)"
_CONTAINER, _BAR = rb"[A-Za-z0-9][\w.-]{0,120}", rb" {1,80}\| "
# So many digits are a container runtime's.
_STAMP = _ISO + rb"\.\d{7,9}Z "
# By the names that the peeler has for them.
ENVELOPES = {
    "plain": Envelope(b"", b"", b""),
    "syslog": Envelope(_SYSLOG, _WRITER, b": "),
    "syslog with ISO times": Envelope(_ISO_SYSLOG, _WRITER, b": "),
    "docker compose": Envelope(_COMPOSE, _CONTAINER, _BAR),
    "docker compose, timestamps": Envelope(_COMPOSE, _CONTAINER, _BAR + _STAMP),
    "timestamps": Envelope(_STAMP, b"", b""),
}
# A journal's entry is searched as a line; who wrote it is found out apart.
ENTRY = {"journal": Envelope(b"", b"", b"\x1e")}
# What begins an entry whatever stands before it, and is no envelope; up to the end of its time. A part of what
# `maillogdiag.continuation` takes for a head.
HEAD = (
    rb"(?:\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d\.\d{3}Z (?=pid=\d{1,8} tid=|\d{1,8} TID-\w{1,32} )"  # Sidekiq
    rb"| \d\d:\d\d:\d\d[.,]\d{3} )"  # Zulip, Python's logging
    rb"|[A-Z], \[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9} "  # Ruby's Logger
    rb"|(?=\[ActiveJob\] |\[[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\] [^ |s])"  # Rails' tags
    rb"|\{\"timestamp\":\"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} |(?=\{\"(?:level|ts|msg)\":))"  # Mattermost
)

# Lines behind the first one of an entry that have no envelope for certain.
_NO_ENVELOPE = (
    rb"[\s/)]"  # code, frames, and what closes a reply
    rb"|(?:Traceback|Stack) \(most recent call last\):"
    rb"|(?:[a-z_]{1,40}(?:\.\w{1,60}){1,4}|[A-Z]\w{1,60}(?=:))(?::[ \n]|\n)"  # Python's exceptions
)


class Patterns:
    """The lines of a source.

    Args:
        envelope: the usual one.
        routines: as `Gate` takes them.

    Attributes:
        line: any line. The group "writer" where it has the usual envelope, "head" where a head is behind that.
        heads: lines that have both.
        entry: an entry that ends for certain where it does, or several of a routine. The group "head" ends where the
            first one's head does.
    """

    def __init__(self, envelope: Envelope, routines: Sequence[bytes]) -> None:
        usual, rest = envelope.pattern, rb"[^\n]*+\n"
        same = envelope.before + b"(?P=writer)" + envelope.behind
        further = same if any(envelope) else rb"(?=" + _NO_ENVELOPE + rb")"
        run = rb"(?:%b)\n(?:(?P=envelope)(?:%b)\n){,%d}"
        runs = rb"|".join(run % (line, line, _MOST_ROUTINE) for line in routines) or rb"(?!)"
        self.line = re.compile(rb"(?:" + usual + rb"(?P<head>" + HEAD + rb")?)?" + rest + rb"?")
        self.heads = re.compile(rb"(?:" + usual + HEAD + rest + rb")*+")
        self.entry = re.compile(
            rb"(?P<envelope>" + usual + rb")(?=(?P<head>" + HEAD + rb"))"
            rb"(?:(?P<routine>" + runs + rb")|" + rest + rb"(?:" + further + rest + rb")*?)"
            # Where the same writer's next line has a head it is certain that the entry before it is over.
            rb"(?=" + same + HEAD + rb")"
        )


def kind_of(entry: re.Match[bytes]) -> Kind:
    """Return what `Patterns.entry` found."""
    return "routine" if entry.lastgroup == "routine" else "entry"
