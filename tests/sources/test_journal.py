"""A journal gives the same lines by every way: systemd-python, journalctl, and whatever journalctl printed."""

from __future__ import annotations

import io
import lzma
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from maillogdiag.errors import SourceError, UsageError
from maillogdiag.gate import Gate
from maillogdiag.records import Line
from maillogdiag.sources import journal_batches, journal_python, journal_readers, open_inputs
from maillogdiag.sources.journal import open_journal
from maillogdiag.sources.journal_python import SystemdPython
from maillogdiag.sources.journal_selection import Selection
from maillogdiag.sources.journal_streams import entries_of_journalctl, fields_of_text

REMOTE = Path("/lib/systemd/systemd-journal-remote")
START = datetime(2026, 11, 2, 9, 15, 0, 123456, tzinfo=UTC)

pytestmark = [
    pytest.mark.skipif(not REMOTE.exists(), reason="systemd-journal-remote makes the journal"),
    pytest.mark.skipif(not shutil.which("journalctl"), reason="journalctl is not installed"),
]


@dataclass(frozen=True)
class Entry:
    """One entry to write, a second after the one before it."""

    unit: str
    message: str
    identifier: str = "bundle"
    unit_field: str = "_SYSTEMD_UNIT"


ENTRIES = (
    Entry("mastodon-sidekiq.service", "2026-11-02T09:15:00.000Z pid=811 tid=abc INFO: start"),
    Entry("mastodon-sidekiq@mailers.service", "\x1b[31mred\x1b[0m über"),
    Entry("mastodon-sidekiq.service", "first line\nsecond line\n  third"),
    Entry("ssh.service", "Connection refused", "sshd"),
    Entry("mattermost1.service", "a user's unit", "mattermost1", "_SYSTEMD_USER_UNIT"),
    Entry("zulip_1", "a container's line", "3f1b", "CONTAINER_NAME"),
    Entry("mastodon-sidekiq.service", "x" * 6000),
    Entry("mastodon-sidekiq.service", "Main process exited", "systemd", "UNIT"),
)


