"""What is compared with what, and the bounds that are aimed at."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import logs
from benchmarks.measure import Command, Run, maillogdiag

LITERALS = (
    "Net::SMTP", "ActionMailer", "SMTP server", "Relay access denied", "smtplib.", "status=deferred", "status=bounced",
    "SMTPAuthenticationError", "SMTPRecipientsRefused", "Error sending", "Error performing", "Sender address rejected",
    "Recipient address rejected", "authentication failed", "STARTTLS", "password reset email", "test email",
    "Greylisted", "Mailbox full", "Message too large", "certificate verify failed", "Connection refused - connect(2)",
    "Net::OpenTimeout", "Net::ReadTimeout", "getaddrinfo:",
)  # fmt: skip
_GUNZIP = (
    "import gzip, sys\nbuffer = bytearray(1 << 18)\nwith gzip.open(sys.argv[1]) as file:\n"
    "    while file.readinto(buffer): pass"
)


@dataclass(frozen=True, slots=True)
class Race:
    """One line of the table.

    Args:
        name: what is read.
        ours: our command.
        peers: what runs beside it, by name.
        bounds: how many times a peer's time ours may take.
        truth: what the report must say; None where no log is read.
        files: what to have in the page cache.
    """

    name: str
    ours: Command
    peers: dict[str, Command] = field(default_factory=dict)
    bounds: dict[str, float] = field(default_factory=dict)
    truth: logs.Truth | None = None
    files: tuple[Path, ...] = ()


def _expressions(literals: tuple[str, ...]) -> tuple[str, ...]:
    return ("-F", *(word for literal in literals for word in ("-e", literal)))


# "PATH" stands for the log.
_SEARCHES = {
    "rg -c": Command(("rg", "-j1", "-c", *_expressions(LITERALS), "PATH")),
    "grep -cF": Command(("grep", "-cF", *_expressions(LITERALS), "PATH"), {"LC_ALL": "C"}),
    "lnav": Command(("lnav", "-n", "-c", ":filter-in SMTP", "PATH")),
}


def _sidekiq(folder: Path, size: int) -> Iterator[Race]:
    log, truth = logs.make_log(folder, "sidekiq-journal", size, logs.sidekiq_journal)
    yield _file_race("Sidekiq, journalctl -o short", log, truth, _SEARCHES, {"rg -c": 2.5, "grep -cF": 1.0})


def _packed(folder: Path, size: int) -> Iterator[Race]:
    log, truth = logs.make_log(folder, "sidekiq-journal", size, logs.sidekiq_journal)
    gunzip = {"gzip (Python)": Command((sys.executable, "-c", _GUNZIP, "PATH"))}
    yield _file_race("the same, .gz", logs.packed(log), truth, gunzip, {"gzip (Python)": 1.25})


def _mattermost(folder: Path, size: int) -> Iterator[Race]:
    log, truth = logs.make_log(folder, "mattermost", size, logs.mattermost)
    yield _file_race("Mattermost, JSON", log, truth, _SEARCHES, {"rg -c": 3.5})


def _zulip(folder: Path, size: int) -> Iterator[Race]:
    log, truth = logs.make_log(folder, "zulip", size, logs.zulip)
    words = _expressions(("Sending", "rror sending", "smtplib"))
    peers = {
        "rg -c": Command(("rg", "-j1", "-c", *words, "PATH")),
        "grep -cF": Command(("grep", "-cF", *words, "PATH")),
    }
    yield _file_race("Zulip, send_email.log", log, truth, peers, {"rg -c": 6.0})


def _start(folder: Path, size: int) -> Iterator[Race]:
    nothing = {"python -c pass": Command((sys.executable, "-c", "pass"))}
    yield Race("--help", maillogdiag("--help"), nothing, {"python -c pass": 6.0})
    log, truth = logs.make_log(folder, "sidekiq-journal", min(size, 10**6), logs.sidekiq_journal)
    yield Race(f"a log of {_mb(log)}", _scan(log), nothing, {"python -c pass": 15.0}, truth, (log,))


def _journal(folder: Path, size: int) -> Iterator[Race]:
    # A journal is four times as big as the text in it.
    log, truth = logs.make_log(folder, "sidekiq", size // 4, logs.sidekiq)
    journal = logs.as_journal(log)
    if journal is None:
        return
    selection = (f"--directory={journal}", f"_SYSTEMD_UNIT={logs.UNIT}")
    cat = Command(("journalctl", "-q", "--no-pager", "-o", "cat", *selection))
    words = ("journal", "--directory", str(journal), "--unit", logs.UNIT, "--format", "json")
    ways = {"systemd-python": (maillogdiag(*words), 1.3), "journalctl": (_without_systemd_python(*words), 4.0)}
    for name, (ours, bound) in ways.items():
        peers, bounds = {"journalctl -o cat": cat}, {"journalctl -o cat": bound}
        yield Race(f"a unit of a journal, {name}", ours, peers, bounds, truth, tuple(sorted(journal.iterdir())))


RACES: dict[str, Callable[[Path, int], Iterator[Race]]] = {
    "sidekiq": _sidekiq,
    "gzip": _packed,
    "mattermost": _mattermost,
    "zulip": _zulip,
    "journal": _journal,
    "start": _start,
}
"""What yields the races over logs of so many bytes, which are made in a folder where they are not there yet."""


def _without_systemd_python(*words: str) -> Command:
    code = "import sys; sys.modules['systemd'] = None; from maillogdiag.cli import main; main()"
    return Command((sys.executable, "-c", code, *words))


def _file_race(name: str, log: Path, truth: logs.Truth, peers: dict[str, Command], bounds: dict[str, float]) -> Race:
    of_log = {
        peer: Command(tuple(str(log) if word == "PATH" else word for word in command.words), command.environment)
        for peer, command in peers.items()
    }
    return Race(f"{name}, {_mb(log)}", _scan(log), of_log, bounds, truth, (log,))


def _scan(log: Path) -> Command:
    return maillogdiag("scan", str(log), "--format", "json")


def _mb(log: Path) -> str:
    return f"{log.stat().st_size / 1e6:,.3g} MB"


def what_is_wrong(race: Race, run: Run) -> list[str]:
    """Return in what a run's report differs from the truth."""
    if run.code not in (0, 1):
        return [f"exit code {run.code}"]
    if race.truth is None:
        return []
    report = json.loads(run.output)
    found = {finding["cause"]: finding["count"] for finding in report["findings"]}
    told = {
        "accepted": report["summary"]["accepted"],
        "failed": found,
        "lines": sum(one["lines"] for one in report["coverage"]),
    }
    true = {"accepted": race.truth.accepted, "failed": dict(race.truth.failed), "lines": race.truth.lines}
    # A journal counts entries: one of several lines is one.
    names = [name for name in true if name != "lines" or ".journal" not in race.name]
    return [f"{name}: {told[name]} instead of {true[name]}" for name in names if told[name] != true[name]]
