"""The gate before the envelopes: of a big log it lets through the lines that may matter, and counts the others.

Those that matter hold a word that grammars look for, or a sign that a stage on the way acts upon; and with them goes
every line that may be of one entry with them. Where an entry begins is certain: behind the source's usual envelope
stands a known time or head. So the report is the same as without the gate.

The words are searched for in big blocks by hyperscan, all at once; one by one they would take as long as reading
every line. Without that package (`pip install 'maillogdiag[fast]'`) there is no gate.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import chain
from typing import Any

from maillogdiag.envelopes import writer_of
from maillogdiag.envelopes.syslog import FACILITY
from maillogdiag.joining import WINDOW

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
_ENVELOPES = {"plain": b"", "syslog": _SYSLOG}
# A journal's entry is searched as a line with its number before it.
_ENTRY = {"journal": rb"(?P<writer>\d{1,20})\x1e"}
_ENTRIES_BYTES = 128 * 1024
# What begins an entry whatever stands before it, and is no envelope; up to the end of its time. A part of what
# `maillogdiag.continuation` takes for a head.
_HEAD = (
    rb"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?=pid=\d{1,8} tid=|\d{1,8} TID-\w{1,32} )"  # Sidekiq
    rb"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d{3} "  # Zulip, Python's logging
    rb"|[A-Z], \[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9} "  # Ruby's Logger
    rb"|\{\"(?:timestamp\":\"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} |(?:level|ts|msg)\":))"  # Mattermost
)

Scanner = Callable[[bytes], list[int]]


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
        self._words = tuple(words)
        self._caseless = tuple(caseless)
        self._sample = sample
        self._open_bytes = 0
        self._decided = 0
        self._writer: Callable[[bytes], bytes] = bytes
        # Whether what was decided last was let through whole, and whether what comes next will be.
        self._was_open = True
        self._opens = False

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

    def sift_entries(self, entries: Iterable[Mapping[str, object]]) -> Iterator[tuple[int, Mapping[str, object]]]:
        """Yield the entries of a journal to look at with their numbers, from 1, in order."""
        waiting: dict[int, Mapping[str, object]] = {}
        first = 1
        self._writer = lambda number: writer_of(waiting[int(number)])

        def blocks() -> Iterator[bytes]:
            """The entries as lines, their numbers before them."""
            nonlocal first
            lines, size = [], 0
            for number, entry in enumerate(entries, start=1):
                waiting[number] = entry
                line = b"%d\x1e%b\n" % (number, _message_of(entry))
                lines.append(line)
                size += len(line)
                if size > _ENTRIES_BYTES:
                    yield b"".join(lines)
                    lines, size = [], 0
                    needed = max(first, self._decided - WINDOW)  # by what is decided next
                    for old in range(first, needed):
                        del waiting[old]
                    first = needed
            yield b"".join(lines)

        for number, _ in self._sift(blocks(), _ENTRY):
            yield number, waiting[number]

    def _sift(
        self,
        blocks: Iterable[bytes],
        envelopes: Mapping[str, bytes],
        before: bytes = b"",
        open_blocks: Iterable[bytes] | None = None,
    ) -> Iterator[tuple[int, bytes]]:
        number, seen_bytes = 0, _SAMPLE_BYTES + 1 if self._sample else 0
        scanner = self._open(self._sample, envelopes) if self._sample else None
        text = before[_start_of_last_lines(before) :]
        decided = len(text)
        for block in blocks:
            if scanner is None:
                yield from numbered([block], number)
                number += block.count(b"\n")
                self._decided = number
                if seen_bytes <= _SAMPLE_BYTES:
                    seen_bytes += len(block)
                    if seen_bytes > _SAMPLE_BYTES:
                        scanner = self._open(block, envelopes)
                        text = block[_start_of_last_lines(block) :]
                        decided = len(text)
                continue
            text += block
            if len(text) - decided < _LEAST_BYTES:
                continue
            # What a line is followed by decides on it, too: the last lines wait for the next block.
            end = _start_of_last_lines(text)
            if end <= decided and len(text) - decided > _MOST_UNDECIDED_BYTES:
                end = len(text)
            if end > decided:
                yield from self._sifted(text, decided, end, number, scanner)
                number += text.count(b"\n", decided, end)
                self._decided = number
                # What stands before a line decides on it, too.
                start = _start_of_last_lines(text, end)
                text, decided = text[start:], end - start
        if scanner is None:
            decided = len(text)
        elif open_blocks is None:
            yield from self._sifted(text, decided, len(text), number, scanner)
        else:
            end = max(decided, _start_of_last_lines(text))
            self._opens = True
            yield from self._sifted(text, decided, end, number, scanner)
            number += text.count(b"\n", decided, end)
            decided = end
        if open_blocks is not None:
            yield from numbered(chain([text[decided:]], open_blocks), number)

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

    def _sifted(
        self, text: bytes, decided: int, end: int, number: int, scanner: Scanner
    ) -> Iterator[tuple[int, bytes]]:
        """Yield the lines of `text` from `decided` to `end` that are let through; `number` lines stand before them."""
        if self._open_bytes > 0 and not self._opens:
            self._open_bytes -= end - decided
            self._was_open = True
            yield from numbered([text[decided:end]], number)
            return
        keep = self._to_keep(text, scanner, decided if self._was_open else 0, end if self._opens else len(text))
        self._was_open = self._opens = False
        before, at, kept = number, decided, 0
        for start in keep:
            if start < decided:
                continue
            if start >= end:
                break
            number += text.count(b"\n", at, start)
            at = start
            kept += 1
            yield number + 1, text[start : text.find(b"\n", start) + 1 or len(text)]
        number += text.count(b"\n", at, end) + (end > decided and text[end - 1 : end] != b"\n")
        self.skipped += number - before - kept
        if kept > (number - before) / 2 and self._open_bytes <= 0:
            self._open_bytes, self._opens = _OPEN_BYTES, True

    def _to_keep(self, text: bytes, scanner: Scanner, open_to: int, open_from: int) -> list[int]:
        """Return where the lines begin that are let through, in order.

        Args:
            open_to: what stands before this was let through whole: what it may go on with is let through, too.
            open_from: what stands behind this will be let through whole: so is what it may be the continuation of.
        """
        keep: dict[int, bool] = {}
        for start in _line_starts(text, 0, open_to):
            if not keep.get(start):
                self._keep_entry(text, start, is_head=self._head.match(text, start) is not None, keep=keep)
        line_end = -1
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
        for start in _line_starts(text, open_from, len(text)):
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
        found = self._envelope.match(text, start) if self._envelope else None
        return self._writer(found["writer"]) if found else None

    def _continued_by(self, text: bytes, start: int) -> list[int]:
        """Return where the lines begin of which the one at `start` may be the continuation."""
        before = _lines_before(text, start)
        if self._envelope is None or text[start : start + 1].isspace():
            return [line for line, _ in zip(before, range(1), strict=False)]
        own = self._writer_of(text, start)
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


def _message_of(entry: Mapping[str, object]) -> bytes:
    """An entry's text as one line; zero bytes stand for what a line cannot hold, and let it through."""
    message = entry.get("MESSAGE")
    if isinstance(message, str):
        message = message.encode()
    if not isinstance(message, bytes):
        return b"\0"
    return message.replace(b"\n", b"\0") if b"\n" in message else message


def _start_of_last_lines(text: bytes, end: int | None = None) -> int:
    """Return where those last lines before `end` begin within which a line can have its continuation; 0 for all."""
    start = len(text) if end is None else end
    for _ in range(WINDOW + 1):
        start = text.rfind(b"\n", 0, max(0, start - 1)) + 1
        if not start:
            break
    return start


def _line_starts(text: bytes, start: int, end: int) -> Iterator[int]:
    while start < end:
        yield start
        start = text.find(b"\n", start) + 1 or end


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
