"""The gate before the envelopes: of a big log it lets through the lines that may matter, and counts the others.

Those that matter hold a word that grammars look for, or a sign that a stage on the way acts upon; and with them goes
every line that may be of one entry with them. Where an entry begins is certain: behind the source's usual envelope
stands a known time or head. So the report is the same as without the gate.

What is certain to be an entry passes in one piece, so that the stages on the way need not find out again.

The words are searched for in big blocks, see `maillogdiag.searching`; how an entry begins tells
`maillogdiag.entry_patterns`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import chain, islice
from operator import itemgetter
from typing import NamedTuple

from maillogdiag.entry_patterns import ENTRY, ENVELOPES, HEAD, Envelope, Patterns, Span, kind_of
from maillogdiag.envelopes import Peeler, writer_of
from maillogdiag.envelopes.objects import SIGNS as OBJECT_SIGNS
from maillogdiag.joining import WINDOW
from maillogdiag.records import Kind
from maillogdiag.searching import Scanner, scanner_of

# Longer than any envelope but a JSON object, of which this much is none.
_MOST_ENVELOPE_BYTES = 64 * 1024
# For envelopes that are only looked for.
_SOME_TIME = datetime(2000, 1, 1, tzinfo=UTC)
# A log that is over before so much of it was read is not worth a gate. The block in which it goes on tells the usual
# envelope, and is the first one that is sifted.
_SAMPLE_BYTES = 128 * 1024
_TELLING_BYTES = 64 * 1024
# Data comes in smaller portions, which are not worth a decision: what stands around them is looked at each time.
_LEAST_BYTES = 512 * 1024
# So many lines without a line break that nothing can be decided on them: let them pass.
_MOST_UNDECIDED_BYTES = 8 * 1024 * 1024
# A gate that lets most lines through only costs time; it stays open for so many bytes.
_OPEN_BYTES = 16 * 1024 * 1024
# How many more lines pass than are held back until it does.
_MOST_SURPLUS = 1000
# glibc takes the memory of each block from the system anew, page by page, until so big a piece was freed.
_REUSED_BYTES = 4 * 1024 * 1024
# What envelopes and cleaners act upon: tail's headers, colours, links, a page's source, rsyslog's escapes, holes, JSON
# around lines, journalctl's sign for a message it does not show.
_SIGNS = (
    "==> ", "\x1b", "^[[", "#033[", "[0m", "](http", "&quot;", "&#x27;", "&#39;", "&lt;", "#01", "\0",
    "blob data", *OBJECT_SIGNS,
)  # fmt: skip

OFTEN = ": done"
"""What a worker writes of each job it did. That it is at work is seen by one line as well as by all: of these lines
only the last one of each block is let through."""

Portion = tuple[int, bytes, Kind]
"""What a gate lets through: the number of its first line, its bytes without the last line's ending, and what it is."""

Entries = tuple[int, Sequence[Mapping[str, object]], Kind]
"""The same of a journal: the number of the first entry, all fields of each, and what they are."""

