"""Zulip cases beyond one failure after another: the worker's tries, older versions, the test command, a story."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tests.lab import zulip
from tests.lab.case import Case, Expected, write_case
from tests.lab.dialogue import POLITE, Dialogue
from tests.lab.relayed import relayed_cases
from tests.lab.room import SMTP_ADDRESS
from tests.lab.scenarios import GMAIL_534, SCENARIOS
from tests.lab.server import Server
from tests.lab.stretch import stretch_times
from tests.lab.zulip import COMPOSED, RECORDED, run_commands, settings

_REGISTER = "zerver/emails/confirm_registration"
_RESET = "zerver/emails/password_reset"
_MISSED = "zerver/emails/missed_message"
_LOGS = ("send_email.log", "errors.log", "server.log")
_BAD_LOGIN = Dialogue({"AUTH": "535 5.7.8 Error: authentication failed: authentication failure"})
_NOT_OWNED = Dialogue(
    {
        "RCPT": "553 5.7.1 <noreply-x3v7k2@chat.example.org>: Sender address rejected: "
        "not owned by user mailer@example.org"
    }
)


def _special(
    name: str,
    commands: Sequence[str],
    expect: Sequence[Expected],
    dialogues: Sequence[Dialogue],
    setting: dict[str, str] | None = None,
    scenario: str = "success",
    files: Sequence[str] = _LOGS,
) -> Callable[[Path], None]:
    """Make a case of commands to the small Zulip."""

    def play(room: Path) -> None:
        base = SCENARIOS[scenario]
        if dialogues:
            Server((SMTP_ADDRESS, base.port), dialogues, room)
        output = run_commands(commands, settings(base) | (setting or {}), room)
        output["send_test_email.txt"] = output.pop("output")
        kept = {file: output[file] for file in files if output.get(file)}
        if name == "story":
            kept = stretch_times(kept, 1800)
        composed = f"{COMPOSED}; times spread over hours" if name == "story" else COMPOSED
        write_case(Case("zulip", name, RECORDED, composed, expect), kept)

    return play


_TEST_OUTPUT = ("send_test_email.txt",)
_SPECIAL_CASES = {
    "worker-retries": (
        [f"worker {_MISSED}", f"worker {_MISSED}"],
        [Expected("auth-failed", 4)],
        [*[_BAD_LOGIN] * 4, POLITE],
    ),
    "worker-recovers": ([f"worker {_MISSED}"], [Expected("auth-failed", 1)], [_BAD_LOGIN, POLITE]),
    "password-unset": (
        [f"web {_REGISTER}", f"web {_RESET}"],
        [],
        [Dialogue(mechanisms="")],
        {"EMAIL_HOST_PASSWORD": ""},
    ),
    "password-unset-auth-required": (
        [f"web {_REGISTER}", f"web {_RESET}"],
        [Expected("auth-required", 2)],
        [Dialogue({"MAIL": "530 5.7.0 Authentication required"})],
        {"EMAIL_HOST_PASSWORD": ""},
    ),
    "decoys": ([f"web {_REGISTER}", "warn", f"worker {_MISSED}", "warn"], [], [POLITE]),
    "zulip-9-refused-in-worker": (
        [f"worker {_MISSED}", f"worker {_MISSED}"],
        [Expected("connection-refused", 2)],
        [],
        {"LAB_ZULIP_9": "1"},
    ),
    "zulip-9-refused-in-web": (
        [f"internal-error {_REGISTER}", f"internal-error {_REGISTER}"],
        [Expected("connection-refused", 2)],
        [],
        {"LAB_ZULIP_9": "1"},
    ),
    "web-internal-error": (
        [f"internal-error {_REGISTER}", f"internal-error {_REGISTER}"],
        [Expected("auth-failed", 1)],
        [POLITE, _BAD_LOGIN],
    ),
    "test-command-success": (["test"], [], [POLITE], None, "success", _TEST_OUTPUT),
    "test-command-app-password": (
        ["test"],
        [Expected("auth-app-password-required", 1)],
        [Dialogue({"AUTH": GMAIL_534})],
        None,
        "success",
        _TEST_OUTPUT,
    ),
    "test-command-sender": (
        ["test"],
        [Expected("sender-rejected", 1)],
        [POLITE, _NOT_OWNED],
        None,
        "success",
        _TEST_OUTPUT,
    ),
    "test-command-refused": (
        ["test"], [Expected("connection-refused", 1)], [], None, "success", _TEST_OUTPUT,
    ),
    "test-command-certificate": (
        ["test"],
        [Expected("cert-untrusted", 1)],
        [Dialogue(certificate="self-signed")],
        None,
        "success",
        _TEST_OUTPUT,
    ),
    "story": (
        [f"web {_REGISTER}", f"web {_RESET}", f"worker {_MISSED}", "warn"] * 12,
        [Expected("auth-failed", 11), Expected("sender-rejected", 4)],
        [*[POLITE] * 14, *[_BAD_LOGIN] * 11, *[POLITE] * 3, *[_NOT_OWNED] * 4, POLITE],
    ),
}  # fmt: skip

SPECIALS = {name: _special(name, *case) for name, case in _SPECIAL_CASES.items()} | relayed_cases(zulip)
