"""`maillogdiag redact`: what leaves is still a log, in which the same failures are found."""

from __future__ import annotations

import io
import stat
import subprocess
import sys
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

import maillogdiag
from maillogdiag.redaction import RedactionMap, redact_stream
from maillogdiag.reports.model import Report
from maillogdiag.sources.content import is_binary
from tests.redaction.canaries import APPLICATIONS, ENVELOPES, canaries

FIXTURES = Path(__file__).parents[1] / "fixtures"
by_name = attrgetter("name")
TEXT_CASES = [
    folder
    for folder in sorted(FIXTURES.glob("*/*"))
    if folder.is_dir() and not any(is_binary(file.read_bytes()[:8192]) for file in folder.iterdir())
]
SCENARIOS = {scenario: list(cases) for scenario, cases in groupby(sorted(TEXT_CASES, key=by_name), key=by_name)}
# All would take minutes: one case of each scenario, of another application each time.
CHOSEN = [cases[number % len(cases)] for number, cases in enumerate(SCENARIOS.values())]
LOG = "\n".join(ENVELOPES["journal-export"](APPLICATIONS["zulip"](canaries(1)), canaries(1))).encode()


class Dribble(io.RawIOBase):
    """A stream that gives its bytes in pieces of these sizes, as a pipe may."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self._data = io.BytesIO(data)
        self._sizes = sizes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        room = memoryview(buffer)  # type: ignore[arg-type]
        piece = self._data.read(min(len(room), self._sizes.pop() if self._sizes else len(room)))
        room[: len(piece)] = piece
        return len(piece)


def redacted(data: bytes) -> bytes:
    return b"".join(redact_stream(io.BytesIO(data), RedactionMap()))


def diagnosis_of(report: Report) -> object:
    findings = sorted((one.cause, one.rule, one.count, one.messages, one.code, one.enhanced) for one in report.findings)
    return report.status, report.summary, findings, [(one.format, one.mail_records) for one in report.coverage]


@pytest.mark.parametrize("folder", CHOSEN, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_a_redacted_log_gives_the_same_diagnosis(folder: Path, tmp_path: Path) -> None:
    logs = [log for log in sorted(folder.iterdir()) if log.name != "case.yaml"]
    mapping = RedactionMap()
    for log in logs:
        with log.open("rb") as stream:
            (tmp_path / log.name).write_bytes(b"".join(redact_stream(stream, mapping)))

    raw = maillogdiag.scan([str(log) for log in logs])
    again = maillogdiag.scan([str(tmp_path / log.name) for log in logs])

    assert diagnosis_of(raw) == diagnosis_of(again)


@given(st.lists(st.integers(1, 300), max_size=60))
def test_it_does_not_matter_in_which_pieces_a_log_arrives(sizes: list[int]) -> None:
    stream = io.BufferedReader(Dribble(LOG, sizes), 16)

    assert redacted(LOG) == b"".join(redact_stream(cast("io.BytesIO", stream), RedactionMap()))


@pytest.mark.parametrize("app", APPLICATIONS)
def test_redacting_what_was_redacted_changes_nothing(app: str) -> None:
    once = redacted("\n".join(APPLICATIONS[app](canaries(5))).encode())

    assert once == redacted(once)


def test_the_length_of_a_binary_field_of_an_exported_journal_is_that_of_what_stands_for_it() -> None:
    message = b"\x1b[1mSent mail to zinnia.quill@canaryhost.net\x1b[0m\nwith two lines"
    entry = b"__CURSOR=s=0f1e2d3c4b\nMESSAGE\n" + len(message).to_bytes(8, "little") + message + b"\n_PID=1\n\n"

    done = redacted(entry * 2)

    new = b"\x1b[1mSent mail to user-1@domain-1\x1b[0m\nwith two lines"
    assert 2 == done.count(b"MESSAGE\n" + len(new).to_bytes(8, "little") + new + b"\n_PID=1\n\n")


@pytest.mark.parametrize("size", [3, 2**40])
def test_an_exported_journal_that_breaks_off_is_read_to_its_end(size: int) -> None:
    done = redacted(b"__CURSOR=s=0f1e2d3c4b\nMESSAGE\n" + size.to_bytes(8, "little") + b"ab")

    assert done.startswith(b"__CURSOR=id-1\nMESSAGE\n")


@pytest.mark.parametrize(
    ("data", "advice"), [(b"LPKSHHRH" + bytes(99), b"journalctl --file"), (bytes(range(9)) * 99, b"no text")]
)
def test_what_is_no_text_is_refused(data: bytes, advice: bytes, tmp_path: Path) -> None:
    file = tmp_path / "system.journal"
    file.write_bytes(data)

    done = subprocess.run([sys.executable, "-m", "maillogdiag", "redact", str(file)], capture_output=True, check=False)

    assert 2 == done.returncode
    assert b"" == done.stdout
    assert advice in done.stderr
    assert b"Traceback" not in done.stderr


def test_the_map_tells_names_but_no_secrets_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    names = tmp_path / "names.json"
    names.write_text("from before")
    names.chmod(0o644)
    private = canaries(1)
    log = tmp_path / "server.log"
    log.write_text("\n".join(APPLICATIONS["zulip"](private)))

    command = [sys.executable, "-m", "maillogdiag", "redact", str(log), "--redaction-map", str(names)]
    subprocess.run(command, capture_output=True, check=True)

    assert 0o600 == stat.S_IMODE(names.stat().st_mode)
    assert private.user in names.read_text()
    assert private.password not in names.read_text()
    assert private.invite not in names.read_text()