_Writer = Hashable
_WriterOf = Callable[[re.Match[bytes]], _Writer | None]
# Who wrote it, where its head ends (-1 if it has none), and where it ends.
_Line = tuple[_Writer | None, int, int]


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
        dull: what begins with a word and means nothing there.
        routines: regular expressions of lines that are entries; those of one that follow each other pass together.
        sample: the log's beginning, where only a part behind it is sifted; it tells the usual envelope.

    Attributes:
        skipped: how many lines were held back, each an entry of its own.
        format: their envelope's name.
    """

    def __init__(
        self,
        words: Iterable[str],
        caseless: Iterable[str],
        dull: Iterable[str] = (),
        routines: Iterable[bytes] = (),
        sample: bytes = b"",
    ) -> None:
        self.skipped = 0
        self.format = "plain"
        self._words = [*words, *_SIGNS]
        if OFTEN in self._words:  # its own grammar's; another one's means all of them
            self._words.remove(OFTEN)
        self._routines = tuple(routines)
        self._caseless = tuple(caseless)
        self._dull = tuple(dull)
        self._sample = sample
        self._open_bytes = 0
        self._decided = 0
        self._surplus = 0
        self._writer_of: _WriterOf = itemgetter("writer")
        self._writer_of_entry: Callable[[int], _Writer] | None = None

    def sift(
        self, blocks: Iterable[bytes], before: bytes = b"", open_blocks: Iterable[bytes] | None = None
    ) -> Iterator[Portion]:
        """Yield the lines to look at, numbered from 1, in order.

        Args:
            blocks: the source's bytes, each block of whole lines.
            before: lines before a part of it; they were let through.
            open_blocks: what follows a part, and is let through.
        """
        return self._sift(blocks, ENVELOPES, before, open_blocks)

    def sift_entries(self, batches: Iterable[Batch]) -> Iterator[Entries]:
        """Yield the entries of a journal to look at, numbered from 1, in order."""
        # With the number of each one's first entry. The last ones that are decided help to decide on those that follow.
        held: deque[tuple[int, Batch]] = deque()

        def entry(number: int) -> Mapping[str, object]:
            at = -1
            while held[at][0] > number:
                at -= 1
            first, batch = held[at]
            return batch.fields(number - first)

        def blocks() -> Iterator[bytes]:
            first = 1
            for messages, fields in batches:
                while len(held) > 1 and held[1][0] < self._decided - WINDOW - 1:
                    held.popleft()
                held.append((first, Batch(messages, cache(fields))))
                yield _as_lines(messages)
                first += len(messages)

        self._writer_of_entry = lambda number: writer if any(writer := writer_of(entry(number))) else b""
        for number, portion, kind in self._sift(blocks(), ENTRY):
            count = portion.count(b"\n") + 1
            yield number, [entry(one) for one in range(number, number + count)], kind

    def _sift(
        self,
        blocks: Iterable[bytes],
        envelopes: Mapping[str, Envelope],
        before: bytes = b"",
        open_blocks: Iterable[bytes] | None = None,
    ) -> Iterator[Portion]:
        number, seen_bytes = 0, 0
        scanner = self._open(self._sample, envelopes) if self._sample else None
        # What is not decided yet, behind the last lines that are, of which some were let through.
        text, begin, passed = _context(before, len(before), [(0, len(before), "line")])
        for block in blocks:
            if scanner is None and not self._sample and seen_bytes <= _SAMPLE_BYTES:
                seen_bytes += len(block)
                if seen_bytes > _SAMPLE_BYTES:
                    scanner = self._open(block, envelopes)
                else:
                    let_through = text + block
                    text, begin, passed = _context(let_through, len(let_through), [(0, len(let_through), "line")])
            if scanner is None:
                yield from numbered([block], number)
                number += block.count(b"\n")
                self._decided = number
                continue
            text += block
            if len(text) - begin < _LEAST_BYTES:
                continue
            # What a line is followed by decides on it, too: the last lines wait for the next block.
            end = _start_of_last_lines(text, len(text))
            if end <= begin and len(text) - begin > _MOST_UNDECIDED_BYTES:
                end, self._open_bytes = len(text), _OPEN_BYTES
            if end > begin:
                passed = self._passing(text, begin, end, passed, scanner, number)
                number = yield from self._pass(text, begin, end, passed, number)
                self._decided = number
                text, begin, passed = _context(text, end, passed)
        end = begin
        if scanner is not None:
            end = len(text) if open_blocks is None else max(begin, _start_of_last_lines(text, len(text)))
            passed = self._passing(text, begin, end, passed, scanner, number)
            number = yield from self._pass(text, begin, end, passed, number)
        if open_blocks is not None:
            yield from numbered(chain([text[end:]], open_blocks), number)

    def _open(self, sample: bytes, envelopes: Mapping[str, Envelope]) -> Scanner | None:
        """Find out the source's usual envelope; return what searches for the words, None where no line has one."""
        lines = sample[:_TELLING_BYTES]
        usual = {name: len(re.findall(rb"(?m)^" + one.pattern + HEAD, lines)) for name, one in envelopes.items()}
        self.format = max(usual, key=lambda name: usual[name])
        if not usual[self.format]:
            return None
        self._patterns = Patterns(envelopes[self.format], self._routines)
        if self.format == "plain":
            self._writer_of = _writer_of_plain
        bytes(_REUSED_BYTES)
        return scanner_of(self._words, self._caseless, self._dull, envelopes[self.format].head)

    def _pass(
        self, text: bytes, begin: int, end: int, passed: Iterable[Span], number: int
    ) -> Generator[Portion, None, int]:
        """Yield what passes between `begin` and `end`; `number` lines stand before that. Return the last one's."""
        before, at, kept = number, begin, 0
        for start, stop, kind in passed:
            if kind != "line" and begin <= start and stop <= end:
                number += text.count(b"\n", at, start)
                yield number + 1, text[start : stop - 1], kind
                lines = text.count(b"\n", start, stop)
                number, kept, at = number + lines, kept + lines, stop
                continue
            start, stop = max(start, begin), min(stop, end)
            if start < stop:
                number += text.count(b"\n", at, start)
                for line in text[start:stop].removesuffix(b"\n").split(b"\n"):
                    number, kept = number + 1, kept + 1
                    yield number, line, "line"
                at = stop
        number += text.count(b"\n", at, end) + (at < end and text[end - 1 : end] != b"\n")
        self.skipped += number - before - kept
        self._surplus = max(0, self._surplus + 2 * kept - (number - before))
        if self._open_bytes > 0:
            self._open_bytes -= end - begin
            self._surplus = 0
        elif self._surplus > _MOST_SURPLUS:
            self._open_bytes = _OPEN_BYTES
        return number

    def _passing(
        self, text: bytes, begin: int, end: int, passed: Iterable[Span], scanner: Scanner, number: int
    ) -> list[Span]:
        """Return what is let through, in order.

        Args:
            text: lines that are decided, up to `begin`; lines to decide, up to `end`; and those that follow.
            passed: those of the decided ones that were let through.
            number: how many lines of the source stand before `begin`.
        """
        block = self._block(text, number - text.count(b"\n", 0, begin))
        if self._open_bytes > 0:
            return [(0, begin, "line"), *block.spans(begin)]
        for start, stop, _ in passed:  # their entries may go on
            while start < stop:
                start = block.keep_entry(start)
        decided = begin
        for hit in sorted([*scanner(text), text.rfind(OFTEN.encode()) + 1]):
            if hit > decided:
                decided = block.keep_entry(text.rfind(b"\n", 0, hit - 1) + 1, hit)
        block.keep_beginnings(end)  # a word may stand in what follows them
        return block.kept()

    def _block(self, text: bytes, before: int) -> _Block:
        """Return a block of lines; `before` lines of the source stand before it."""
        if self._writer_of_entry:
            return _BlockOfEntries(text, self._patterns, self._writer_of_entry, before)
        return _Block(text, self._patterns, self._writer_of)


