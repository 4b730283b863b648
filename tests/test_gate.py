"""What the gate holds back changes no report, whatever the log."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillogdiag.gate import Batch, Gate
from maillogdiag.grammars.registry import load_grammars
from maillogdiag.pipeline import Scan
from maillogdiag.records import Line
from maillogdiag.reports.json_report import report_to_json
from maillogdiag.rulebase import load_rules
from maillogdiag.sources.interface import Idle
from maillogdiag.sources.journal import JournalSource
from maillogdiag.sources.journal_batches import batches_of
from maillogdiag.sources.journal_selection import Selection
from maillogdiag.sources.text import TextSource

FIXTURES = Path(__file__).parent / "fixtures"
GRAMMARS, RULES = load_grammars(), load_rules()

QUIET = "2026-11-02T09:25:25.425Z pid=23 tid=1cr class=ActivityPub::DeliveryWorker jid=531e3b06038ad1411b05 INFO: start"
PIECES = (
    *[QUIET] * 6,
    QUIET.replace("start", "done"),
    QUIET.replace("start", "done").replace("T09", "T10"),
    *(
        f"2026-11-02T09:2{minute}:28.425Z pid=2 tid=f class=ActionMailer::MailDeliveryJob jid=38{minute} INFO: {step}"
        for minute in range(3)
        for step in ("start", "done")
    ),
    "\n".join(
        f"[ActiveJob] [ActionMailer::MailDeliveryJob] [5ecc2c57-c42d-4a99-90bb-5cc9266c6c5{number}] {verb} "
        f"ActionMailer::MailDeliveryJob (Job ID: 5ecc2c57-c42d-4a99-90bb-5cc9266c6c5{number}) from Sidekiq(mailers)"
        for number in range(4)
        for verb in ("Performing", "Performed")
    ),
    "\n".join(
        f"2026-11-02 09:2{minute}:25,425 INFO     Sending zerver/emails/invitation email to ['ada{minute}@example.net']"
        for minute in range(5)
    ),
    "[ActiveJob] Enqueued ActionMailer::MailDeliveryJob (Job ID: 5ecc2c57-c42d-4a99-90bb-5cc9266c6c54) to "
    'Sidekiq(mailers) with arguments: "UserMailer"',
    '{"timestamp":"2026-11-02 09:25:25.425 Z","level":"debug","msg":"Received HTTP request","status_code":"200"}',
    '{"timestamp":"2026-11-02 09:25:26.425 Z","level":"error","msg":"Error while sending the email",'
    '"error":"dial tcp 192.0.2.25:587: connect: connection refused"}',
    "2026-11-02 09:25:25,425 INFO     something else altogether",
    "2026-11-02 09:25:26,425 ERROR    Error sending zerver/emails/invitation email to ['ada@remote.example.net']: x",
    "2026-11-02T09:25:27.425Z pid=23 tid=1cr WARN: /opt/app/models/note.rb:7:in `each'",
    "2026-11-02T09:25:27.425Z pid=23 tid=1cr WARN: /opt/app/note.rb:7:in `each'\n"
    "/gems/net-smtp-0.3.1/lib/net/smtp.rb:9:in `x'",
    "2026-11-02T09:25:27.425Z pid=23 tid=1cr WARN: Net::SMTPAuthenticationError: 535 5.7.8 Error: refused\n):",
    "2026-11-02T09:25:28.425Z pid=23 tid=1fy class=ActionMailer::MailDeliveryJob jid=3818584067d008cb4cac INFO: fail",
    "2026-11-02T09:25:28.425Z pid=23 tid=1fy class=ActionMailer::MailDeliveryJob jid=3818584067d008cb4cac INFO: done",
    "2026-11-02T09:25:29.425Z pid=23 tid=1fy INFO: an exception (535-5.7.8 first line of a reply",
    "535 5.7.8 last line of a reply)",
    "/home/mastodon/net-smtp-0.3.1/lib/net/smtp.rb:1071:in `check_auth_response'",
    "2026-11-02 09:25:27,425 ERROR    Error sending zerver/emails/invitation email to ['ada@remote.example.net']\n"
    'Traceback (most recent call last):\n  File "/usr/lib/python3.11/smtplib.py", line 750, in login\n    raise x\n\n'
    "smtplib.SMTPAuthenticationError: (535, b'5.7.8 Error')\nStack (most recent call last):\n    main()",
    "2026-11-02 09:25:28,425 WARNING  something with a traceback\n"
    'Traceback (most recent call last):\n  File "/usr/lib/python3.11/smtplib.py", line 750, in login\n'
    "TimeoutError: timed out\n    web_1  | 2026-11-02T09:25:25.425Z pid=23 tid=1cr INFO: start",
    "2026-11-02 09:24:28,425 ERROR    at 10:25:00 mail.example.net:25: i/o timeout",
    "2026-11-02 09:24:29,425 ERROR    at 10:25:00 unable to send: e-mail",
    "10:25: connection refused",
    "Traceback (most recent call last):",
    '  File "/usr/lib/python3.11/smtplib.py", line 750, in login',
    "smtplib.SMTPAuthenticationError: (535, b'5.7.8 Error')",
    "Net::OpenTimeout: execution expired",
    "the SmTp server made an error that nobody knows",
    *(f"2026-11-02T0{hour}:25:25.425Z pid=23 tid=1cr class=LinkWorker jid=9a INFO: done" for hour in (7, 8)),
    "[ActiveJob] [ActionMailer::MailDeliveryJob] [4d5b] Error performing ActionMailer::MailDeliveryJob (Job ID: 4d5b)"
    " from Sidekiq(mailers) in 9.13ms: EOFError (end of file reached):",
    "",
    "    indented",
    "==> other.log <==",
    "web_1  | 2026-11-02T09:25:25.425Z pid=23 tid=1cr INFO: start",
    "\x1b[31m2026-11-02T09:25:30.425Z pid=23 tid=1cr INFO: coloured\x1b[0m",
    "[104B blob data]",
    "2026-11-02T09:25:29.425Z pid=23 tid=1cr WARN: Net::SMTPFatalError: 550 5.1.1 no [104B blob data]\n/a.rb:7:in `x'",
    "2026-11-02T09:25:29.425Z pid=23 tid=1cr WARN: Net::SMTPFatalError: 550 5.1.1 no\n"
    "Net::OpenTimeout: execution expired#012Net::SMTPAuthenticationError: 535 5.7.8 Error#011from x",
    "\n".join(
        f"[ActiveJob] [ActionMailer::MailDeliveryJob] [5ecc2c57-c42d-4a99-90bb-5cc9266c6c5{number}] Performing "
        f"ActionMailer::MailDeliveryJob (Job ID: 5ecc2c57-c42d-4a99-90bb-5cc9266c6c5{number}) from Sidekiq(low) {end}"
        for number, end in enumerate(
            ("x" * 30_000, "x" * 30_000, "\x1b[0m" + "x" * 9_000, "a#012b", "[104B blob data]")
        )
    ),
    "\n".join(
        f"{year}-11-02 09:25:25,425 INFO     Sending zerver/emails/invitation email to ['ada{year}@example.net']"
        for year in (1826, 2026, 2126)
    ),
    f"{QUIET}\n" + "/opt/app/models/note.rb:7:in `each'\n" * 130 + "/gems/net-smtp-0.3.1/lib/net/smtp.rb:1071:in `x'",
    "a head that nobody knows\n" + "    indented\n" * 120 + "Net::OpenTimeout: execution expired",
)
SYSLOG, ISO, NANO = "Nov 02 09:25:25 ", "2026-11-02T09:25:25.171226+00:00 ", "2026-11-02T09:25:25.669794202Z "
USUAL = ("", f"{SYSLOG}social bundle[811]: ", f"{ISO}social bundle[811]: ", "sidekiq-1  | ", f"web-1 | {NANO}", NANO)
WRITERS = (
    *USUAL,
    f"{SYSLOG}social bundle[812]: ",
    f"{SYSLOG}social sshd: ",
    f"{SYSLOG}mail.info bundle[811]: ",
    f"{ISO}INFO bundle[811]: ",
    f"{ISO}social bundle[812]: ",
    "info  | ",
    "web-1 | ",
    "sidekiq-2  | ",
)


both_ways = pytest.mark.parametrize("has_hyperscan", [True, False])


def searching(*, has_hyperscan: bool) -> AbstractContextManager[object]:
    return nullcontext() if has_hyperscan else patch("maillogdiag.searching.of_hyperscan", lambda *_: None)


class WatchedSource(TextSource):
    """Remembers the gate that it was read through."""

    gate: Gate | None = None

    def lines(self, gate: Gate | None = None) -> Iterator[Line]:
        self.gate = gate
        return super().lines(gate)


def report_of(log: bytes, *, gated: bool, open_bytes: int = 0, has_hyperscan: bool = True) -> tuple[str, int]:
    """The report, and how many lines the gate held back; blocks of a few lines stand for big ones."""
    scan = Scan(GRAMMARS, RULES, gated=gated)
    source = WatchedSource("log", lambda: io.BytesIO(log), datetime(2026, 11, 30, tzinfo=UTC))
    with (
        searching(has_hyperscan=has_hyperscan),
        patch("maillogdiag.gate._SAMPLE_BYTES", 100),
        patch("maillogdiag.gate._OPEN_BYTES", open_bytes),
        patch("maillogdiag.gate._LEAST_BYTES", 0),
        patch("maillogdiag.gate._MOST_SURPLUS", 0),
        patch("maillogdiag.entry_patterns._MOST_ROUTINE", 2),
        patch("maillogdiag.sources.text._BLOCK_BYTES", 500),
    ):
        scan.run([source])
    return report_to_json(scan.report()), source.gate.skipped if source.gate else 0


@both_ways
@settings(max_examples=80)
@given(
    lines=st.lists(st.tuples(st.sampled_from(WRITERS), st.sampled_from(PIECES)), max_size=60),
    usual=st.sampled_from(USUAL),
    repeated=st.integers(1, 4),
    ending=st.sampled_from(["\n", "\r\n", ""]),
    open_bytes=st.sampled_from([0, 700]),
)
def test_the_report_is_that_of_the_whole_log(
    lines: list[tuple[str, str]], usual: str, repeated: int, ending: str, open_bytes: int, has_hyperscan: bool
) -> None:
    quiet = f"{usual}{QUIET}"
    texts = [quiet] * 3
    for writer, text in lines * repeated:
        texts += [f"{writer}{line}" for line in text.split("\n")] + [quiet] * (len(texts) % 3)
    log = ("\r\n" if ending == "\r\n" else "\n").join(texts) + ending

    gated, _ = report_of(log.encode(), gated=True, open_bytes=open_bytes, has_hyperscan=has_hyperscan)
    assert report_of(log.encode(), gated=False)[0] == gated


class FakeReader:
    """A journal of the entries it is given."""

    name = "journal"

    def __init__(self, entries: list[tuple[bytes, str]]) -> None:
        self._entries = entries

    def units(self, selection: Selection) -> list[tuple[str, str]]:
        return []

    def batches(self, selection: Selection, problems: list[str], idle: Idle | None = None) -> Iterator[Batch]:
        return batches_of(
            [
                {
                    "MESSAGE": message.encode(),
                    "__REALTIME_TIMESTAMP": str(1793611525425000 + number * 61_000_000),
                    **({"_HOSTNAME": b"social", "_COMM": b"bundle", "_PID": pid} if pid else {"SYSLOG_PID": b"none"}),
                }
            ]
            for number, (pid, message) in enumerate(self._entries)
        )


class WatchedJournal(JournalSource):
    """Remembers the gate that it was read through."""

    gate: Gate | None = None

    def lines(self, gate: Gate | None = None) -> Iterator[Line]:
        self.gate = gate
        return super().lines(gate)


def report_of_journal(entries: list[tuple[bytes, str]], *, gated: bool, has_hyperscan: bool = True) -> tuple[str, int]:
    scan = Scan(GRAMMARS, RULES, gated=gated)
    source = WatchedJournal((), Selection())
    with (
        searching(has_hyperscan=has_hyperscan),
        patch("maillogdiag.gate._SAMPLE_BYTES", 100),
        patch("maillogdiag.gate._OPEN_BYTES", 0),
        patch("maillogdiag.gate._LEAST_BYTES", 0),
        patch("maillogdiag.gate._MOST_SURPLUS", 0),
        patch("maillogdiag.entry_patterns._MOST_ROUTINE", 2),
        patch("maillogdiag.sources.journal_batches.BATCH_BYTES", 500),
        patch("maillogdiag.sources.journal.open_reader", lambda: FakeReader(entries)),
    ):
        scan.run([source])
    return report_to_json(scan.report()), source.gate.skipped if source.gate else 0


def journals() -> st.SearchStrategy[list[tuple[bytes, str]]]:
    """Entries of two processes, and of nobody; of text in several lines one entry, or as many as it has lines."""
    writers = st.sampled_from([b"811", b"812", b""])
    whole = st.tuples(writers, st.sampled_from(PIECES)).map(lambda entry: [entry])
    apart = st.builds(
        lambda writer, piece: [(writer, line) for line in piece.split("\n")], writers, st.sampled_from(PIECES)
    )
    return st.lists(whole | apart, max_size=60).map(lambda parts: list(chain.from_iterable(parts)))


@both_ways
@settings(max_examples=40)
@given(entries=journals(), repeated=st.integers(1, 4))
def test_the_report_is_that_of_the_whole_journal(
    entries: list[tuple[bytes, str]], repeated: int, has_hyperscan: bool
) -> None:
    mixed = [(b"811", QUIET)] * 5
    for entry in entries * repeated:
        mixed += [entry] + [(b"811", QUIET)] * (len(mixed) % 3 // 2)

    gated, _ = report_of_journal(mixed, gated=True, has_hyperscan=has_hyperscan)
    assert report_of_journal(mixed, gated=False)[0] == gated


@both_ways
def test_a_quiet_journal_is_mostly_held_back(has_hyperscan: bool) -> None:
    entries = [(b"811", QUIET)] * 2000 + [(b"811", piece) for piece in PIECES]

    report, held_back = report_of_journal(entries, gated=True, has_hyperscan=has_hyperscan)

    assert report_of_journal(entries, gated=False)[0] == report
    assert held_back > 1500


@both_ways
@pytest.mark.parametrize(
    ("log", "prefix"),
    [
        ("mastodon/story/sidekiq.log", ""),
        ("mastodon/journal-short/journal.log", "Nov 21 09:22:31 social bundle[899]: "),
        ("mastodon/wrapped-compose-v2/docker-compose.log", "mastodon-sidekiq-1  | "),
    ],
)
def test_a_big_log_is_mostly_held_back(log: str, prefix: str, has_hyperscan: bool) -> None:
    recorded = (FIXTURES / log).read_text(encoding="utf-8").splitlines(keepends=True)
    text = "".join(
        line + f"{prefix}{QUIET}\n" * (20 if re.search("INFO: (start|done)$", line) else 0) for line in recorded
    )

    report, held_back = report_of(text.encode(), gated=True, has_hyperscan=has_hyperscan)

    assert report_of(text.encode(), gated=False)[0] == report
    assert held_back > text.count("\n") / 2


@pytest.mark.parametrize("between", [99, 100, 101, 150])
def test_an_entry_is_over_at_the_same_line_whatever_is_held_back(between: int) -> None:
    quiet, other = f"{SYSLOG}social bundle[811]: {QUIET}\n", f"{SYSLOG}social bundle[812]: "
    head = "2026-11-02T09:25:29.425Z pid=23 tid=1fy WARN: Net::SMTPFatalError: 535-5.7.8 first line of a reply\n"
    text = f"{quiet * 9}{other}{head}{quiet * between}{other}535 5.7.8 last line of a reply\n{quiet * 200}"

    report, held_back = report_of(text.encode(), gated=True)

    assert report_of(text.encode(), gated=False)[0] == report
    assert held_back > between


def test_a_word_that_cannot_be_searched_for_opens_the_gate() -> None:
    gate = Gate([""], [])
    lines = [f"{QUIET}\n".encode()] * 5000

    assert len(list(gate.sift(lines))) == 5000


JOB = "[ActiveJob] [ActionMailer::MailDeliveryJob] [5ecc2c57-c42d-4a99-90bb-5cc9266c6c5{}] Performing "
JOB += "ActionMailer::MailDeliveryJob (Job ID: 5ecc2c57-c42d-4a99-90bb-5cc9266c6c5{}) from Sidekiq(mailers) {}"


@pytest.mark.parametrize(
    ("prefix", "lines"),
    [
        pytest.param(
            f"{SYSLOG}social bundle[811]: ",
            (
                "2026-11-02T09:25:27.425Z pid=23 tid=1cr WARN: Net::SMTPFatalError: 550 5.1.1 no",
                "Net::OpenTimeout: execution expired#012Net::SMTPAuthenticationError: 535 5.7.8 Error",
            ),
            id="rsyslog's escapes",
        ),
        pytest.param(
            f"{SYSLOG}social bundle[811]: ",
            tuple(JOB.format(n, n, f"a{end}b") for n, end in enumerate(("", "#012", ""))),
            id="rsyslog's escapes in a routine",
        ),
        pytest.param(
            f"{SYSLOG}social bundle[811]: ",
            (
                "2026-11-02T09:25:29.425Z pid=23 tid=1cr WARN: Net::SMTPFatalError: 550 5.1.1 no [104B blob data]",
                "/gems/net-smtp-0.3.1/lib/net/smtp.rb:9:in `x'",
            ),
            id="a head that is cut",
        ),
        pytest.param(
            f"{SYSLOG}social bundle[811]: ",
            tuple(JOB.format(n, n, "[104B blob data]") for n in range(5)),
            id="routine lines that are cut",
        ),
        pytest.param(
            "",
            tuple(
                f"2126-11-02 09:25:0{n},425 INFO     Sending zerver/emails/invitation email to ['ada{n}@example.net']"
                for n in range(5)
            ),
            id="a year that is none of ours",
        ),
    ],
)
def test_what_passes_in_one_piece_is_read_as_its_lines_are(prefix: str, lines: tuple[str, ...]) -> None:
    quiet = (f"{prefix}{QUIET}\n") * 8
    log = f"{quiet}{''.join(f'{prefix}{line}' + chr(10) for line in lines)}{quiet}".encode()

    assert report_of(log, gated=True)[0] == report_of(log, gated=False)[0]
