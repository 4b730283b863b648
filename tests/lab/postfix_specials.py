"""Postfix cases beyond one failure after another: strangers at the door, mail that is tried again, a story."""

from __future__ import annotations

import contextlib
import smtplib
import subprocess
from pathlib import Path

from tests.lab import postfix
from tests.lab.case import Case, Expected, write_case
from tests.lab.dialogue import POLITE, Dialogue
from tests.lab.room import SMTP_ADDRESS
from tests.lab.scenarios import SCENARIOS
from tests.lab.server import Server
from tests.lab.stretch import stretch_times

_BAD_LOGIN = Dialogue({"AUTH": "535 5.7.8 Error: authentication failed: authentication failure"})
_IMPATIENT = "".join(
    f"{name} = {time}\n"
    for name, time in (
        ("minimal_backoff_time", "2s"),
        ("maximal_backoff_time", "2s"),
        ("queue_run_delay", "2s"),
        ("maximal_queue_lifetime", "8s"),
    )
)
_UNKNOWN = Dialogue({"RCPT": "550 5.1.1 <bob@remote.example.net>: Recipient address rejected: User unknown"})


def _knock_from_outside() -> None:
    """Try to relay through us from a public address: refused, and no failure of ours."""
    with (
        contextlib.suppress(smtplib.SMTPException),
        smtplib.SMTP("192.0.2.10", 25, source_address=("192.0.2.80", 0)) as client,
    ):
        client.sendmail("spam@stranger.example", ["victim@elsewhere.example"], "Subject: x\n\nx\n")


def _decoys(room: Path) -> None:
    Server((SMTP_ADDRESS, 587), [POLITE], room)
    postfix.start(SCENARIOS["success"], room)
    _knock_from_outside()
    postfix.submit("ada@remote.example.net")
    postfix.wait_for_tries(1)
    _knock_from_outside()
    write_case(Case("postfix", "decoys", postfix.RECORDED, postfix.COMPOSED, []), {"mail.log": postfix.stop()})


def _story(room: Path) -> None:
    """Mail works, the relay's password is changed; once mended the queue is flushed and all goes out."""
    Server((SMTP_ADDRESS, 587), [*[POLITE] * 12, *[_BAD_LOGIN] * 8, *[POLITE] * 14, _UNKNOWN, POLITE], room)
    postfix.start(SCENARIOS["success"], room)
    for number in range(1, 21):
        postfix.submit("ada@remote.example.net")
        postfix.wait_for_tries(number)
        if number % 6 == 0:
            _knock_from_outside()
    subprocess.run(["postqueue", "-f"], check=True)
    postfix.wait_for_tries(28)
    for number in range(29, 40):
        postfix.submit("bob@remote.example.net")
        postfix.wait_for_tries(number)
    log = postfix.stop()
    suspended = log.count("delivery temporarily suspended")
    expect = [Expected("auth-failed", 8 - suspended), Expected("recipient-rejected", 1)]
    composed = f"{postfix.COMPOSED}; times spread over hours"
    case = Case("postfix", "story", postfix.RECORDED, composed, expect)
    write_case(case, stretch_times({"mail.log": log}, 1800))


def _retried(room: Path) -> None:
    """One greylisted mail is taken on its third try, of another one Postfix tires."""
    greylisted = SCENARIOS["greylisted"].dialogues[-1]
    Server((SMTP_ADDRESS, 587), [greylisted, greylisted, POLITE, greylisted], room)
    postfix.start(SCENARIOS["success"], room, more=_IMPATIENT)
    postfix.submit("ada@remote.example.net")
    postfix.wait_for_tries(3)
    postfix.submit("ada@remote.example.net")
    postfix.wait_for_expiry()
    files = {"mail.log": postfix.stop()}
    expect = [Expected("greylisted", postfix.count_tries(files))]
    composed = f"{postfix.COMPOSED}; retries after seconds instead of minutes, and times spread over hours"
    write_case(Case("postfix", "retried", postfix.RECORDED, composed, expect), stretch_times(files, 300))


SPECIALS = {"decoys": _decoys, "retried": _retried, "story": _story}
