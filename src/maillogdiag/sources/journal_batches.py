"""Journal entries in batches: first their messages, and all fields only of those that are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from maillogdiag.gate import Batch
from maillogdiag.sources.journal_streams import fields_of_text, message_of_text

BATCH_BYTES = 128 * 1024
"""A batch ends once its messages are longer than that."""

Entry = Mapping[str, object] | bytes
"""An entry's fields, or their text in the export format, where none is binary."""


def batches_of(portions: Iterable[Sequence[Entry]]) -> Iterator[Batch]:
    """Yield entries, which come in portions, in batches."""
    messages: list[bytes | None] = []
    held: list[Entry] = []
    size = 0
    for portion in portions:
        further = [message_of_text(entry) if isinstance(entry, bytes) else _message_of(entry) for entry in portion]
        messages += further
        held += portion
        size += sum(map(len, filter(None, further)))
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
