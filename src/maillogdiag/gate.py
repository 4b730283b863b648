"""The gate before the envelopes: of a big log it lets through the lines that may matter, and counts the others.

Those that matter hold a word that grammars look for, or a sign that a stage on the way acts upon; and with them goes
every line that may be of one entry with them. Where an entry begins is certain: behind the source's usual envelope
stands a known time or head. So the report is the same as without the gate.

The words are searched for in big blocks by hyperscan, all at once; one by one they would take as long as reading
every line. Without that package (`pip install 'maillogdiag[fast]'`) there is no gate.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import chain, islice
from typing import Any, NamedTuple

from maillogdiag.envelopes import Peeler, writer_of
from maillogdiag.envelopes.containers import NO_CONTAINERS
from maillogdiag.envelopes.iso import LEVEL
from maillogdiag.envelopes.syslog import FACILITY
from maillogdiag.joining import WINDOW

# Longer than any envelope but a JSON object, of which this much is none.
_MOST_ENVELOPE_BYTES = 64 * 1024
# For envelopes that are only looked for.
_SOME_TIME = datetime(2000, 1, 1, tzinfo=UTC)
# A log that is over before so much of it was read is not worth a gate; the beginning tells the usual envelope.
_SAMPLE_BYTES = 256 * 1024
# Unpacked data comes in small portions; fewer bytes are not worth a decision.
_LEAST_BYTES = 128 * 1024
# So many lines without a line break that nothing can be decided on them: let them pass.
_MOST_UNDECIDED_BYTES = 8 * 1024 * 1024
# A gate that lets most lines through only costs time; it stays open for so many bytes.
_OPEN_BYTES = 16 * 1024 * 1024
# What envelopes and cleaners act upon: tail's headers, colours, links, rsyslog's escapes, holes, JSON around lines,
# journalctl's sign for a message it does not show.
_SIGNS = ("==> ", "\x1b", "^[[", "#033[", "[0m", "](http", "#01", "\0", '"__REALTIME_TIMESTAMP"', '"log":', "blob data")

_SYSLOG = (
    rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,9})? "
    rb"(?!" + FACILITY.encode() + rb"|\d{4} )(?P<writer>[\w.:-]{1,255} [\w/.@-]{1,100}(?:\[\d{1,10}\])?): "
)
_ISO = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
_ISO_SYSLOG = (
    _ISO + rb"(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d) (?!" + LEVEL.encode() + rb"\s)"
    rb"(?P<writer>[\w.:-]{1,255} [\w/.@-]{1,100}(?:\[\d{1,10}\])?): "
)
_COMPOSE = rb"(?!(?i:" + "|".join(NO_CONTAINERS).encode() + rb")\b)(?P<writer>[A-Za-z0-9][\w.-]{0,120}) {1,80}\| "
# So many digits are a container runtime's.
_STAMP = _ISO + rb"\.\d{7,9}Z "
# By the names that the peeler has for them.
_ENVELOPES = {
    "plain": b"",
    "syslog": _SYSLOG,
    "syslog with ISO times": _ISO_SYSLOG,
    "docker compose": _COMPOSE,
    "docker compose, timestamps": _COMPOSE + _STAMP,
    "timestamps": _STAMP + rb"(?P<writer>)",
}
# A journal's entry is searched as a line with its number before it.
_ENTRY = {"journal": rb"(?P<writer>\d{1,20})\x1e"}
# What begins an entry whatever stands before it, and is no envelope; up to the end of its time. A part of what
# `maillogdiag.continuation` takes for a head.
_HEAD = (
    rb"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?=pid=\d{1,8} tid=|\d{1,8} TID-\w{1,32} )"  # Sidekiq
    rb"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d{3} "  # Zulip, Python's logging
    rb"|[A-Z], \[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9} "  # Ruby's Logger
    rb"|\{\"(?:timestamp\":\"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} |(?:level|ts|msg)\":))"  # Mattermost
)

OFTEN = ": done"
"""What a worker writes of each job it did. That it is at work is seen by one line as well as by all: of these lines
only the last one of each block is let through."""

Scanner = Callable[[bytes], list[int]]


class Batch(NamedTuple):
    """Entries of a journal that follow each other.

    Args:
        messages: their messages, None where an entry has none.
        fields: returns all fields of an entry by its index; to read these takes longer than to read its message.
    """

    messages: Sequence[bytes | None]
    fields: Callable[[int], Mapping[str, object]]


class Gate:
    """Sifts the lines of one source.

    Args:
        words: literals, case-sensitive; a line that holds one is let through.
        caseless: likewise, without regard to case.
        sample: the log's beginning, where only a part behind it is sifted; it tells the usual envelope.

    Attributes:
        skipped: how many lines were held back, each an entry of its own.
        format: their envelope's name.
    """

    def __init__(self, words: Iterable[str], caseless: Iterable[str], sample: bytes = b"") -> None:
        self.skipped = 0
        self.format = "plain"
        self._words = tuple(word for word in words if word != OFTEN)
        self._caseless = tuple(caseless)
        self._sample = sample
        self._open_bytes = 0
        self._decided = 0
        self._writer: Callable[[bytes], bytes] = bytes

    def sift(
        self, blocks: Iterable[bytes], before: bytes = b"", open_blocks: Iterable[bytes] | None = None
    ) -> Iterator[tuple[int, bytes]]:
        """Yield the lines to look at with their numbers, from 1, in order.

        Args:
            blocks: the source's bytes, each block of whole lines.
            before: lines before a part of it; they were let through.
            open_blocks: what follows a part, and is let through.
        """
        return self._sift(blocks, _ENVELOPES, before, open_blocks)

    def sift_entries(self, batches: Iterable[Batch]) -> Iterator[tuple[int, Mapping[str, object]]]:
        """Yield the entries of a journal to look at with their numbers, from 1, in order."""
        # With the number of each one's first entry. The last ones that are decided help to decide on those that follow.
        held: deque[tuple[int, Batch]] = deque()
        writers: dict[bytes, bytes] = {}

        def entry(number: int) -> Mapping[str, object]:
            at = -1
            while held[at][0] > number:
                at -= 1
            first, batch = held[at]
            return batch.fields(number - first)

        def writer(number: bytes) -> bytes:
            if number not in writers:
                writers[number] = writer_of(entry(int(number)))
            return writers[number]

        def blocks() -> Iterator[bytes]:
            """The messages as lines, their numbers before them."""
            first = 1
            for messages, fields in batches:
                while len(held) > 1 and held[1][0] < self._decided - WINDOW - 1:
                    held.popleft()
                    writers.clear()
                held.append((first, Batch(messages, cache(fields))))
                yield b"".join([b"%d\x1e%b\n" % line for line in enumerate(map(_as_line, messages), start=first)])
                first += len(messages)

        self._writer = writer
        for number, _ in self._sift(blocks(), _ENTRY):
            yield number, entry(number)

    def _sift(
        self,
        blocks: Iterable[bytes],
        envelopes: Mapping[str, bytes],
        before: bytes = b"",
        open_blocks: Iterable[bytes] | None = None,
    ) -> Iterator[tuple[int, bytes]]:
        number, seen_bytes = 0, 0
        scanner = self._open(self._sample, envelopes) if self._sample else None
        # What is not decided yet, behind the last lines that are, of which some were let through.
        text, begin, passed = _context(before, len(before), _starts(before))
        for block in blocks:
            if scanner is None:
                yield from numbered([block], number)
                number += block.count(b"\n")
                self._decided = number
                if not self._sample and seen_bytes <= _SAMPLE_BYTES:
                    seen_bytes += len(block)
                    scanner = self._open(block, envelopes) if seen_bytes > _SAMPLE_BYTES else None
                    text, begin, passed = _context(block, len(block), _starts(block))
                continue
            text += block
            if len(text) - begin < _LEAST_BYTES:
                continue
            # What a line is followed by decides on it, too: the last lines wait for the next block.
            end = _start_of_last_lines(text, len(text))
            if end <= begin and len(text) - begin > _MOST_UNDECIDED_BYTES:
                end, self._open_bytes = len(text), _OPEN_BYTES
            if end > begin:
                passed = self._passing(text, begin, end, passed, scanner)
                yield from self._count(text, begin, end, passed, number)
                number += text.count(b"\n", begin, end)
                self._decided = number
                text, begin, passed = _context(text, end, passed)
        end = begin
        if scanner is not None:
            end = len(text) if open_blocks is None else max(begin, _start_of_last_lines(text, len(text)))
            passed = self._passing(text, begin, end, passed, scanner)
            yield from self._count(text, begin, end, passed, number)
            number += text.count(b"\n", begin, end)
        if open_blocks is not None:
            yield from numbered(chain([text[end:]], open_blocks), number)

    def _open(self, sample: bytes, envelopes: Mapping[str, bytes]) -> Scanner | None:
        """Find out the source's usual envelope; return what searches for the words, None where nothing can."""
        usual = {name: len(re.findall(rb"(?m)^" + envelope + _HEAD, sample)) for name, envelope in envelopes.items()}
        self.format = max(usual, key=lambda name: usual[name])
        if not usual[self.format]:
            return None
        envelope = envelopes[self.format]
        self._envelope = re.compile(envelope) if envelope else None
        self._head = re.compile(envelope + _HEAD)
        return _scanner(self._words, self._caseless)

    def _count(
        self, text: bytes, begin: int, end: int, passed: Iterable[int], number: int
    ) -> Iterator[tuple[int, bytes]]:
        """Yield the lines between `begin` and `end` that are let through; `number` lines stand before them."""
        before, at, kept = number, begin, 0
        for start in passed:
            if begin <= start < end:
                number += text.count(b"\n", at, start)
                at = start
                kept += 1
                yield number + 1, text[start : text.find(b"\n", start) + 1 or len(text)]
        number += text.count(b"\n", at, end) + (end > begin and text[end - 1 : end] != b"\n")
        self.skipped += number - before - kept
        if self._open_bytes > 0:
            self._open_bytes -= end - begin
        elif kept > (number - before) / 2:
            self._open_bytes = _OPEN_BYTES

    def _passing(self, text: bytes, begin: int, end: int, passed: Iterable[int], scanner: Scanner) -> list[int]:
        """Return where the lines begin that are let through, in order.

        Args:
            text: lines that are decided, up to `begin`; lines to decide, up to `end`; and those that follow.
            passed: those of the decided ones that were let through.
        """
        if self._open_bytes > 0:
            return _starts(text)
        keep: dict[int, bool] = {}
        for start in passed:  # their entries may go on
            if not keep.get(start):
                self._keep_entry(text, start, is_head=self._head.match(text, start) is not None, keep=keep)
        line_end = begin - 1
        for hit in scanner(text):
            if hit <= line_end:
                continue
            start = text.rfind(b"\n", 0, hit - 1) + 1
            head = self._head.match(text, start)
            if head and hit <= head.end():  # in the envelope or the time, where ":25" is no port
                continue
            line_end = text.find(b"\n", hit - 1)
            if not keep.get(start):
                self._keep_entry(text, start, is_head=head is not None, keep=keep)
            if line_end < 0:
                break
        if (last := text.rfind(OFTEN.encode())) >= 0:
            start = text.rfind(b"\n", 0, last) + 1
            if not keep.get(start):
                self._keep_entry(text, start, is_head=self._head.match(text, start) is not None, keep=keep)
        for start in _starts(text, end):  # a word may stand in what follows them
            if not self._head.match(text, start):
                self._keep_beginning(text, start, keep)
        return sorted(keep)

    def _keep_entry(self, text: bytes, start: int, *, is_head: bool, keep: dict[int, bool]) -> None:
        """Add the line at `start`, and all that may be of one entry with it.

        Args:
            keep: where the lines begin that are let through, with whether those behind that are of the same entry
                were added, too.
        """
        keep[start] = True
        if not is_head:
            self._keep_beginning(text, start, keep)
        writer = self._writer_of(text, start)
        at, left = text.find(b"\n", start) + 1, WINDOW + 1
        while at and at < len(text) and left:
            own = self._writer_of(text, at)
            if self._head.match(text, at):
                if own == writer:
                    return
                left -= 1
            else:
                keep[at] = keep.get(at, False) or own == writer
                self._keep_beginning(text, at, keep)
                left = WINDOW + 1
            at = text.find(b"\n", at) + 1

    def _keep_beginning(self, text: bytes, start: int, keep: dict[int, bool]) -> None:
        """Add the lines of which the one at `start` may be the continuation, up to where an entry begins."""
        unsure = [start]
        while unsure:
            for line in self._continued_by(text, unsure.pop()):
                if line not in keep:
                    keep[line] = False
                    if not self._head.match(text, line):
                        unsure.append(line)

    def _writer_of(self, text: bytes, start: int) -> bytes | None:
        """Return who wrote a line; None where that is not certain, since it has not the usual envelope."""
        if self._envelope is None:
            return None if self._has_envelope(text, start) else b""
        found = self._envelope.match(text, start)
        return self._writer(found["writer"]) if found else None

    def _has_envelope(self, text: bytes, start: int) -> bool:
        if self._head.match(text, start) or text[start : start + 1].isspace():
            return False
        end = text.find(b"\n", start, start + _MOST_ENVELOPE_BYTES)
        line = text[start : end if end >= 0 else start + _MOST_ENVELOPE_BYTES].decode("utf-8", "replace")
        peeled = Peeler(_SOME_TIME).peel(line)
        return peeled is None or peeled.format != "plain"

    def _continued_by(self, text: bytes, start: int) -> list[int]:
        """Return where the lines begin of which the one at `start` may be the continuation."""
        before = _lines_before(text, start)
        own = self._writer_of(text, start)
        if text[start : start + 1].isspace() or (self._envelope is None and own is not None):
            return list(islice(before, 1))
        if own is None:
            return list(before)
        for line in before:
            if self._writer_of(text, line) == own:
                return [line]
        return []