class _Block:
    """Finds the lines of a block that may be of one entry.

    Args:
        text: whole lines.
        patterns: of its lines.
        writer_of: tells a line's writer by what `patterns.line` found; None where it is not certain.
    """

    def __init__(self, text: bytes, patterns: Patterns, writer_of: _WriterOf) -> None:
        self._text = text
        self._patterns = patterns
        self._writer_of = writer_of
        # By where they begin.
        self._lines: dict[int, _Line] = {}
        self._ends: dict[int, int] = {}
        self._kinds: dict[int, Kind] = {}
        # Up to where the lines that follow what was kept were looked at; of each writer the last one of them, and the
        # last one with a head; and how many more heads may stand between two lines of an entry, counted from where.
        self._end = -1
        self._last: dict[_Writer | None, int] = {}
        self._heads: dict[_Writer | None, int] = {}
        self._left, self._counted_from = 0, -1

    def spans(self, begin: int) -> Iterator[Span]:
        """Yield all lines from `begin` on, entries whole."""
        while begin < len(self._text):
            if entry := self._entry(begin):
                end, kind = entry.end(), kind_of(entry)
            else:
                end, kind = self._text.find(b"\n", begin) + 1 or len(self._text), "line"
            yield begin, end, kind
            begin = end

    def kept(self) -> list[Span]:
        """Return what was kept, in order."""
        spans: list[Span] = []
        end = 0
        for start in sorted(self._ends):
            if (stop := self._ends[start]) > end:  # else it is within an entry; only routine lines may overlap
                spans.append((max(start, end), stop, self._kinds.get(start, "line")))
                end = stop
        return spans

    def keep_entry(self, start: int, hit: int = 0) -> int:
        """Keep the line at `start`, and all that may be of one entry with it.

        Args:
            hit: where in it a word ends. In the envelope or the time, where ":25" is no port, it means nothing.

        Returns:
            Up to where no other hit can mean more.
        """
        if entry := self._entry(start):
            if 0 < hit <= entry.end("head"):
                return entry.end("head")
            self._ends[start], self._kinds[start] = entry.end(), kind_of(entry)
            return entry.end()
        writer, head_end, line_end = self._line(start)
        if 0 < hit <= head_end:
            return head_end
        if head_end < 0 and start not in self._ends:
            self._keep_beginning(start)
        self._ends[start] = line_end
        if start >= self._end:
            self._last, self._heads, self._end = {writer: start}, {}, line_end
        if start > self._counted_from:
            self._left, self._counted_from = WINDOW + 1, start
        if writer is None or self._heads.get(writer, -1) <= start:
            self._keep_following(writer)
        return line_end

    def _keep_following(self, writer: _Writer | None) -> None:
        """Look at further lines, up to where an entry of `writer` is over; keep all that have no head."""
        own, head_end = None, -1
        while self._left and self._end < len(self._text) and (head_end < 0 or own != writer):
            start = self._end
            own, head_end, self._end = self._line(start)
            if head_end >= 0:
                self._heads[own] = start
                self._left -= 1
            else:
                self._ends[start] = self._end
                self._left, self._counted_from = WINDOW + 1, start
                if own and own in self._last:
                    self._ends.setdefault(self._last[own], self._line(self._last[own])[2])
                else:
                    self._keep_beginning(start)
            self._last[own] = start

    def keep_beginnings(self, start: int) -> None:
        """Keep the lines of which those from `start` on may be the continuation."""
        while (heads := self._patterns.heads.match(self._text, start)) and (start := heads.end()) < len(self._text):
            self._keep_beginning(start)
            start = self._line(start)[2]

    def _keep_beginning(self, start: int) -> None:
        """Keep the lines of which the one at `start` may be the continuation, up to where an entry begins."""
        unsure = [start]
        while unsure:
            for line in self._continued_by(unsure.pop()):
                if line not in self._ends:
                    _, head_end, self._ends[line] = self._line(line)
                    if head_end < 0:
                        unsure.append(line)

    def _entry(self, start: int) -> re.Match[bytes] | None:
        """Return what is for certain an entry, or some of a routine, at `start`."""
        return self._patterns.entry.match(self._text, start)

    def _line(self, start: int) -> _Line:
        if line := self._lines.get(start):
            return line
        found = self._patterns.line.match(self._text, start)
        assert found
        line = self._lines[start] = self._writer_of(found), found.end("head"), found.end()
        return line

    def _continued_by(self, start: int) -> list[int]:
        """Return where the lines begin of which the one at `start` may be the continuation."""
        before = _lines_before(self._text, start)
        own = self._line(start)[0]
        if self._text[start : start + 1].isspace() or own == b"":
            return list(islice(before, 1))
        if own is None:
            return list(before)
        return list(islice((line for line in before if self._line(line)[0] == own), 1))


