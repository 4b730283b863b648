"""Two ways to read a journal: the Python package systemd-python, and the program journalctl."""

from __future__ import annotations

import io
import logging
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from maillogdiag.envelopes import JOURNAL_FIELDS
from maillogdiag.errors import SourceError
from maillogdiag.sources.interface import Idle
from maillogdiag.sources.journal_streams import fields_of_export
from maillogdiag.sources.pipes import FollowedPipe

UNIT_FIELDS = ("_SYSTEMD_UNIT", "_SYSTEMD_USER_UNIT", "CONTAINER_NAME")
# Entries that systemd itself writes about a unit: that it failed, that it was restarted.
_ABOUT_UNIT = "UNIT"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which entries to read.

    Args:
        units: exact names of units and containers; none means all.
        start: from when.
        end: up to when.
        directory: a folder of journal files; None means this machine's journal, if there are no files either.
        files: journal files.
    """

    units: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    directory: Path | None = None
    files: tuple[Path, ...] = ()

    @property
    def has_limits(self) -> bool:
        """Whether times limit it."""
        return self.start is not None or self.end is not None

    def of_units(self, units: tuple[str, ...]) -> Selection:
        """Return the same, of these units only."""
        return replace(self, units=units)

    def matches(self) -> list[tuple[str, str]]:
        """Return field and value pairs of which an entry has at least one."""
        return [(field, unit) for unit in self.units for field in (*UNIT_FIELDS, _ABOUT_UNIT)]


class JournalReader(Protocol):
    """A way to read a journal."""

    name: str

    def units(self, selection: Selection) -> list[str]:
        """Return all units and containers that the journal has entries of, sorted."""
        ...

    def entries(
        self, selection: Selection, problems: list[str], idle: Idle | None = None
    ) -> Iterator[Mapping[str, object]]:
        """Yield the entries' fields in order of time; raises SourceError where there is no journal to read.

        Args:
            selection: which ones.
            problems: gets a sentence for what was lost.
            idle: called while there is no further entry; they end where it returns False, or at once without it.
        """
        ...


def open_reader() -> JournalReader:
    """Return the best reader that this machine has.

    Raises:
        SourceError: it has none.
    """
    if _systemd_journal() is not None:
        return SystemdPython()
    program = shutil.which("journalctl")
    if program is None:
        raise SourceError(
            "the journal needs the journalctl program or the Python package systemd-python; install one (apt install "
            "systemd, or pip install 'maillogdiag[journal]'), or on the server send the log through a pipe: "
            "journalctl -u UNIT -o export | maillogdiag scan -"
        )
    _say_once("reading through journalctl, since systemd-python is not installed")
    return Journalctl(program)


class Journalctl:
    """Reads through the program, in its export format: -o json is four times slower and drops long messages."""

    name = "journal through journalctl"

    def __init__(self, program: str) -> None:
        self._program = program

    def units(self, selection: Selection) -> list[str]:
        """See `JournalReader.units`."""
        found: set[str] = set()
        for field in UNIT_FIELDS:
            command = [*self._command(selection), f"--field={field}"]
            done = subprocess.run(command, capture_output=True, check=False)
            found.update(done.stdout.decode("utf-8", "replace").splitlines())
        return sorted(found)

    def entries(
        self, selection: Selection, problems: list[str], idle: Idle | None = None
    ) -> Iterator[Mapping[str, object]]:
        """See `JournalReader.entries`."""
        command = [*self._command(selection), "--output=export", f"--output-fields={','.join(JOURNAL_FIELDS)}"]
        command += ["--follow", "--no-tail"] if idle else []
        command += [f"--since=@{selection.start.timestamp():.6f}"] if selection.start else []
        command += [f"--until=@{selection.end.timestamp():.6f}"] if selection.end else []
        for number, (field, value) in enumerate(selection.matches()):
            command += ["+"] * bool(number) + [f"{field}={value}"]
        with (
            tempfile.TemporaryFile() as errors,
            # In a group of its own, where it does not get the Ctrl-C that ends the following.
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, process_group=0 if idle else None
            ) as process,
        ):
            assert process.stdout is not None
            pipe = io.BufferedReader(FollowedPipe(process.stdout.fileno(), idle)) if idle else process.stdout
            try:
                for fields in fields_of_export(cast(BinaryIO, pipe)):
                    if "MESSAGE" in fields:
                        yield fields
            except BaseException:  # whoever reads has enough
                process.kill()
                raise
            if idle:
                process.terminate()
            code = process.wait()
            errors.seek(0)
            complaint = errors.read().decode("utf-8", "replace").strip()
        if code > 0 and code != 128 + signal.SIGTERM:
            raise SourceError(f"journalctl says: {complaint or f'exit code {code}'}")
        if complaint:
            problems.append(f"journalctl says: {complaint}")

    def _command(self, selection: Selection) -> list[str]:
        command = [self._program, "--quiet", "--no-pager", "--all"]
        command += [f"--directory={selection.directory}"] if selection.directory else []
        return command + [f"--file={file}" for file in selection.files]


class SystemdPython:
    """Reads through systemd-python."""

    name = "journal through systemd-python"

    def units(self, selection: Selection) -> list[str]:
        """See `JournalReader.units`."""
        reader = self._open(selection)
        return sorted({str(unit) for field in UNIT_FIELDS for unit in reader.query_unique(field)})

    def entries(
        self, selection: Selection, problems: list[str], idle: Idle | None = None
    ) -> Iterator[Mapping[str, object]]:
        """See `JournalReader.entries`."""
        reader = self._open(selection)
        for number, (field, value) in enumerate(selection.matches()):
            if number:
                reader.add_disjunction()
            reader.add_match(**{field: value})
        if selection.start:
            reader.seek_realtime(selection.start.timestamp())
        end_micros = selection.end.timestamp() * 1e6 if selection.end else None
        while True:
            for entry in _fast_entries(reader) if hasattr(reader, "_get_all") else _documented_entries(reader):
                if end_micros is not None and int(entry["__REALTIME_TIMESTAMP"]) > end_micros:
                    return
                yield entry
            if idle is None or not idle():
                return
            reader.wait(0)  # takes note of files that were rotated or vacuumed

    def _open(self, selection: Selection) -> Any:
        journal = _systemd_journal()
        assert journal is not None
        try:
            if selection.files:
                return journal.Reader(files=[str(file) for file in selection.files])
            return journal.Reader(path=str(selection.directory)) if selection.directory else journal.Reader()
        except OSError as error:
            raise SourceError(f"the journal cannot be opened: {error.strerror or error}") from None


def _fast_entries(reader: Any) -> Iterator[dict[str, Any]]:
    """Read all fields as bytes through what `Reader` inherits from its C part.

    `get_next` converts every field of an entry, and takes four times as long; so does asking field by field.
    """
    fields: Callable[[], dict[str, Any]] = reader._get_all
    while reader._next():
        entry = fields()
        entry["__REALTIME_TIMESTAMP"] = str(reader._get_realtime())
        yield entry


def _documented_entries(reader: Any) -> Iterator[dict[str, Any]]:
    """Read through the documented interface, for versions of systemd-python that lack the other."""
    while entry := reader.get_next():
        micros = round(entry["__REALTIME_TIMESTAMP"].timestamp() * 1e6)
        yield {**entry, "__REALTIME_TIMESTAMP": str(micros)}


def _systemd_journal() -> Any:
    try:
        from systemd import journal  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError:
        return None
    return journal


@cache
def _say_once(sentence: str) -> None:
    _log.warning(sentence)
