"""The journal through the program journalctl."""

from __future__ import annotations

import io
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from typing import cast

from maillogdiag.errors import SourceError
from maillogdiag.gate import Batch
from maillogdiag.sources.interface import Idle
from maillogdiag.sources.journal_batches import batches_of
from maillogdiag.sources.journal_selection import NAMING_FIELDS, Selection
from maillogdiag.sources.journal_streams import entries_of_journalctl, fields_of_export
from maillogdiag.sources.pipes import FollowedPipe

_PORTION_BYTES = 64 * 1024  # as much as a pipe holds


class Journalctl:
    """Reads through the program, in its export format: -o json is four times slower and drops long messages.

    All fields are asked for: to choose some with --output-fields takes twice as long.
    """

    name = "journal through journalctl"

    def __init__(self, program: str) -> None:
        self._program = program

    def units(self, selection: Selection) -> list[tuple[str, str]]:
        """See `JournalReader.units`."""
        found: list[tuple[str, str]] = []
        for field in NAMING_FIELDS:
            command = [*self._command(selection), f"--field={field}"]
            done = subprocess.run(command, capture_output=True, check=False)
            found += [(field, unit) for unit in done.stdout.decode("utf-8", "replace").splitlines()]
        return sorted(found)

    def batches(self, selection: Selection, problems: list[str], idle: Idle | None = None) -> Iterator[Batch]:
        """See `JournalReader.batches`."""
        command = [*self._command(selection), "--output=export"]
        command += ["--follow", "--no-tail"] if idle else []
        command += [f"--since=@{selection.start.timestamp():.6f}"] if selection.start else []
        command += [f"--until=@{selection.end.timestamp():.6f}"] if selection.end else []
        for number, (field, value) in enumerate(selection.matches):
            command += ["+"] * bool(number) + [f"{field}={value}"]
        with (
            tempfile.TemporaryFile() as errors,
            subprocess.Popen(
                command,
                bufsize=_PORTION_BYTES,
                stdout=subprocess.PIPE,
                stderr=errors,
                # In a group of its own, where it does not get the Ctrl-C that ends the following.
                process_group=0 if idle else None,
            ) as process,
        ):
            assert process.stdout is not None
            try:
                if idle:
                    pipe = io.BufferedReader(FollowedPipe(process.stdout.fileno(), idle))
                    for fields in filter(None, fields_of_export(pipe)):
                        yield from batches_of([[fields]])
                else:
                    yield from batches_of(entries_of_journalctl(cast(io.BufferedReader, process.stdout)))
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
