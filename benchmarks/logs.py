"""Seeded logs of any size, made of recorded shapes, with the truth beside them.

The shares are those of servers: of Sidekiq's jobs 2 % send mail and a tenth of these fail, with five times as many
failures of other jobs around them; of Mattermost's lines 1 % are mail failures and 1 % other errors; every line of
Zulip's send_email.log is about mail, and one mail in seventy fails.
"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from benchmarks.shapes import Shape, blocks, shape_of

SEED = 20_261_102
_START = datetime(2026, 11, 2, tzinfo=UTC)
# The recorded failures that are used: the fixture's name, and the cause that its case expects.
_CAUSES = {
    "auth-failed": "auth-failed",
    "relay-denied": "relay-denied",
    "connection-refused": "connection-refused",
    "recipient-unknown": "recipient-rejected",
}
_WORKERS = (
    "ActivityPub::DeliveryWorker", "ActivityPub::ProcessingWorker", "PushUpdateWorker", "FeedInsertWorker",
    "LinkCrawlWorker", "ThreadResolveWorker", "DistributionWorker", "LocalNotificationWorker",
)  # fmt: skip
_THREADS = ("15r", "1cr", "1fz", "1ij", "1kj", "1ln", "1mz", "1o7", "1pz", "1r3", "1sb", "1u7", "1v3", "1wn", "1xz")
_REMOTE = Path("/lib/systemd/systemd-journal-remote")


@dataclass(slots=True)
class Truth:
    """What a log holds: lines, mails accepted, and failed attempts by cause."""

    lines: int = 0
    accepted: int = 0
    failed: Counter[str] = field(default_factory=Counter)

    def count(self, text: str, shape: Shape | None = None) -> None:
        """Count the lines of `text`, and the mail that `shape` is of."""
        self.lines += text.count("\n")
        if shape is not None and shape.cause:
            self.failed[shape.cause] += 1
        elif shape is not None:
            self.accepted += 1

    def __add__(self, other: Truth) -> Truth:
        return Truth(self.lines + other.lines, self.accepted + other.accepted, self.failed + other.failed)

    @classmethod
    def read(cls, file: Path) -> Truth:
        """Return what `make_log` wrote beside a log."""
        data = json.loads(file.read_text())
        return cls(data["lines"], data["accepted"], Counter(data["failed"]))


class _Clock:
    def __init__(self) -> None:
        self._now = _START

    def tick(self, milliseconds: float) -> str:
        """Go on, and return the time as ISO 8601 with milliseconds."""
        self._now += timedelta(milliseconds=milliseconds)
        return self._now.isoformat(timespec="milliseconds")[:23]


def sidekiq(truth: Truth) -> Iterator[str]:
    """Sidekiq's own log, line groups without end."""
    random, clock = Random(SEED), _Clock()
    mails = [shape_of(block) for block in blocks("mastodon/success", "sidekiq.log", " INFO: start$") if _is_done(block)]
    failures = [
        shape_of(block, cause)
        for case, cause in _CAUSES.items()
        for block in blocks(f"mastodon/{case}", "sidekiq.log", " INFO: start$|Shutting down$")
        if any(line.endswith(" INFO: fail\n") for line in block)
    ]
    decoys = [
        shape_of(block)
        for block in blocks("mastodon/decoys", "sidekiq.log", " INFO: start$|Shutting down$")
        if "class=ActivityPub" in block[0]
    ]
    while True:
        tid = random.choice(_THREADS)
        chance = random.random()
        if chance < 0.02:
            shape = random.choice(failures if random.random() < 0.1 else mails)
            text = shape.write(random, clock.tick(40), tid)
            truth.count(text, shape)
            yield text
        elif chance < 0.03:
            text = random.choice(decoys).write(random, clock.tick(40), tid)
            truth.count(text)
            yield text
        else:
            worker, jid = random.choice(_WORKERS), f"{random.getrandbits(96):024x}"
            head = f"pid=23 tid={tid} class={worker} jid={jid}"
            start, end = clock.tick(7), clock.tick(6)
            text = f"{start}Z {head} INFO: start\n{end}Z {head} elapsed=0.{random.randrange(1000):03} INFO: done\n"
            truth.lines += 2
            yield text


def _is_done(block: list[str]) -> bool:
    return any(line.endswith(" INFO: done\n") for line in block) and "ActionMailer" in block[0]


def sidekiq_journal(truth: Truth) -> Iterator[str]:
    """The same as `journalctl -o short` prints it."""
    stamp = "Nov 02 00:00:00"
    for text in sidekiq(truth):
        prefixed = []
        for line in text.splitlines(keepends=True):
            if line.startswith("2026-"):
                stamp = f"Nov {line[8:10]} {line[11:19]}"
            prefixed.append(f"{stamp} social bundle[811]: {line}")
        yield "".join(prefixed)


