"""Sources that go on: what is written to a file, a pipe or the journal while it is read."""

from __future__ import annotations

import gzip
import io
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from maillogdiag.records import Line
from maillogdiag.sources import following, journal_readers, open_followed
from maillogdiag.sources.following import FollowedFile, FollowedText
from maillogdiag.sources.journal import JournalSource, open_journal
from tests.lab.journal import REMOTE, Entry, append_to_journal

Step = Callable[[], object]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_OLD_FILE_S", 0)


def read(path: Path, *steps: Step) -> str:
    """What is read of a file, where one step happens each time that there is nothing to read."""
    left = iter(steps)

    def idle() -> bool:
        step = next(left, None)
        if step:
            step()
        return step is not None

    return io.BufferedReader(FollowedFile(path, idle, [])).read().decode()


def append(path: Path, text: str) -> Step:
    def step() -> None:
        with path.open("a") as file:
            file.write(text)

    return step


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "a.log"
    path.write_text("one\n")
    return path


def test_what_is_appended_is_read(log: Path) -> None:
    assert "one\ntwo\nthree\n" == read(log, append(log, "tw"), append(log, "o\n"), append(log, "three\n"))


def test_rotation_loses_nothing_that_is_still_written_to_the_old_file(log: Path) -> None:
    old = log.with_suffix(".log.1")

    def rotate() -> None:
        log.rename(old)
        log.touch()

    assert "one\nlate\nnew\n" == read(log, rotate, append(old, "late\n"), append(log, "new\n"))


def test_file_that_is_gone_is_waited_for(log: Path) -> None:
    assert "one\nback\n" == read(log, log.unlink, lambda: None, append(log, "back\n"))


def test_file_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "b.log"

    assert "first\n" == read(path, lambda: None, append(path, "first\n"))


@pytest.mark.parametrize("text", ["2\n", "two\n", "two, longer than what was there\n"])
def test_truncated_file_is_read_from_its_beginning(log: Path, text: str) -> None:
    """copytruncate; the file may have grown again before anybody looks."""
    assert f"one\n{text}" == read(log, lambda: log.write_text(text))


def test_line_that_breaks_off_where_the_file_is_truncated_stays_a_line(log: Path) -> None:
    assert "one\nbroken o\nnew\n" == read(log, append(log, "broken o"), lambda: log.write_text("new\n"))


def test_only_the_newest_of_a_rotated_series_is_followed(log: Path) -> None:
    log.with_suffix(".log.2.gz").write_bytes(gzip.compress(b"oldest\n"))
    log.with_suffix(".log.1").write_text("older\n")

    sources = open_followed([str(log.parent)])

    assert ["a.log.2.gz", "a.log.1", "a.log"] == [Path(source.name).name for source in sources]
    assert [False, False, True] == [isinstance(source, FollowedText) for source in sources]


def test_empty_log_in_a_folder_is_followed(log: Path) -> None:
    log.write_text("")

    assert [str(log)] == [
        source.name for source in open_followed([str(log.parent)]) if isinstance(source, FollowedText)
    ]


def test_whole_lines_do_not_wait_for_the_end_of_one_that_is_begun(log: Path) -> None:
    log.write_text("one\ntwo\nthr")
    source = FollowedText(str(log), partial(FollowedFile, log), datetime.now(UTC))
    texts: list[str] = []
    steps = iter([lambda: texts.append("waits"), append(log, "ee\n")])
    source.idle = lambda: bool([step() for step in [next(steps, None)] if step])

    for line in source.lines():
        texts.append(line.text)

    assert ["one", "two", "waits", "three"] == texts


def test_year_of_a_line_that_is_written_later_is_that_of_the_day(log: Path) -> None:
    """A syslog line has no year: it is told by the file's last change, and that moves on."""
    log.write_text("Dec 30 23:59:59 host app[1]: old\n")
    source = FollowedText(str(log), partial(FollowedFile, log), datetime(2021, 1, 1, tzinfo=UTC))
    today = datetime.now().astimezone()
    steps = iter([append(log, f"{today:%b %d %H:%M:%S} host app[1]: new\n")])
    source.idle = lambda: bool([step() for step in [next(steps, None)] if step])

    assert [2020, today.year] == [line.time.year for line in source.lines() if line.time]


needs_journal = pytest.mark.skipif(
    not (Path(REMOTE).exists() and shutil.which("journalctl")), reason="systemd-journal-remote makes the journal"
)


@pytest.fixture(params=["systemd-python", "journalctl"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way the journal is read."""
    if request.param == "journalctl":
        monkeypatch.setattr(journal_readers, "_systemd_journal", lambda: None)
    else:
        pytest.importorskip("systemd.journal")


def entry(number: int, unit: str = "mastodon-sidekiq.service") -> Entry:
    return Entry(datetime(2026, 11, 2, 9, tzinfo=UTC) + timedelta(seconds=number), unit, "bundle", 1, f"entry {number}")


def follow(source: JournalSource, *steps: tuple[int, Step]) -> list[str]:
    """The texts of a journal's entries, where each step happens once so many have come; ends behind the last step."""
    deadline = time.monotonic() + 60
    texts: list[str] = []
    left = list(steps)

    def idle() -> bool:
        time.sleep(0.02)
        if left and len(texts) >= left[0][0]:
            left.pop(0)[1]()
        return bool(left) and time.monotonic() < deadline

    source.idle = idle
    lines: Iterator[Line] = source.lines()
    for line in lines:
        texts.append(line.text)
    return texts


def nothing() -> None:
    """The last step: what was waited for has come."""


@needs_journal
@pytest.mark.usefixtures("_way")
def test_journal_is_followed_past_rotation_and_vacuum(tmp_path: Path) -> None:
    first, second = tmp_path / "system.journal", tmp_path / "user.journal"
    append_to_journal(first, [entry(1)])
    source = open_journal(units=["mastodon-sidekiq"], directory=tmp_path)
    assert isinstance(source, JournalSource)

    texts = follow(
        source,
        (1, lambda: append_to_journal(first, [entry(2), entry(3, "ssh.service")])),
        (2, lambda: append_to_journal(second, [entry(4)])),
        (3, first.unlink),
        (3, lambda: append_to_journal(second, [entry(5)])),
        (4, nothing),
    )

    assert ["entry 1", "entry 2", "entry 4", "entry 5"] == texts
    assert [] == source.problems


@needs_journal
@pytest.mark.usefixtures("_way")
def test_unit_that_has_no_entry_yet_is_waited_for(tmp_path: Path) -> None:
    journal = tmp_path / "system.journal"
    append_to_journal(journal, [entry(1, "ssh.service")])
    source = open_journal(units=["mastodon-sidekiq"], directory=tmp_path)
    assert isinstance(source, JournalSource)

    assert ["entry 2"] == follow(source, (0, lambda: append_to_journal(journal, [entry(2)])), (1, nothing))