class _BlockOfEntries(_Block):
    """The same of a journal, whose lines do not tell their writers: the patterns take all for one writer's.

    Args:
        writer_of: tells the writer of the entry of a number.
        before: how many entries stand before the block.
    """

    def __init__(self, text: bytes, patterns: Patterns, writer_of: Callable[[int], _Writer], before: int) -> None:
        super().__init__(text, patterns, lambda line: writer_of(self._number(line.start())))
        self._writer_of_entry = writer_of
        # A place in the text, and the number of the entry there.
        self._place = 0, before + 1
        # Up to where no piece is of one writer: looked for again at each line it would take a hundred times as long.
        self._mixed_until = 0

    def _entry(self, start: int) -> re.Match[bytes] | None:
        entry = super()._entry(start) if start >= self._mixed_until else None
        if entry and not self._is_of_one(entry):
            self._mixed_until = entry.end()
            return None
        return entry

    def _is_of_one(self, entry: re.Match[bytes]) -> bool:
        """Whether one writer wrote all of it, and the entry behind it."""
        first, behind = self._number(entry.start()), self._number(entry.end())
        writer = self._writer_of_entry(first)
        return all(self._writer_of_entry(number) == writer for number in range(first + 1, behind + 1))

    def _number(self, start: int) -> int:
        """Return the number of the entry whose line begins at `start`."""
        place, number = self._place
        number += self._text.count(b"\n", place, start) - self._text.count(b"\n", start, place)
        self._place = start, number
        return number