def numbered(blocks: Iterable[bytes], number: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield all lines with their numbers; `number` lines stand before the first."""
    for block in blocks:
        lines = block.split(b"\n")
        if not lines[-1]:
            del lines[-1]
        yield from enumerate(lines, start=number + 1)
        number += len(lines)


def _as_line(message: bytes | None) -> bytes:
    """A message as one line; zero bytes stand for what a line cannot hold, and let it through."""
    return b"\0" if message is None else message.replace(b"\n", b"\0")


def _starts(text: bytes, begin: int = 0) -> list[int]:
    """Return where the lines begin, from the one that begins at `begin`."""
    starts = []
    while begin < len(text):
        starts.append(begin)
        begin = text.find(b"\n", begin) + 1 or len(text)
    return starts


def _context(text: bytes, end: int, passed: Iterable[int]) -> tuple[bytes, int, list[int]]:
    """Return what of `text` is needed to decide on the lines from `end` on: it, their place in it, and `passed`."""
    start = _start_of_last_lines(text, end)
    return text[start:], end - start, [line - start for line in passed if start <= line < end]


def _start_of_last_lines(text: bytes, end: int) -> int:
    """Return where those last lines before `end` begin within which a line can have its continuation."""
    for _ in range(WINDOW + 1):
        end = text.rfind(b"\n", 0, max(end - 1, 0)) + 1
        if not end:
            break
    return end


def _lines_before(text: bytes, start: int) -> Iterator[int]:
    """Yield where the lines before the one at `start` begin, the nearest first, as far as an entry stays open."""
    for _ in range(WINDOW + 1):
        if not start:
            return
        start = text.rfind(b"\n", 0, start - 1) + 1
        yield start


@cache
def _scanner(words: tuple[str, ...], caseless: tuple[str, ...]) -> Scanner | None:
    """Return what finds the ends of all words in a block; None without hyperscan, or if a word cannot be searched for.

    Lines are searched: of a word with a line break its longest line will do. All are literals, which take a tenth of
    the memory that regular expressions take.
    """
    try:
        import hyperscan
    except ImportError:
        return None
    literals = {max(word.split("\n"), key=len) for word in (*words, *_SIGNS)}
    # A word that holds another one is found with it.
    needed = sorted(word for word in literals if not any(one != word and one in word for one in literals))
    expressions = [_escaped(word) for word in (*needed, *caseless)]
    flags = [0] * len(needed) + [hyperscan.HS_FLAG_CASELESS] * (len(expressions) - len(needed))
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(expressions=expressions, ids=list(range(len(expressions))), flags=flags)
    except hyperscan.error:
        return None

    def scan(block: bytes) -> list[int]:
        ends: list[int] = []
        database.scan(block, match_event_handler=_note, context=ends)
        return ends

    return scan


def _note(_id: int, _start: int, end: int, _flags: int, ends: Any) -> None:
    ends.append(end)


def _escaped(word: str) -> bytes:
    """A literal in hyperscan's syntax, byte by byte."""
    return b"".join(b"\\x%02x" % byte for byte in word.encode())
