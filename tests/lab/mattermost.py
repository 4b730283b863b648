"""Plays a case with Go's net/smtp and crypto/tls, wrapped as Mattermost wraps them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.lab.mattermost_lines import Line, Outcome, as_json, lines_for
from tests.lab.room import client_environment
from tests.lab.scenarios import Scenario

RECORDED = "Go 1.19 net/smtp, net and crypto/tls: every text after the stage of a failure"
COMPOSED = "Mattermost's messages, fields and line shape around the recorded reason"
# Commands after the greeting have no deadline in Mattermost: it hangs and logs nothing.
SKIPPED = frozenset({"end-of-data-timeout"})
_PROGRAM = Path("/var/tmp/maillogdiag-lab/mattermost_mail")


def prepare() -> None:
    """Compile the Go program once, outside of all rooms."""
    _PROGRAM.parent.mkdir(exist_ok=True)
    source = Path(__file__).parent / "mattermost_mail.go"
    subprocess.run(["go", "build", "-o", _PROGRAM, source], check=True)


def play(scenario: Scenario, room: Path) -> dict[str, str]:
    """Send the case's mails; return mattermost.log in the shape of today."""
    return {"mattermost.log": write_log(lines_for(send_mails(scenario, room, scenario.mails)), as_json)}


def send_mails(scenario: Scenario, room: Path, count: int) -> list[Outcome]:
    """Send this many mails one after the other and return how each ended."""
    login = {"SMTPUSERNAME": "mailer@example.org", "SMTPPASSWORD": "example-password"} if scenario.has_login else {}
    done = subprocess.run(
        [_PROGRAM, str(count)],
        check=True, capture_output=True, text=True, timeout=200,
        env={
            "PATH": os.environ["PATH"],
            "SMTPSERVER": scenario.host,
            "SMTPPORT": str(scenario.port),
            "CONNECTIONSECURITY": scenario.security,
            "FEEDBACKEMAIL": "notifications@chat.example.org",
            **login,
            **client_environment(room),
        },
    )  # fmt: skip
    return [Outcome(**json.loads(line)) for line in done.stdout.splitlines()]


def write_log(lines: Sequence[Line], shape: Callable[[Line], str]) -> str:
    return "".join(f"{shape(line)}\n" for line in lines)
