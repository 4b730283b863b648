"""Join continuation lines to their log entry: backtraces, tracebacks, the rest of a wrapped SMTP reply.

A continuation is recognised positively; any other line begins an entry of its own. So an unknown format costs
at worst the context of a line, never the line.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from enum import Enum, auto

from maillogdiag.records import Line, Record

_MOST_LINES = 400
_MOST_CHARACTERS = 64 * 1024
# Writers whose entry is kept open at a time; a log with more of them interleaved is not a log of one machine.
_OPEN_STREAMS = 256

_RUBY_FRAME = re.compile(r"(?:from )?(?:/|[\w.-]+/|[\w-]+ \([\w.]+\) )[^:]{0,300}:\d+:in ")
_RUBY_CLASS_ALONE = re.compile(r"[A-Z]\w*(?:::\w+)+(?: in \S+)?\s*$")
_RUBY_CLASS_OPEN = re.compile(r"[A-Z]\w*(?:::\w+)+ \(")
_OPEN_PARENTHESIS = re.compile(r"[A-Z]\w*(?:::\w+)* \([^()]*(?:\([^()]*\)[^()]*)*$")
_OPEN_INSPECT = re.compile(r"#<[A-Z]\w*(?:::\w+)+: [^>]*$")
_CLOSING = re.compile(r"[)>}\]]")
_TRACEBACK = re.compile(r"\W{0,3}(?:Traceback|Stack) \(most recent call last\):")
_CHAINED = re.compile(r"(?:During handling of the above|The above exception was the direct)")
_PYTHON_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(?:: |:?$)")
_DEBUG_PAGE_HEAD = re.compile(r"[A-Za-z_.]*(?:Error|Exception|Refused|Disconnected|timeout) at /")
_DEBUG_PAGE_FIELD = re.compile(
    r"(?:Request (?:Method|URL)|Django Version|Exception (?:Type|Value|Location)|Python (?:Executable|Version|Path)"
    r"|Server time|Error (?:type|message)|Where|Occurred at)\s*:"
)
_TUPLE = re.compile(r"[({]\s*(?:\d{3}, |['\"])")
_REPLY_REST = re.compile(r"\d{3}[ -]\d\.\d{1,3}\.\d{1,3} ")
_SETUP_FAILED = "E-mail could not be sent with this configuration"


class _Inside(Enum):
    """The structure that an entry has open."""

    NOTHING = auto()
    TRACEBACK = auto()
    AFTER_TRACEBACK = auto()
    PARENTHESIS = auto()
    CLASS_ALONE = auto()
    DEBUG_PAGE = auto()
    JSON = auto()
    NEXT_LINE = auto()


class _Entry:
    """An entry that may still get lines."""

    def __init__(self, line: Line) -> None:
        self.head = line
        self.texts = [line.text]
        self.size = len(line.text)
        self.lines = 1
        self.inside = _opened_by(line.text)

    def takes(self, text: str) -> bool:
        """Whether `text` continues this entry; follows the open structure."""
        last = self.texts[-1]
        if not text.strip():
            return True
        if _TRACEBACK.match(text):
            is_own = self.inside in (_Inside.NOTHING, _Inside.NEXT_LINE) and self.lines > 1
            self.inside = self.inside if is_own else _Inside.TRACEBACK
            return not is_own
        if _CHAINED.match(text):
            return self.inside in (_Inside.TRACEBACK, _Inside.AFTER_TRACEBACK)
        match self.inside:
            case _Inside.TRACEBACK:
                if text[0] in " \t":
                    return True
                self.inside = _Inside.AFTER_TRACEBACK
                return bool(_PYTHON_EXCEPTION.match(text))
            case _Inside.JSON:
                if text[0] in "}]":
                    self.inside = _Inside.NOTHING
                return True
            case _Inside.PARENTHESIS:
                if _CLOSING.match(text) or _CLOSING.search(text[-3:]):
                    self.inside = _Inside.NOTHING
                return self.lines < 12
            case _Inside.CLASS_ALONE | _Inside.NEXT_LINE:
                self.inside = _Inside.NOTHING
                return True
            case _Inside.DEBUG_PAGE:
                if _DEBUG_PAGE_FIELD.match(text) or _TUPLE.match(text) or last.rstrip().endswith(":"):
                    return True
        if text[0] in " \t" or _RUBY_FRAME.match(text) or _CLOSING.match(text) or _REPLY_REST.match(text):
            return True
        if _RUBY_CLASS_OPEN.match(text) and last.rstrip().endswith((":", "]")):
            self.inside = _opened_by(text)
            return True
        return text.startswith("(Job ID: ")

    def add(self, text: str) -> None:
        self.lines += 1
        if text.strip():
            self.size += len(text) + 1
            if self.lines <= _MOST_LINES and self.size <= _MOST_CHARACTERS:
                self.texts.append(text)

    def record(self) -> Record:
        head = self.head
        return Record(
            "\n".join(self.texts), head.place, head.time, head.host, head.unit, head.process, head.pid, self.lines
        )


def join_lines(lines: Iterable[Line]) -> Iterator[Record]:
    """Yield the log entries that `lines` make, in the order of their heads as far as writers are not interleaved.

    Memory stays flat: one open entry a writer, each cut at 400 lines and 64 KiB.
    """
    entries: OrderedDict[tuple[object, ...], _Entry] = OrderedDict()
    for line in lines:
        stream = line.stream
        entry = entries.get(stream)
        if entry is not None and entry.takes(line.text):
            entry.add(line.text)
            continue
        if entry is not None:
            yield entries.pop(stream).record()
        if line.text.strip():
            entries[stream] = _Entry(line)
            if len(entries) > _OPEN_STREAMS:
                yield entries.popitem(last=False)[1].record()
    for entry in entries.values():
        yield entry.record()


def _opened_by(text: str) -> _Inside:
    """The structure that a head line opens."""
    if _TRACEBACK.match(text):
        return _Inside.TRACEBACK
    if text.strip() in ("{", "["):
        return _Inside.JSON
    if _SETUP_FAILED in text:
        return _Inside.NEXT_LINE
    if _RUBY_CLASS_ALONE.match(text):
        return _Inside.CLASS_ALONE
    if _DEBUG_PAGE_HEAD.match(text) or _DEBUG_PAGE_FIELD.match(text):
        return _Inside.DEBUG_PAGE
    tail = text[-2000:]
    if _OPEN_INSPECT.search(tail) or _OPEN_PARENTHESIS.search(tail):
        return _Inside.PARENTHESIS
    return _Inside.NOTHING
