"""An Exim that takes mail from a Mastodon, and the story of one whose relay's password is changed and mended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.lab import exim, mastodon
from tests.lab.case import Case, Expected, write_case
from tests.lab.dialogue import POLITE, Dialogue
from tests.lab.relayed import hand_over
from tests.lab.room import SMTP_ADDRESS
from tests.lab.scenarios import SCENARIOS
from tests.lab.server import Server
from tests.lab.stretch import stretch_times

_BAD_LOGIN = Dialogue({"AUTH": "535 5.7.8 Error: authentication failed: authentication failure"})
_UNKNOWN = Dialogue({"RCPT": "550 5.1.1 <ada@remote.example.net>: Recipient address rejected: User unknown"})


def _story(room: Path) -> None:
    Server((SMTP_ADDRESS, 587), [*[POLITE] * 14, *[_BAD_LOGIN] * 8, *[POLITE] * 12, _UNKNOWN, POLITE], room)
    files = exim.play(replace(SCENARIOS["success"], mails=40), room)
    expect = [Expected("auth-failed", 8), Expected("recipient-rejected", 1)]
    composed = f"{exim.COMPOSED}; times spread over hours"
    write_case(Case("exim", "story", exim.RECORDED, composed, expect), stretch_times(files, 1800))


def _from_mastodon(room: Path) -> None:
    scenario = SCENARIOS["recipient-unknown"]
    Server((SMTP_ADDRESS, scenario.port), scenario.dialogues, room)
    exim.start(scenario, room)
    files = hand_over(mastodon, scenario.mails, room)
    exim.wait_for_tries(scenario.mails)
    files["mainlog"] = exim.stop()
    recorded, composed = f"{exim.RECORDED}; {mastodon.RECORDED}", mastodon.COMPOSED
    write_case(Case("exim", "from-mastodon", recorded, composed, [Expected("recipient-rejected", 2)]), files)


SPECIALS = {"from-mastodon": _from_mastodon, "story": _story}
