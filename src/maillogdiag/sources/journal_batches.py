"""Journal entries in batches: first their messages, and all fields only of those that are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from maillogdiag.gate import Batch
from maillogdiag.sources.journal_streams import fields_of_text, message_of_text

BATCH_BYTES = 128 * 1024
"""A batch ends once its messages are longer than that."""

Entry = Mapping[str, object] | bytes
"""An entry's fields, or their text in the export format, where none is binary."""


def batches_of(entries: Iterable[Entry]) -> Iterator[Batch]:
    """Yield entries in batches."""
    messages: list[bytes | None] = []
    held: list[Entry] = []
    size = 0
    for entry in entries:
        message = message_of_text(entry) if isinstance(entry, bytes) else _message_of(entry)
        messages.append(message)
        held.append(entry)
        size += len(message or b"")
        if size > BATCH_BYTES:
            yield _batch(messages, held)
            messages, held, size = [], [], 0
    if messages:
        yield _batch(messages, held)


def _batch(messages: list[bytes | None], entries: list[Entry]) -> Batch:
    def fields(index: int) -> Mapping[str, object]:
        entry = entries[index]
        return fields_of_text(entry) if isinstance(entry, bytes) else entry

    return Batch(messages, fields)


def _message_of(entry: Mapping[str, object]) -> bytes | None:
    message = entry.get("MESSAGE")
    if isinstance(message, str):
        return message.encode("utf-8", "surrogateescape")
    return message if isinstance(message, bytes) else None
