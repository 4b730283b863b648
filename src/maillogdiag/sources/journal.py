"""The systemd journal: through systemd-python where it is installed, else through the journalctl program."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from maillogdiag.envelopes import Peeled, from_journal_fields
from maillogdiag.errors import SourceError
from maillogdiag.records import Line, Place
from maillogdiag.sources.interface import Source
from maillogdiag.sources.journal_export import FIELDS, entries_of_export
from maillogdiag.timespec import parse_time

_MOST_HINTS = 5


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
        units: as journalctl takes them, with or without ".service"; patterns such as "mastodon-sidekiq*" too.
        since: from when, as journalctl takes it.
        until: up to when.
        directory: a folder of journal files instead of this machine's journal.
        files: journal files instead of this machine's journal.

    Raises:
        UsageError: a time cannot be understood.
    """
    start, end = (parse_time(text, datetime.now().astimezone()) if text else None for text in (since, until))
    return JournalSource(tuple(_unit_name(unit) for unit in units), start, end, directory, tuple(files))


class JournalSource:
    """The journal of this machine, of a folder, or of some files."""

    def __init__(
        self,
        units: tuple[str, ...],
        start: datetime | None,
        end: datetime | None,
        directory: Path | None,
        files: tuple[Path, ...],
    ) -> None:
        self.name = " ".join(map(str, files)) or (str(directory) if directory else "journal")
        self.format = "journal"
        self.problems: list[str] = []
        self._units, self._start, self._end = units, start, end
        self._directory, self._files = directory, files

    def lines(self) -> Iterator[Line]:
        """Yield the entries as lines. See `Source.lines`."""
        for path in (*self._files, *([self._directory] if self._directory else [])):
            if not path.exists():
                raise SourceError(f"{path} does not exist")
        entries = self._reader_entries() if _has_systemd_python() else self._journalctl_entries()
        number = 0
        for number, peeled in enumerate(entries, start=1):
            place = Place(self.name, number)
            yield Line(peeled.text, place, peeled.time, peeled.host, peeled.unit, peeled.process, peeled.pid)
        if not number and self._units:
            self.problems.append(self._no_entries())

    def _journalctl_entries(self) -> Iterator[Peeled]:
        program = shutil.which("journalctl")
        if program is None:
            raise SourceError(
                "the journal needs the journalctl program or the Python package systemd-python; "
                "install one (apt install systemd, or pip install 'maillogdiag[journal]'), or send a log through a "
                "pipe: journalctl -u UNIT | maillogdiag scan -"
            )
        if "systemd-python" not in _told:
            _told.add("systemd-python")
            sys.stderr.write("maillogdiag: reading through journalctl, since systemd-python is not installed\n")
        self.format = "journal through journalctl"
        command = [program, "--quiet", "--no-pager", "--output=export", f"--output-fields={','.join(FIELDS)}"]
        command += [f"--unit={unit}" for unit in self._units]
        command += [f"--since=@{self._start.timestamp():.6f}"] if self._start else []
        command += [f"--until=@{self._end.timestamp():.6f}"] if self._end else []
        command += [f"--directory={self._directory}"] if self._directory else []
        command += [f"--file={file}" for file in self._files]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            yield from entries_of_export(process.stdout, self.format)
            complaint = process.stderr.read().decode("utf-8", "replace").strip()
        if process.returncode:
            raise SourceError(f"journalctl says: {complaint or f'exit code {process.returncode}'}")
        if complaint:
            self.problems.append(f"journalctl says: {complaint}")

    def _reader_entries(self) -> Iterator[Peeled]:
        from systemd import journal

        self.format = "journal through systemd-python"
        reader = self._open_reader(journal)
        read = _field_reader(reader)
        while reader._next():
            if self._end and reader._get_realtime() > self._end.timestamp() * 1e6:
                break
            fields = {name: read(name) for name in FIELDS[2:]}
            fields["__REALTIME_TIMESTAMP"] = str(reader._get_realtime())
            for text in read("MESSAGE").splitlines() or [""]:
                yield from_journal_fields({**fields, "MESSAGE": text}, self.format)

    def _open_reader(self, journal: Any) -> Any:
        try:
            if self._files:
                reader = journal.Reader(files=[str(file) for file in self._files])
            else:
                reader = journal.Reader(path=str(self._directory)) if self._directory else journal.Reader()
        except OSError as error:
            raise SourceError(f"the journal cannot be opened: {error.strerror or error}") from None
        for number, unit in enumerate(self._matching_units(reader)):
            if number:
                reader.add_disjunction()
            reader.add_match(_SYSTEMD_UNIT=unit)
        if self._start:
            reader.seek_realtime(self._start.timestamp())
        return reader

    def _matching_units(self, reader: Any) -> list[str]:
        """The units asked for, patterns replaced by what the journal has."""
        from fnmatch import fnmatchcase

        known = sorted(reader.query_unique("_SYSTEMD_UNIT")) if any("*" in unit for unit in self._units) else []
        units: list[str] = []
        for unit in self._units:
            units += [name for name in known if fnmatchcase(name, unit)] if "*" in unit else [unit]
        return units if units or not self._units else list(self._units)

    def _no_entries(self) -> str:
        wanted = ", ".join(self._units)
        return (
            f"no entry of {wanted} in this journal; `systemctl list-units '*sidekiq*' '*mattermost*'` shows the names, "
            "and reading other users' units needs root or membership of the group systemd-journal"
        )


_told: set[str] = set()


def _unit_name(unit: str) -> str:
    """Like journalctl: a name without a unit type is a service."""
    has_type = unit.endswith((".service", ".scope", ".slice", ".socket", ".timer", ".target"))
    return unit if has_type else f"{unit}.service"


def _has_systemd_python() -> bool:
    try:
        import systemd.journal  # noqa: F401
    except ImportError:
        return False
    return True


def _field_reader(reader: Any) -> Callable[[str], str]:
    """Return a function that reads one field of the current entry, "" where it has none.

    `_get` reads one field; the documented `get_next` converts all of them and takes eight times as long.
    """

    def read(name: str) -> str:
        try:
            value = reader._get(name)
        except KeyError:
            return ""
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

    return read
