"""The journal through the Python package systemd-python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from maillogdiag.errors import SourceError
from maillogdiag.gate import Batch
from maillogdiag.sources import journal_batches
from maillogdiag.sources.interface import Idle
from maillogdiag.sources.journal_batches import batches_of
from maillogdiag.sources.journal_selection import NAMING_FIELDS, Selection

# What `Reader` inherits from its C part, and does not promise. `get_next` reads all fields and converts each one, which
# takes ten times as long as to read the message alone.
_INNER = ("_next", "_get", "_get_all", "_get_cursor", "_get_realtime")


class SystemdPython:
    """Reads through systemd-python.

    Args:
        journal: its module `systemd.journal`.
    """

    name = "journal through systemd-python"

    def __init__(self, journal: Any) -> None:
        self._journal = journal

    def units(self, selection: Selection) -> list[tuple[str, str]]:
        """See `JournalReader.units`."""
        reader = self._open(selection)
        return sorted((field, str(unit)) for field in NAMING_FIELDS for unit in reader.query_unique(field))

    def batches(self, selection: Selection, problems: list[str], idle: Idle | None = None) -> Iterator[Batch]:
        """See `JournalReader.batches`."""
        reader = self._open(selection)
        end_micros = round(selection.end.timestamp() * 1e6) if selection.end else None
        if idle is not None:
            for entry in _entries(reader, end_micros, idle):
                yield from batches_of([[entry]])
        elif _has_inner(reader):
            yield from _messages_first(reader, _Follower(self._open(selection)), end_micros)
        else:
            yield from batches_of([entry] for entry in _entries(reader, end_micros))

    def _open(self, selection: Selection) -> Any:
        try:
            if selection.files:
                reader = self._journal.Reader(files=[str(file) for file in selection.files])
            else:
                reader = self._journal.Reader(path=str(selection.directory) if selection.directory else None)
        except OSError as error:
            raise SourceError(f"the journal cannot be opened: {error.strerror or error}") from None
        for number, (field, value) in enumerate(selection.matches):
            if number:
                reader.add_disjunction()
            reader.add_match(**{field: value})
        if selection.start:
            reader.seek_realtime(selection.start.timestamp())
        return reader


class _Follower:
    """Reads whole entries behind a reader that reads only messages: that one would have to go back and forth.

    Args:
        reader: reads the same entries.
    """

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self._cursor = ""
        self._index = 0

    def fields(self, cursor: str, messages: list[bytes | None], index: int) -> Mapping[str, object]:
        """Return all fields of an entry.

        Args:
            cursor: of a batch's first entry.
            messages: of its entries.
            index: of the entry among them.
        """
        if cursor != self._cursor:
            self._reader.seek_cursor(cursor)
            self._reader._next()
            self._cursor, self._index = cursor, 0
        if index != self._index:
            self._reader._next(index - self._index)
            self._index = index
        entry = _here(self._reader)
        message = entry.get("MESSAGE")
        if messages[index] != (message[0] if isinstance(message, list) else message):
            # The other reader was opened before, and has a file that was removed since then.
            return {"MESSAGE": messages[index]}
        return entry


def _messages_first(reader: Any, follower: _Follower, end_micros: int | None) -> Iterator[Batch]:
    """Read the messages alone; all fields of an entry only when they are asked for."""
    advance, get, most_bytes = reader._next, reader._get, journal_batches.BATCH_BYTES
    has_more = True
    while has_more:
        messages: list[bytes | None] = []
        size, cursor = 0, ""
        while size <= most_bytes:
            if not advance() or (end_micros is not None and reader._get_realtime() > end_micros):
                has_more = False
                break
            cursor = cursor or reader._get_cursor()
            try:
                message = get("MESSAGE")
                size += len(message)
            except KeyError:
                message = None
            messages.append(message)
        if messages:
            yield Batch(messages, partial(follower.fields, cursor, messages))


def _entries(reader: Any, end_micros: int | None, idle: Idle | None = None) -> Iterator[dict[str, object]]:
    """Read whole entries."""
    advance = _advance if _has_inner(reader) else _advance_as_documented
    while True:
        while entry := advance(reader):
            if end_micros is not None and int(entry["__REALTIME_TIMESTAMP"]) > end_micros:
                return
            yield entry
        if idle is None or not idle():
            return
        reader.wait(0)  # takes note of files that were rotated or vacuumed


def _advance(reader: Any) -> dict[str, Any] | None:
    return _here(reader) if reader._next() else None


def _here(reader: Any) -> dict[str, Any]:
    entry: dict[str, Any] = reader._get_all()
    entry["__REALTIME_TIMESTAMP"] = str(reader._get_realtime())
    return entry


def _advance_as_documented(reader: Any) -> dict[str, Any] | None:
    entry = reader.get_next()
    if not entry:
        return None
    return {**entry, "__REALTIME_TIMESTAMP": str(round(entry["__REALTIME_TIMESTAMP"].timestamp() * 1e6))}


def _has_inner(reader: Any) -> bool:
    return all(hasattr(reader, name) for name in _INNER)
