"""Plays a case with Django's SMTP backend under Zulip's logging."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import django

from tests.lab.room import client_environment
from tests.lab.scenarios import Scenario

RECORDED = f"Django {django.__version__} SMTP backend, smtplib of Python {'.'.join(map(str, sys.version_info[:3]))}"
COMPOSED = "Zulip's own part (its messages, its two log formats, its retries) is a stand-in; paths are Zulip's"
SKIPPED: frozenset[str] = frozenset()
_CURRENT = Path("/home/zulip/deployments/current")
_TEMPLATES = (
    "zerver/emails/confirm_registration",
    "zerver/emails/password_reset",
    "zerver/emails/invitation",
)


def settings(scenario: Scenario) -> dict[str, str]:
    """Return what /etc/zulip/settings.py would say."""
    login = {"EMAIL_HOST_USER": "mailer@example.org", "EMAIL_HOST_PASSWORD": "example-password"}
    return {
        "EMAIL_HOST": scenario.host,
        "EMAIL_PORT": str(scenario.port),
        "EMAIL_SECURITY": scenario.security,
        **(login if scenario.has_login else {}),
    }


def play(scenario: Scenario, room: Path) -> dict[str, str]:
    """Send the case's mails; return send_email.log and errors.log (which exists only where something failed)."""
    commands = [f"web {_TEMPLATES[number % len(_TEMPLATES)]}" for number in range(scenario.mails)]
    files = run_commands(commands, settings(scenario), room)
    return {name: files[name] for name in ("send_email.log", "errors.log") if files[name]}


def run_commands(commands: Sequence[str], env: dict[str, str], room: Path) -> dict[str, str]:
    """Return the log files and what was printed, by name; an empty file is an empty string."""
    logs = room / "logs"
    logs.mkdir()
    shutil.copytree(Path(__file__).parent / "zulip_tree", _CURRENT)
    done = subprocess.run(
        [sys.executable, "manage.py"],
        input="\n".join(commands), text=True, capture_output=True, cwd=_CURRENT, timeout=200,
        env={"PATH": os.environ["PATH"], "LAB_LOGS": str(logs), **client_environment(room), **env},
    )  # fmt: skip
    if done.returncode and "Traceback" not in done.stderr:
        raise RuntimeError(done.stderr)
    return {
        "output": done.stdout + done.stderr,
        **{path.name: path.read_text() for path in sorted(logs.iterdir())},
    }