def export(entry: Entry, when: datetime) -> bytes:
    micros = round(when.timestamp() * 1e6)
    fields = {
        "__REALTIME_TIMESTAMP": micros,
        "__MONOTONIC_TIMESTAMP": micros % 10**12,
        "_BOOT_ID": "5a8f3c1d2b7e4f60a9c8d7e6f5b4a392",
        "_MACHINE_ID": "0d9c8b7a6f5e4d3c2b1a09f8e7d6c5b4",
        "_HOSTNAME": "social",
        "SYSLOG_IDENTIFIER": entry.identifier,
        "_PID": 811,
        entry.unit_field: entry.unit,
    }
    head = "".join(f"{name}={value}\n" for name, value in fields.items()).encode()
    message = entry.message.encode()
    return head + b"MESSAGE\n" + len(message).to_bytes(8, "little") + message + b"\n\n"


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("journal") / "system.journal"
    stream = b"".join(export(entry, START + timedelta(seconds=number)) for number, entry in enumerate(ENTRIES))
    subprocess.run([REMOTE, f"--output={path}", "-"], input=stream, check=True, capture_output=True)
    return path


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(params=["systemd-python", "systemd-python, documented interface", "journalctl"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The way the journal is read."""
    if request.param == "journalctl":
        monkeypatch.setattr(journal_readers, "_systemd_journal", lambda: None)
    else:
        pytest.importorskip("systemd.journal")
    if "documented" in request.param:
        monkeypatch.setattr(journal_python, "_INNER", ("_of_another_version",))
    return str(request.param)


def texts(lines: Iterator[Line]) -> list[str]:
    return [line.text for line in lines]


OUTPUTS = (
    *("short", "short-iso", "short-precise", "short-iso-precise", "short-full", "with-unit"),
    *("short-unix", "short-monotonic", "json", "json-sse", "json-seq", "export", "verbose"),
)
EXPECTED = [text for entry in ENTRIES for text in entry.message.split("\n")]
EXPECTED[1] = "red über"


@pytest.mark.usefixtures("way")
def test_entries_are_lines_with_what_the_journal_knows(journal: Path) -> None:
    lines = list(open_journal(files=[journal]).lines())

    assert texts(iter(lines)) == EXPECTED
    assert lines[0].time == START
    assert (lines[0].host, lines[0].unit, lines[0].process, lines[0].pid) == (
        "social",
        "mastodon-sidekiq.service",
        "bundle",
        811,
    )
    assert [entry.unit for entry in ENTRIES] == [line.unit for line in lines if not line.continues]
    assert [(3, False), (3, True), (3, True)] == [(line.place.line, line.continues) for line in lines[2:5]]


def test_format_tells_the_way(journal: Path, way: str) -> None:
    source = open_journal(directory=journal.parent)

    list(source.lines())

    assert source.format == f"journal through {way.split(',')[0]}"
    assert source.name == str(journal.parent)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("units", "numbers"),
    [
        (["mastodon-sidekiq"], [0, 1, 2, 6, 7]),
        (["mastodon-sidekiq.service"], [0, 2, 6, 7]),
        (["mastodon-sidekiq@mailers"], [1]),
        (["mastodon-*"], [0, 1, 2, 6, 7]),
        (["ssh", "zulip_1"], [3, 5]),
        (["mattermost1"], [4]),
    ],
)
def test_units_are_found_by_the_names_users_give(journal: Path, units: list[str], numbers: list[int]) -> None:
    lines = open_journal(units=units, files=[journal]).lines()

    assert [ENTRIES[number].unit for number in numbers] == [line.unit for line in lines if not line.continues]


@pytest.mark.usefixtures("way")
def test_times_limit_it(journal: Path) -> None:
    source = open_journal(since="2026-11-02 09:15:03", until="2026-11-02 09:15:05", files=[journal])

    assert [ENTRIES[3].message, ENTRIES[4].message] == texts(source.lines())


@pytest.mark.usefixtures("way")
def test_unit_without_entries_names_those_that_look_alike(journal: Path) -> None:
    source = open_journal(units=["mastodon-sidekik"], files=[journal])

    assert [] == list(source.lines())
    assert "mastodon-sidekik" in source.problems[0]
    assert "mastodon-sidekiq.service" in source.problems[0]


@pytest.mark.usefixtures("way")
def test_time_without_entries_is_told(journal: Path) -> None:
    source = open_journal(since="2026-11-03", files=[journal])

    assert [] == list(source.lines())
    assert source.problems == ["no entry in that time"]


def test_journal_file_among_the_paths_is_read(journal: Path, tmp_path: Path) -> None:
    packed = tmp_path / "system.journal.xz"
    packed.write_bytes(lzma.compress(journal.read_bytes()))

    for path in (journal, packed, journal.parent):
        [source] = open_inputs([str(path)])
        lines = list(source.lines())
        assert EXPECTED == texts(iter(lines))
        assert {str(path)} == {line.place.source for line in lines} | {source.name}


@pytest.mark.parametrize("output", OUTPUTS)
def test_what_journalctl_prints_gives_the_same_lines(journal: Path, tmp_path: Path, output: str) -> None:
    command = ["journalctl", "--no-pager", "--all", f"--file={journal}", f"--output={output}"]
    printed = subprocess.run(command, check=True, capture_output=True, env=os.environ | {"TZ": "UTC"}).stdout
    path = tmp_path / "printed.log"
    path.write_bytes(printed)

    [source] = open_inputs([str(path)])
    lines = [line for line in source.lines() if line.text]

    assert EXPECTED == texts(iter(lines))
    assert {"social"} == {line.host for line in lines}
    times = {line.time.replace(microsecond=0) for line in lines if line.time}
    seconds = {(START + timedelta(seconds=number)).replace(microsecond=0) for number in range(len(ENTRIES))}
    assert times == (set() if output == "short-monotonic" else seconds)


def test_json_without_all_tells_what_it_left_out(journal: Path, tmp_path: Path) -> None:
    command = ["journalctl", "--no-pager", f"--file={journal}", "--output=json"]
    path = tmp_path / "journal.json"
    path.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    [source] = open_inputs([str(path)])

    list(source.lines())

    assert source.problems == ["1 journal entries came without their text: journalctl -o json needs --all"]


@pytest.mark.usefixtures("way")
def test_journal_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        list(open_journal(directory=tmp_path / "none").lines())


def test_reading_through_the_program_is_said_once(
    journal: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(journal_readers, "_systemd_journal", lambda: None)
    journal_readers._say_once.cache_clear()

    for _ in range(2):
        list(open_journal(files=[journal]).lines())

    assert caplog.messages == ["reading through journalctl, since systemd-python is not installed"]


def test_machine_without_a_way_says_what_to_install(monkeypatch: pytest.MonkeyPatch, journal: Path) -> None:
    monkeypatch.setattr(journal_readers, "_systemd_journal", lambda: None)
    monkeypatch.setenv("PATH", "")

    with pytest.raises(SourceError, match=r"pip install 'maillogdiag\[journal\]'"):
        list(open_journal(files=[journal]).lines())


def test_damaged_journal_does_not_crash(journal: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.journal"
    data = journal.read_bytes()
    damaged.write_bytes(data[:300] + b"\xff" * 5000 + data[5300:])
    [source] = open_inputs([str(damaged)])

    try:
        lines = list(source.lines())
    except SourceError:
        lines = []
    assert len(lines) <= len(EXPECTED)


def test_unknown_time_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="cannot understand the time 'soon'"):
        open_journal(since="soon")


def test_installed_systemd_python_has_the_fast_way() -> None:
    """It is not promised: without it reading takes several times as long, and nobody would notice."""
    assert journal_python._has_inner(pytest.importorskip("systemd.journal").Reader)


QUIET = b"2026-11-02T09:15:00.000Z pid=811 tid=abc class=LinkCrawlWorker jid=%024x INFO: start"
ODD: tuple[bytes | None, ...] = (
    b"Net::SMTPFatalError: 550 5.1.1 unknown",
    b"first\nsecond",  # ten bytes and more are binary; their length looks like line breaks
    b"ab\ncdefghi",
    b"\n\nMESSAGE=what\n\n__CURSOR=s=0\n",
    b"\x1b[31mred\x1b[0m",
    b"smtp caf\xe9",
    b"\0",
    None,
    b"smtp " + b"x" * 100_000,
    b"smtp\n" + b"y" * 100_000,
    b"_PID=smtp",
)
"""What a gate for "Net::SMTP" and "smtp" lets through."""


@pytest.fixture(scope="module")
def busy_journal(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[int, bytes | None]]:
    """A journal of two units, much of which a gate holds back; the messages of one of them by their numbers."""
    path = tmp_path_factory.mktemp("busy") / "system.journal"
    messages: list[bytes | None] = [QUIET % number for number in range(4000)]
    messages.insert(3500, b"")
    for number, odd in enumerate(ODD * 3):
        messages.insert(3000 + number * 17 // 2, odd)
    stream = []
    for number, message in enumerate(messages):
        micros = round(START.timestamp() * 1e6) + number * 1000
        for unit, pid, told in (("sidekiq.service", 100 + number % 3, message), ("nginx.service", 7, b"GET / 200")):
            micros += 1
            stream.append(
                f"__REALTIME_TIMESTAMP={micros}\n__MONOTONIC_TIMESTAMP={micros % 10**12}\n"
                "_BOOT_ID=5a8f3c1d2b7e4f60a9c8d7e6f5b4a392\n_MACHINE_ID=0d9c8b7a6f5e4d3c2b1a09f8e7d6c5b4\n"
                f"_HOSTNAME=social\nSYSLOG_IDENTIFIER=bundle\n_PID={pid}\n_SYSTEMD_UNIT={unit}\n".encode()
            )
            if told is not None:
                stream.append(b"MESSAGE\n" + len(told).to_bytes(8, "little") + told + b"\n")
            stream.append(b"\n")
    subprocess.run([REMOTE, f"--output={path}", "-"], input=b"".join(stream), check=True, capture_output=True)
    return path, dict(enumerate(messages, start=1))


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("batch_bytes", [300, 128 * 1024])
def test_no_entry_is_lost_or_mistaken_for_another(
    busy_journal: tuple[Path, dict[int, bytes | None]], batch_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("hyperscan")
    path, messages = busy_journal
    monkeypatch.setattr(journal_batches, "BATCH_BYTES", batch_bytes)
    gate = Gate(("Net::SMTP",), ("smtp",))

    lines = list(open_journal(units=["sidekiq"], files=[path]).lines(gate))

    numbers = {line.place.line for line in lines}
    assert {number for number, message in messages.items() if message in ODD} <= numbers
    assert len(messages) == len(numbers) + gate.skipped
    assert gate.skipped > 500
    for number in numbers:
        own = [line for line in lines if line.place.line == number]
        text = (messages[number] or b"").decode("utf-8", "replace").rstrip("\n")
        assert re.sub(r"\x1b\[\d+m", "", text) == "\n".join(line.text for line in own)
        micros = round(START.timestamp() * 1e6) + (number - 1) * 1000 + 1
        assert {(micros, "sidekiq.service", 100 + (number - 1) % 3)} == {
            (round(line.time.timestamp() * 1e6) if line.time else 0, line.unit, line.pid) for line in own
        }


def test_file_that_is_vacuumed_when_reading_begins_keeps_its_messages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("systemd.journal")
    for number in range(2):
        stream = export(Entry("ssh.service", f"message {number}"), START + timedelta(seconds=number))
        subprocess.run([REMOTE, f"--output={tmp_path / f'{number}.journal'}", "-"], input=stream, check=True)
    open_one = SystemdPython._open

    def open_and_vacuum(reader: SystemdPython, selection: Selection) -> object:
        opened = open_one(reader, selection)
        (tmp_path / "0.journal").unlink(missing_ok=True)
        return opened

    monkeypatch.setattr(SystemdPython, "_open", open_and_vacuum)

    assert ["message 0", "message 1"] == texts(open_journal(directory=tmp_path).lines())


def test_a_message_whose_length_begins_with_a_line_break_may_go_on_in_journalctls_next_portion() -> None:
    message = b"sent to\nmail.x"
    message += b"!" * (266 - len(message))  # 0x010a, the last byte first
    head = b"_PID=7\nMESSAGE\n"
    export = head + len(message).to_bytes(8, "little") + message + b"\n\n_PID=8\nMESSAGE=next\n\n"

    stream = io.BufferedReader(cast(io.RawIOBase, io.BytesIO(export)), len(head) + 1)
    entries = [one for portion in entries_of_journalctl(stream) for one in portion]

    told = [one if isinstance(one, dict) else fields_of_text(one) for one in entries]
    assert [message, b"next"] == [fields["MESSAGE"] for fields in told if fields]