def numbered(blocks: Iterable[bytes], number: int = 0) -> Iterator[Portion]:
    """Yield all lines; `number` lines stand before the first."""
    for block in blocks:
        lines = block.split(b"\n")
        if not lines[-1]:
            del lines[-1]
        for line in lines:
            number += 1
            yield number, line, "line"


def _as_lines(messages: Iterable[bytes | None]) -> bytes:
    """Messages as lines; zero bytes stand for what a line cannot hold, and let it through."""
    lines = [b"\0" if message is None else message.replace(b"\n", b"\0") for message in messages]
    return b"\x1e" + b"\n\x1e".join(lines) + b"\n"


def _writer_of_plain(line: re.Match[bytes]) -> bytes | None:
    """Return nobody for a line without an envelope, None for one that may have some."""
    if line["head"] is not None or line[0][:1].isspace() or line[0][:1] == b"/":
        return b""
    peeled = Peeler(_SOME_TIME).peel(line[0][:_MOST_ENVELOPE_BYTES].decode("utf-8", "replace").removesuffix("\n"))
    return None if peeled is None or peeled.format != "plain" else b""


def _context(text: bytes, end: int, passed: Iterable[Span]) -> tuple[bytes, int, list[Span]]:
    """Return what of `text` is needed to decide on the lines from `end` on: it, their place in it, and `passed`."""
    begin = _start_of_last_lines(text, end)
    spans: list[Span] = []
    for start, stop, _ in passed:
        if max(start, begin) < min(stop, end):
            spans.append((max(start, begin) - begin, min(stop, end) - begin, "line"))
    return text[begin:], end - begin, spans


def _start_of_last_lines(text: bytes, end: int) -> int:
    """Return where those last lines before `end` begin within which a line can have its continuation."""
    for _ in range(WINDOW + 1):
        if not end:
            break
        end = text.rfind(b"\n", 0, end - 1) + 1
    return end


def _lines_before(text: bytes, start: int) -> Iterator[int]:
    """Yield where the lines before the one at `start` begin, the nearest first, as far as an entry stays open."""
    for _ in range(WINDOW + 1):
        if not start:
            return
        start = text.rfind(b"\n", 0, start - 1) + 1
        yield start