def mattermost(truth: Truth) -> Iterator[str]:
    """Mattermost's JSON log."""
    random, clock = Random(SEED), _Clock()
    failures = [
        shape_of(block, cause)
        for case, cause in _CAUSES.items()
        for block in blocks(f"mattermost/{case}", "mattermost.log", r"^\{")
        if "Failed to send password reset" in block[0]
    ]
    decoy = shape_of(blocks("mattermost/auth-failed", "mattermost.log", "push notification")[0][:1])
    while True:
        chance = random.random()
        if chance < 0.01:
            shape = random.choice(failures)
            text = shape.write(random, clock.tick(400), "")
            truth.count(text, shape)
            yield text
        elif chance < 0.02:
            text = decoy.write(random, clock.tick(20), "")
            truth.count(text)
            yield text
        else:
            time, request = clock.tick(9).replace("T", " "), f"{random.getrandbits(104):026x}"
            truth.lines += 1
            yield (
                f'{{"timestamp":"{time} Z","level":"debug","msg":"Received HTTP request",'
                f'"caller":"web/handlers.go:156","method":"GET","url":"/api/v4/users/{request}/teams/unread","request_id":"{request}",'
                f'"user_id":"y8n5o1mfkpyy7m3gzq6r4hdjxe","status_code":"200"}}\n'
            )


def zulip(truth: Truth) -> Iterator[str]:
    """Zulip's send_email.log."""
    random, clock = Random(SEED), _Clock()
    found = [
        (block, cause)
        for case, cause in _CAUSES.items()
        for block in blocks(f"zulip/{case}", "send_email.log", " INFO     Sending ")
    ]
    mails = [shape_of(block) for block, _ in found if len(block) == 1]
    failures = [shape_of(block, cause) for block, cause in found if len(block) > 5]
    while True:
        shape = random.choice(failures if random.random() < 1 / 70 else mails)
        text = shape.write(random, clock.tick(900), "")
        truth.count(text, shape if shape.cause else None)
        yield text
        # Zulip logs no success: that a mail was accepted shows only when the log goes on.
        truth.accepted += not shape.cause


def make_log(folder: Path, name: str, size: int, lines_of: Callable[[Truth], Iterator[str]]) -> tuple[Path, Truth]:
    """Return a log of `size` bytes and its truth; made once and kept in `folder`."""
    log, beside = folder / f"{name}-{size}.log", folder / f"{name}-{size}.json"
    if beside.exists():
        return log, Truth.read(beside)
    folder.mkdir(parents=True, exist_ok=True)
    truth, written = Truth(), 0
    with log.open("w", encoding="utf-8") as file:
        for text in lines_of(truth):
            written += file.write(text)
            if written >= size:
                break
    beside.write_text(json.dumps({"lines": truth.lines, "accepted": truth.accepted, "failed": truth.failed}))
    return log, truth


def packed(log: Path) -> Path:
    """Return `log` as gzip packs it by default."""
    target = log.with_suffix(".log.gz")
    if not target.exists():
        with log.open("rb") as plain, gzip.open(target, "wb", compresslevel=6) as file:
            shutil.copyfileobj(plain, file, 1 << 20)
    return target


def as_journal(log: Path) -> Path:
    """Return a folder with Sidekiq's log as a journal, four entries in ten of another unit.

    A big journal is several files: the oldest ones are put aside as it grows.

    Raises:
        FileNotFoundError: systemd-journal-remote, which makes it, is not installed.
    """
    target = log.with_suffix(".journal")
    if not target.exists():
        begun = target.with_suffix(".begun")
        shutil.rmtree(begun, ignore_errors=True)  # of a run that was interrupted
        begun.mkdir()
        command = [str(_REMOTE), f"--output={begun / 'remote.journal'}", "-"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as remote:
            assert remote.stdin is not None
            for entry in _export(log):
                remote.stdin.write(entry)
        begun.rename(target)
    return target


def _export(log: Path) -> Iterator[bytes]:
    random = Random(SEED)
    micros = int(_START.timestamp() * 1e6)
    head = (
        "__REALTIME_TIMESTAMP={}\n__MONOTONIC_TIMESTAMP={}\n_BOOT_ID=5a8f3c1d2b7e4f60a9c8d7e6f5b4a392\n"
        "_MACHINE_ID=0d9c8b7a6f5e4d3c2b1a09f8e7d6c5b4\n_HOSTNAME=social\n_TRANSPORT=stdout\nPRIORITY=6\n"
        "SYSLOG_IDENTIFIER={}\n_PID={}\n_UID=1001\n_SYSTEMD_UNIT={}\nMESSAGE={}\n"
    )
    with log.open(encoding="utf-8") as file:
        for line in file:
            micros += 100
            if line.startswith("2026-"):
                told = datetime.fromisoformat(line[:24])
                micros = max(micros, int(told.timestamp() * 1e6))
            yield (head.format(micros, micros % 10**12, "bundle", 811, UNIT, line) + "\n").encode()
            if random.random() < 0.67:
                micros += 1
                other = "nginx.service"
                yield (head.format(micros, micros % 10**12, "nginx", 402, other, "GET /inbox 202\n") + "\n").encode()


UNIT = "mastodon-sidekiq.service"
