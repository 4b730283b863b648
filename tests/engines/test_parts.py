"""However a log is divided, its report is that of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillogdiag.engines.parts import Task, read
from maillogdiag.engines.spreading import Await, run_spread
from maillogdiag.grammars.registry import load_grammars
from maillogdiag.pipeline import Scan
from maillogdiag.reports.json_report import report_to_json
from maillogdiag.rulebase import load_rules
from maillogdiag.sources import open_inputs
from maillogdiag.sources.interface import Source

FIXTURES = Path(__file__).parents[1] / "fixtures"
GRAMMARS, RULES = load_grammars(), load_rules()


class Here:
    """Workers that are this process; count how many tasks they got, and how often a state was given with them."""

    ahead = 3

    def __init__(self) -> None:
        self.tasks: list[Task] = []

    def can_read(self, source: Source) -> bool:
        return True

    def submit(self, task: Task) -> Await:
        self.tasks.append(task)
        return partial(read, task)

    @property
    def read_again(self) -> int:
        return sum(task.state is not None for task in self.tasks)


def report_of(log: Path, *, gated: bool = True) -> str:
    scan = Scan(GRAMMARS, RULES, gated=gated)
    scan.run(open_inputs([str(log)]))
    return report_to_json(scan.report())


def spread_report_of(log: Path, part_bytes: int, *, gated: bool = True) -> tuple[str, Here]:
    scan, workers = Scan(GRAMMARS, RULES, gated=gated), Here()
    with (
        patch("maillogdiag.engines.spreading._LEAST_BYTES", part_bytes),
        patch("maillogdiag.engines.spreading._MOST_BYTES", part_bytes),
    ):
        run_spread(scan, open_inputs([str(log)]), workers)
    return report_to_json(scan.report()), workers


def logs() -> Iterator[Path]:
    return (path for path in sorted(FIXTURES.rglob("*.log")) if path.stat().st_size > 2_000)


@pytest.mark.parametrize("shift", range(3))
def test_recorded_logs_in_a_row(shift: int, tmp_path: Path) -> None:
    log = tmp_path / "all.log"
    chosen = list(logs())[shift::3]
    Random(shift).shuffle(chosen)
    log.write_bytes(b"".join(path.read_bytes() for path in chosen))

    spread, workers = spread_report_of(log, 40_000 + 1_111 * shift)

    assert spread == report_of(log)
    assert len(workers.tasks) > 10


JOB = "2026-11-02T09:25:27.425Z pid=23 tid=1cr class=ActionMailer::MailDeliveryJob jid=3818584067d008cb4cac"
PIECES = (
    f"{JOB} INFO: start",
    f"{JOB} INFO: done",
    f"{JOB} WARN: Net::SMTPAuthenticationError: 535 5.7.8 Error: refused\n):\n/net-smtp-0.3.1/smtp.rb:1071:in `x'",
    "2026-11-02 09:25:25,425 INFO     [zerver.lib.send_email] Sending password_reset email to ['ada@example.net']",
    "2026-11-02 09:25:26,425 ERROR    Error sending password_reset email to ['ada@example.net']\n"
    'Traceback (most recent call last):\n  File "/usr/lib/python3.11/smtplib.py", line 750, in login\n    raise x\n'
    "smtplib.SMTPAuthenticationError: (535, b'5.7.8 Error')",
    "an exception (535-5.7.8 first line of a reply\n535 5.7.8 last line of a reply)",
    '{"timestamp":"2026-11-02 09:25:26.425 Z","level":"error","msg":"Error while sending the email",'
    '"error":"dial tcp 192.0.2.25:587: connect: connection refused"}',
    "Nov  2 09:25:27 mail postfix/smtp[81]: 4XyZ12345a: to=<ada@example.net>, relay=none, delay=1, dsn=4.4.1, "
    "status=deferred (connect to mx.example.net[192.0.2.1]:25: Connection timed out)",
    '{"log":"the first part of an SMTP error, ","stream":"stdout","time":"2026-11-02T09:25:27.425000000Z"}',
    '{"log":"its end\\n","stream":"stdout","time":"2026-11-02T09:25:27.425000000Z"}',
    "2026-11-02T09:25:27.669794202Z stdout P the first part of an SMTP error, ",
    "2026-11-02T09:25:27.669794202Z stdout F its end",
    "Net::OpenTimeout: execution expired",
    "the SmTp server made an error that nobody knows",
    "the SMTP server made another error in \0 line",
    "                    the further line of a journal's entry",
    "    indented",
    "   2026-11-02T09:25:30.425Z pid=23 tid=1cr INFO: copied",
    "==> other.log <==",
    "[104B blob data]",
    "x" * 3_000,
    "",
)
WRITERS = ("", "", "Nov 02 09:25:25 social bundle[811]: ", "Nov 02 09:25:25 social bundle[812]: ", "web_1  | ")


@settings(max_examples=150)
@given(
    pieces=st.lists(st.tuples(st.sampled_from(WRITERS), st.sampled_from(PIECES)), min_size=5, max_size=60),
    repeated=st.integers(1, 3),
    ending=st.sampled_from(["\n", ""]),
    part_bytes=st.integers(1, 4_000),
    run_up=st.sampled_from([1, 5, 50]),
)
def test_any_log_at_any_borders(
    pieces: list[tuple[str, str]], repeated: int, ending: str, part_bytes: int, run_up: int
) -> None:
    lines = [writer + line for writer, text in pieces * repeated for line in text.split("\n")]
    with TemporaryDirectory() as folder:
        log = Path(folder) / "a.log"
        log.write_text("\n".join(lines) + ending)
        part_bytes = max(part_bytes, log.stat().st_size // 30)
        with patch("maillogdiag.gate._SAMPLE_BYTES", 100), patch("maillogdiag.gate._LEAST_BYTES", 0):
            with patch("maillogdiag.sources.ranges._RUN_UP_LINES", run_up):
                spread, _ = spread_report_of(log, part_bytes)
            whole = report_of(log, gated=False)

    assert spread == whole


def test_failures_without_times_that_stand_at_the_same_line_of_several_parts(tmp_path: Path) -> None:
    traceback = (
        'Traceback (most recent call last):\n  File "/usr/lib/python3.11/smtplib.py", line 750, in login\n    raise x\n'
        "smtplib.SMTPAuthenticationError: (535, b'5.7.8 Error')\n"
    )
    log = tmp_path / "a.log"
    log.write_text(("something else\n" * 1_000 + traceback) * 3)

    spread, workers = spread_report_of(log, log.stat().st_size // 3)

    assert spread == report_of(log)
    assert len(workers.tasks) == 3


QUIET = "2026-11-02T09:25:25.425Z pid=23 tid=1cr class=ActivityPub::DeliveryWorker jid=531e3b06038ad1411b05 INFO: start"


# No runtime cuts lines that stand in these envelopes.
WHOLE_LINES = [piece for piece in PIECES if "the first part" not in piece and "its end" not in piece]


@settings(max_examples=80)
@given(
    pieces=st.lists(st.tuples(st.sampled_from(WRITERS[1:4]), st.sampled_from(WHOLE_LINES)), min_size=5, max_size=30),
    quiet=st.lists(st.sampled_from([0, 1, 3, 12]), min_size=5, max_size=5),
    run_up=st.sampled_from([1, 5, 15]),
)
def test_parts_of_which_most_is_held_back(pieces: list[tuple[str, str]], quiet: list[int], run_up: int) -> None:
    lines = [WRITERS[2] + QUIET] * 10
    for number, (writer, text) in enumerate(pieces):
        lines += [writer + line for line in text.split("\n")]
        lines += [(writer or WRITERS[2]) + QUIET] * quiet[number % len(quiet)]
    with (
        TemporaryDirectory() as folder,
        patch("maillogdiag.gate._LEAST_BYTES", 0),
        patch("maillogdiag.gate.WINDOW", 5),
        patch("maillogdiag.joining.WINDOW", 5),
        patch("maillogdiag.sources.ranges._RUN_UP_LINES", run_up),
    ):
        log = Path(folder) / "a.log"
        log.write_text("\n".join(lines))
        spread, _ = spread_report_of(log, max(1_000, log.stat().st_size // 12))
        whole = report_of(log, gated=False)

    assert spread == whole
