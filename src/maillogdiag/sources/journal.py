"""The systemd journal: through systemd-python where it is installed, else through the journalctl program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from maillogdiag.envelopes import Peeled, text_of, time_of, unpack_entry
from maillogdiag.errors import SourceError
from maillogdiag.gate import Batch, Entries, Gate
from maillogdiag.records import Line, Place
from maillogdiag.sources.interface import Idle, Source
from maillogdiag.sources.journal_readers import JournalReader, open_reader
from maillogdiag.sources.journal_selection import NAMING_FIELDS, UNIT_FIELDS, Selection
from maillogdiag.sources.units import plain_names, similar_units, units_asked_for
from maillogdiag.timespec import parse_time


def open_journal(
    *,
    units: Sequence[str] = (),
    since: str | None = None,
    until: str | None = None,
    directory: Path | None = None,
    files: Sequence[Path] = (),
) -> Source:
    """Return the journal as a source.

    Args:
        units: systemd units, user units or containers; as journalctl takes them, with or without ".service" and
            with patterns such as "mastodon-sidekiq*". A name stands for its instances too.
        since: from when, as journalctl takes it.
        until: up to when.
        directory: a folder of journal files instead of this machine's journal.
        files: journal files instead of this machine's journal.

    Raises:
        UsageError: a time cannot be understood.
    """
    now = datetime.now().astimezone()
    start, end = (parse_time(text, now) if text else None for text in (since, until))
    return JournalSource(tuple(units), Selection((), start, end, directory, tuple(files)))


class JournalSource:
    """The journal of this machine, of a folder, or of some files.

    Args:
        units: the names asked for; none means all.
        selection: what to read, apart from the units.

    Attributes:
        idle: where it is set, the journal is followed: called while there is no entry, it ends where that returns
            False.
    """

    def __init__(self, units: tuple[str, ...], selection: Selection) -> None:
        named = [str(path) for path in (*selection.files, *([selection.directory] if selection.directory else []))]
        self.name = " ".join(named) or "journal"
        self.format = "journal"
        self.problems: list[str] = []
        self.idle: Idle | None = None
        self._units = units
        self._selection = selection

    def lines(self, gate: Gate | None = None) -> Iterator[Line]:
        """Yield the entries as lines. See `Source.lines`."""
        for path in (*self._selection.files, self._selection.directory):
            if path and not path.exists():
                raise SourceError(f"{path} does not exist")
        reader = open_reader()
        self.format = reader.name
        selection = self._selection
        if self._units:
            named = reader.units(selection)
            known = sorted({unit for field, unit in named if field in UNIT_FIELDS})
            asked = units_asked_for(self._units, known)
            matches = [(field, unit) for field, unit in named if unit in asked]
            if self.idle:  # others may come
                units = dict.fromkeys((*asked, *plain_names(self._units)))
                matches = [(field, unit) for unit in units for field in NAMING_FIELDS]
            if not matches:
                self.problems.append(_no_unit(self._units, known))
                return
            selection = selection.matching(tuple(matches))
        yield from self._entries(reader, selection, gate)

    def _entries(self, reader: JournalReader, selection: Selection, gate: Gate | None) -> Iterator[Line]:
        number = 0
        batches = reader.batches(selection, self.problems, self.idle)
        for number, entries, kind in gate.sift_entries(batches) if gate else _all_of(batches):
            _, time, host, unit, process, pid, *_ = unpack_entry(entries[0], Peeled(""), reader.name)
            text = "\n".join(map(text_of, entries))
            if kind != "line" and text.count("\n") == len(entries) - 1:
                place, times = Place(self.name, number), tuple(map(time_of, entries))
                yield Line(text, place, time, host, unit, process, pid, False, kind, times)
                continue
            for index, entry in enumerate(entries):
                place, time = Place(self.name, number + index), time_of(entry)
                for order, line in enumerate(text_of(entry).split("\n")):
                    yield Line(line, place, time, host, unit, process, pid, continues=order > 0)
        if not number and not (gate and gate.skipped):
            self.problems.append("no entry in that time" if selection.has_limits else "the journal has no entries")


def _all_of(batches: Iterable[Batch]) -> Iterator[Entries]:
    number = 0
    for batch in batches:
        for index in range(len(batch.messages)):
            number += 1
            yield number, [batch.fields(index)], "line"


def _no_unit(asked: Sequence[str], known: Sequence[str]) -> str:
    names = " or ".join(asked)
    if similar := similar_units(asked, known):
        return f"no entry of {names} in this journal; it has entries of {', '.join(similar)}"
    empty = "nor of any other unit" if not known else "nor of a unit of a similar name"
    return (
        f"no entry of {names} in this journal, {empty}; to read other users' entries takes root or membership of the "
        "group systemd-journal"
    )
