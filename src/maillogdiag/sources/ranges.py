"""Parts of a text that are read apart: which lines are in them, and where reading begins so that it knows its way.

A line belongs to the part in which it begins. What it means may depend on lines before it: therefore a reader of a
part also reads some lines before, its run-up.
"""

from __future__ import annotations

import re
from typing import BinaryIO

from maillogdiag.sources.content import is_binary, is_journal
from maillogdiag.sources.journal_streams import is_stream_of_fields
from maillogdiag.sources.packing import is_plain

# Entries stay open for 100 lines, and few are longer than that.
_RUN_UP_LINES = 200
_RUN_UP_BYTES = 256 * 1024
_BLOCK_BYTES = 64 * 1024


def is_divisible(head: bytes) -> bool:
    """Whether a file that begins so is plain text that may be read from any line on."""
    return is_plain(head) and not (is_journal(head) or is_binary(head) or is_stream_of_fields(head))


def line_start(raw: BinaryIO, offset: int, limit: int | None = None) -> int:
    """Return where the first line begins at or behind `offset`; `limit` where none does before that."""
    if not offset:
        return 0
    raw.seek(offset - 1)
    at = offset - 1
    while limit is None or at < limit:
        block = raw.read(_BLOCK_BYTES)
        if not block:
            break
        newline = block.find(b"\n")
        if newline >= 0:
            at += newline + 1
            break
        at += len(block)
    return at if limit is None else min(at, limit)


def run_up_start(raw: BinaryIO, start: int) -> int:
    """Return where the run-up begins to the line that begins at `start`; the same where the line before is too long."""
    window = max(0, start - _RUN_UP_BYTES)
    raw.seek(window)
    ends = [found.end() for found in re.finditer(rb"\n", raw.read(start - window))]
    if len(ends) > _RUN_UP_LINES:
        return window + ends[-_RUN_UP_LINES - 1]
    if not window:
        return 0
    return window + ends[0] if ends else start
