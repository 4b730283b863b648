"""Makes real journal files of recorded logs, and what journalctl prints of them."""

from __future__ import annotations

import datetime as dt
import lzma
import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

REMOTE = "/lib/systemd/systemd-journal-remote"
_BOOT = "5a8f3c1d2b7e4f60a9c8d7e6f5b4a392"
_MACHINE = "0d9c8b7a6f5e4d3c2b1a09f8e7d6c5b4"
OUTPUTS = ("short", "short-iso", "short-precise", "json", "export", "cat", "with-unit", "verbose")


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of the journal."""

    time: dt.datetime
    unit: str
    identifier: str
    pid: int
    message: str
    host: str = "social"


def write_journal(entries: Sequence[Entry]) -> bytes:
    """Return the bytes of a .journal file with these entries, in their order of time."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "system.journal"
        append_to_journal(path, sorted(entries, key=lambda entry: entry.time))
        return path.read_bytes()


def append_to_journal(path: Path, entries: Sequence[Entry]) -> None:
    """Write entries to a .journal file, which is made where it is not there yet."""
    stream = b"".join(map(_export, entries))
    subprocess.run([REMOTE, f"--output={path}", "-"], input=stream, check=True, capture_output=True)


def pack(journal: bytes) -> bytes:
    """A journal is 8 MB of mostly nothing."""
    return lzma.compress(journal, preset=9)


def show_journal(journal: bytes, output: str) -> bytes:
    """Return what `journalctl -o OUTPUT` prints, in UTC."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "system.journal"
        path.write_bytes(journal)
        command = ["journalctl", "--no-pager", f"--file={path}", f"--output={output}"]
        shown = subprocess.run(command, check=True, capture_output=True, env=os.environ | {"TZ": "UTC"})
    return shown.stdout


def _export(entry: Entry) -> bytes:
    """Write one entry in the journal export format; a message with control characters goes as binary."""
    micros = int(entry.time.timestamp() * 1_000_000)
    fields = {
        "__REALTIME_TIMESTAMP": micros,
        "__MONOTONIC_TIMESTAMP": micros % 10**12,
        "_BOOT_ID": _BOOT,
        "_MACHINE_ID": _MACHINE,
        "_HOSTNAME": entry.host,
        "_TRANSPORT": "stdout",
        "PRIORITY": 6,
        "SYSLOG_FACILITY": 3,
        "SYSLOG_IDENTIFIER": entry.identifier,
        "_PID": entry.pid,
        "_UID": 1001,
        "_SYSTEMD_UNIT": entry.unit,
    }
    text = "".join(f"{name}={value}\n" for name, value in fields.items()).encode()
    message = entry.message.encode("utf-8", "surrogateescape")
    if any(byte < 32 and byte != 9 for byte in message):
        return text + b"MESSAGE\n" + len(message).to_bytes(8, "little") + message + b"\n\n"
    return text + b"MESSAGE=" + message + b"\n\n"
