"""What is compared with what, and the bounds that are aimed at."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import BinaryIO

from benchmarks import logs
from benchmarks.measure import Check, Command, maillogdiag

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


# Counts a unit's entries as systemd-python is meant to be used.
_READER = (
    "import sys\nfrom systemd import journal\nreader = journal.Reader(path=sys.argv[1])\n"
    "reader.add_match(sys.argv[2])\nentries = 0\nfor entry in reader: entries += 1\nprint(entries)"
)


MOST_GROWTH = 1.1
"""How many times the memory for a tenth of a log the whole log may take."""


@dataclass(frozen=True, slots=True)
class Peer:
    """What runs beside ours.

    Args:
        command: what to run.
        check: says what is wrong with its answer.
        at_most: how many times its time ours may take.
        at_least: how many times our time it takes at least.
    """

    command: Command
    check: Check
    at_most: float | None = None
    at_least: float | None = None


@dataclass(frozen=True, slots=True)
class Race:
    """Some lines of the table.

    Args:
        name: what is read.
        ours: our command.
        check: says what is wrong with our report.
        peers: what runs beside it, by name.
        files: what to have in the page cache.
        cores: how many all of them may use.
        most_mb: how much memory ours may take at its peak.
        tenth: ours with a tenth of the log, and its check; see `MOST_GROWTH`.
    """

    name: str
    ours: Command
    check: Check
    peers: Mapping[str, Peer] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    cores: int = 1
    most_mb: float | None = None
    tenth: tuple[Command, Check] | None = None


def _sidekiq(folder: Path, size: int) -> Iterator[Race]:
    log, truth = logs.make_log(folder, "sidekiq-journal", size, logs.sidekiq_journal)
    peers = _searches(log, LITERALS, rg=2.5, grep=1.0)
    # It shows entries, not lines: a backtrace comes with its exception.
    lnav = Command(("lnav", "-n", "-c", f":filter-in {'|'.join(map(re.escape, LITERALS))}", str(log)))
    peers["lnav"] = Peer(lnav, partial(_shows, log, LITERALS), at_least=7.0)
    tenth = logs.make_log(folder, "sidekiq-journal", size // 10, logs.sidekiq_journal)
    yield _file_race("Sidekiq, journalctl -o short", log, truth, peers, tenth)


def _packed(folder: Path, size: int) -> Iterator[Race]:
    log, truth = logs.make_log(folder, "sidekiq-journal", size, logs.sidekiq_journal)
    gunzip = Command((sys.executable, "-c", _GUNZIP, str(logs.packed(log))))
    yield _file_race("the same, .gz", logs.packed(log), truth, {"gzip (Python)": Peer(gunzip, _succeeds, at_most=1.25)})


def _mattermost(folder: Path, size: int) -> Iterator[Race]:
    log, truth = logs.make_log(folder, "mattermost", size, logs.mattermost)
    tenth = logs.make_log(folder, "mattermost", size // 10, logs.mattermost)
    yield _file_race("Mattermost, JSON", log, truth, _searches(log, LITERALS, rg=3.5), tenth)


def _zulip(folder: Path, size: int) -> Iterator[Race]:
    log, truth = logs.make_log(folder, "zulip", size, logs.zulip)
    tenth = logs.make_log(folder, "zulip", size // 10, logs.zulip)
    peers = _searches(log, ("Sending", "rror sending", "smtplib"), rg=6.0)
    yield _file_race("Zulip, send_email.log", log, truth, peers, tenth)


def _two_cores(folder: Path, size: int) -> Iterator[Race]:
    sidekiq, truth = logs.make_log(folder, "sidekiq-journal", size, logs.sidekiq_journal)
    mattermost, other = logs.make_log(folder, "mattermost", size, logs.mattermost)
    check = partial(_reports, truth + other)
    one, two = (_scan(sidekiq, mattermost, "--jobs", jobs) for jobs in ("1", "2"))
    name = f"Sidekiq and Mattermost, {_mb(sidekiq, mattermost)}, two cores"
    yield Race(name, two, check, {"one core": Peer(one, check, at_least=1.7)}, (sidekiq, mattermost), cores=2)


def _journal(folder: Path, size: int) -> Iterator[Race]:
    # A journal is four times as big as the text in it.
    log, truth = logs.make_log(folder, "sidekiq", size // 4, logs.sidekiq)
    journal = logs.as_journal(log)
    files = tuple(sorted(journal.iterdir()))
    unit = f"_SYSTEMD_UNIT={logs.UNIT}"
    cat = Command(("journalctl", "-q", "--no-pager", "-o", "cat", f"--directory={journal}", unit))
    reader = Command((sys.executable, "-c", _READER, str(journal), unit), module="systemd")
    peers = {
        "journalctl -o cat": Peer(cat, partial(_prints_lines, truth.lines), at_most=1.3),
        "systemd-python's Reader": Peer(reader, partial(_prints, truth.lines), at_least=4.0),
    }
    words = ("journal", "--directory", str(journal), "--unit", logs.UNIT, "--format", "json")
    check = partial(_reports, truth)
    ours = replace(maillogdiag(*words), module="systemd")
    yield Race(f"a unit of a journal of {_mb(*files)}, systemd-python", ours, check, peers, files)
    slower = {"journalctl -o cat": replace(peers["journalctl -o cat"], at_most=4.0)}
    yield Race("the same, journalctl", _without_systemd_python(*words), check, slower, files)


def _start(folder: Path, size: int) -> Iterator[Race]:
    nothing = Command((sys.executable, "-c", "pass"))
    yield Race("--help", maillogdiag("--help"), _succeeds, {"python -c pass": Peer(nothing, _succeeds, at_most=6.0)})
    log, truth = logs.make_log(folder, "sidekiq-journal", min(size, 10**6), logs.sidekiq_journal)
    peers = {"python -c pass": Peer(nothing, _succeeds, at_most=15.0)}
    yield Race(f"a log of {_mb(log)}", _scan(log), partial(_reports, truth), peers, (log,))


RACES: dict[str, Callable[[Path, int], Iterator[Race]]] = {
    "sidekiq": _sidekiq,
    "gzip": _packed,
    "mattermost": _mattermost,
    "zulip": _zulip,
    "cores": _two_cores,
    "journal": _journal,
    "start": _start,
}
"""What yields the races over logs of so many bytes, which are made in a folder where they are not there yet."""


def _searches(log: Path, words: Sequence[str], rg: float, grep: float | None = None) -> dict[str, Peer]:
    check = partial(_counts, log, words)
    expressions = ("-F", *(option for word in words for option in ("-e", word)), str(log))
    return {
        "rg -c": Peer(Command(("rg", "-j1", "-c", *expressions)), check, at_most=rg),
        "grep -cF": Peer(Command(("grep", "-c", *expressions), {"LC_ALL": "C"}), check, at_most=grep),
    }


def _file_race(
    name: str,
    log: Path,
    truth: logs.Truth,
    peers: Mapping[str, Peer],
    tenth: tuple[Path, logs.Truth] | None = None,
) -> Race:
    smaller = (_scan(tenth[0]), partial(_reports, tenth[1])) if tenth else None
    return Race(f"{name}, {_mb(log)}", _scan(log), partial(_reports, truth), peers, (log,), most_mb=60.0, tenth=smaller)


def _scan(*arguments: Path | str) -> Command:
    return maillogdiag("scan", *map(str, arguments), "--format", "json")


def _without_systemd_python(*words: str) -> Command:
    code = "import sys; sys.modules['systemd'] = None; from maillogdiag.cli import main; main()"
    return Command((sys.executable, "-c", code, *words))


def _mb(*files: Path) -> str:
    size = sum(file.stat().st_size for file in files) / 1e6
    return f"{size:,.0f} MB" if size >= 10 else f"{size:.2g} MB"


def _reports(truth: logs.Truth, code: int, output: BinaryIO) -> list[str]:
    """Say in what our report differs from the truth."""
    if code not in (0, 1):
        return [f"exit code {code}"]
    report = json.load(output)
    told = {
        "accepted": report["summary"]["accepted"],
        "failed": {finding["cause"]: finding["count"] for finding in report["findings"]},
        "lines": sum(one["lines"] for one in report["coverage"]),
    }
    true = {"accepted": truth.accepted, "failed": dict(truth.failed), "lines": truth.lines}
    return [f"{name}: {told[name]} instead of {true[name]}" for name in true if true[name] not in (told[name], None)]


def _succeeds(code: int, output: BinaryIO) -> list[str]:
    return [f"exit code {code}"] if code else []


def _prints(number: int, code: int, output: BinaryIO) -> list[str]:
    """Say whether another number is printed."""
    return _differ(output.read().strip().decode(), number)


def _prints_lines(number: int, code: int, output: BinaryIO) -> list[str]:
    return _differ(sum(1 for _ in output), number)


def _counts(log: Path, words: Sequence[str], code: int, output: BinaryIO) -> list[str]:
    """Say whether it is not printed how many lines of a log hold one of these words."""
    return _prints(_lines_of(log, words), code, output)


def _shows(log: Path, words: Sequence[str], code: int, output: BinaryIO) -> list[str]:
    """Say whether not all lines of a log are printed that hold one of these words."""
    return _differ(_lines_with(words, output), _lines_of(log, words))


def _differ(told: object, true: object) -> list[str]:
    return [] if str(told) == str(true) else [f"{told or 'nothing'} instead of {true}"]


@cache
def _lines_of(log: Path, words: Sequence[str]) -> int:
    with log.open("rb") as file:
        return _lines_with(words, file)


def _lines_with(words: Sequence[str], lines: BinaryIO) -> int:
    needles = [word.encode() for word in words]
    return sum(any(needle in line for needle in needles) for line in lines)
