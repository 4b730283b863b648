"""Mattermost cases beyond one failure after another: the log shapes of all versions, a story."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.lab.case import Case, Expected, write_case
from tests.lab.dialogue import POLITE, Dialogue
from tests.lab.mattermost import COMPOSED, RECORDED, send_mails, write_log
from tests.lab.mattermost_lines import SHAPES, as_json, greeting_lines, lines_for
from tests.lab.room import SMTP_ADDRESS
from tests.lab.scenarios import SCENARIOS
from tests.lab.server import Server
from tests.lab.stretch import stretch_times

_BAD_LOGIN = Dialogue({"AUTH": "535 5.7.8 Error: authentication failed: authentication failure"})
_NOT_OWNED = Dialogue({"MAIL": "550 5.7.1 Sender address notifications@chat.example.org is not verified"})


def _in_shape(name: str) -> Callable[[Path], None]:
    def play(room: Path) -> None:
        Server((SMTP_ADDRESS, 587), [POLITE, _BAD_LOGIN, _NOT_OWNED, Dialogue(certificate="expired")], room)
        lines = lines_for(send_mails(SCENARIOS["success"], room, 4))
        expect = [Expected(cause, 1) for cause in ("auth-failed", "sender-rejected", "cert-expired")]
        case = Case("mattermost", f"shape-{name}", RECORDED, COMPOSED, expect)
        write_case(case, {"mattermost.log": write_log(lines, SHAPES[name])})

    return play


def _story(room: Path) -> None:
    """Mail works, the password is changed, then mended; later the certificate runs out for a while."""
    expired = Dialogue(certificate="expired")
    dialogues = [*[POLITE] * 12, *[_BAD_LOGIN] * 9, *[POLITE] * 8, *[expired] * 5, POLITE]
    Server((SMTP_ADDRESS, 587), dialogues, room)
    lines = lines_for(send_mails(SCENARIOS["success"], room, 40))
    expect = [Expected("auth-failed", 9), Expected("cert-expired", 5)]
    case = Case("mattermost", "story", RECORDED, f"{COMPOSED}; times spread over hours", expect)
    write_case(case, stretch_times({"mattermost.log": write_log(lines, as_json)}, 1800))


def _refused_by_greeting(room: Path) -> None:
    """Log a refused greeting as 5.x did: a line with the reason, and one without it half a millisecond later."""
    busy = Dialogue({"banner": "421 4.7.0 smtp.example.org Error: too many connections"})
    Server((SMTP_ADDRESS, 587), [busy], room)
    lines = greeting_lines(send_mails(SCENARIOS["success"], room, 2))
    case = Case("mattermost", "shape-zap-json-greeting", RECORDED, COMPOSED, [Expected("rate-limited", 2)])
    write_case(case, {"mattermost.log": write_log(lines, SHAPES["zap-json"])})


SPECIALS = {
    "story": _story,
    "shape-zap-json-greeting": _refused_by_greeting,
    **{f"shape-{name}": _in_shape(name) for name in SHAPES},
}
