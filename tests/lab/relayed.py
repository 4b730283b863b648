"""Cases whose application hands its mail to a mail server on the same machine: the logs of both, of the same mails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from tests.lab import postfix
from tests.lab.case import Case, Expected, write_case
from tests.lab.room import SMTP_ADDRESS
from tests.lab.scenarios import SCENARIOS
from tests.lab.server import Server

# What the server that Postfix hands the mails to does; the application sees nothing of it.
_BEHIND = ("success", "auth-failed", "connection-refused", "recipient-unknown", "spam-rejected")


def relayed_cases(app: ModuleType) -> dict[str, Callable[[Path], None]]:
    """Return the special cases of an application of the lab that plays scenarios as `app.play` does."""
    return {
        **{f"relayed-{name}": _behind(app, name) for name in _BEHIND},
        "relayed-refused": lambda room: _refused(app, room),
    }


def _behind(app: ModuleType, name: str) -> Callable[[Path], None]:
    def play(room: Path) -> None:
        scenario = SCENARIOS[name]
        if scenario.dialogues:
            Server((SMTP_ADDRESS, scenario.port), scenario.dialogues, room)
        postfix.start(scenario, room)
        files = hand_over(app, scenario.mails, room)
        postfix.wait_for_tries(scenario.mails)
        files["mail.log"] = postfix.stop()
        cause = scenario.cause_for("postfix")
        _write(app, f"relayed-{name}", [Expected(cause, postfix.count_tries(files))] if cause else [], files)

    return play


def _refused(app: ModuleType, room: Path) -> None:
    """Postfix itself refuses: it does not count the application among its own."""
    mails = 2
    postfix.start(SCENARIOS["success"], room, own_networks="192.0.2.99/32")
    files = hand_over(app, mails, room)
    files["mail.log"] = postfix.stop()
    _write(app, "relayed-refused", [Expected("relay-denied", mails)], files)


def hand_over(app: ModuleType, mails: int, room: Path) -> dict[str, str]:
    """Let an application send mails to port 25 of this host; return its logs."""
    to_postfix = {"host": "localhost", "port": 25, "security": "none", "has_login": False, "mails": mails}
    files: dict[str, str] = app.play(replace(SCENARIOS["success"], **to_postfix), room)
    return files


def _write(app: ModuleType, name: str, expect: list[Expected], files: dict[str, str]) -> None:
    recorded, composed = f"{app.RECORDED}; {postfix.RECORDED}", f"{app.COMPOSED}; {postfix.COMPOSED}"
    write_case(Case(app.__name__.rpartition(".")[2], name, recorded, composed, expect), files)
