"""Plays one case inside its room and writes the fixture; started by `__main__` in fresh namespaces."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from tests.lab.case import Case, Expected, write_case
from tests.lab.room import SMTP_ADDRESS, block_port, open_room
from tests.lab.scenarios import SCENARIOS, Scenario
from tests.lab.server import Server

APPS = ("mastodon", "zulip", "mattermost", "postfix", "exim")
_HOSTNAMES = {"mastodon": "social", "zulip": "chat", "mattermost": "chat", "postfix": "mx", "exim": "mx"}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("app", choices=APPS)
    parser.add_argument("scenario")
    arguments = parser.parse_args()
    client = importlib.import_module(f"tests.lab.{arguments.app}")

    scenario = SCENARIOS.get(arguments.scenario)
    if scenario is None:
        room = open_room(_HOSTNAMES[arguments.app])
        special_cases(arguments.app)[arguments.scenario](room)
        return
    room = open_room(_HOSTNAMES[arguments.app], is_dns_mute=scenario.name == "dns-no-server")
    if scenario.dialogues:
        Server((SMTP_ADDRESS, scenario.port), scenario.dialogues, room)
    held = block_port(scenario.port) if scenario.host.startswith("mute.") else []
    files = client.play(scenario, room)
    for listener in held:
        listener.close()
    failed = client.count_tries(files) if hasattr(client, "count_tries") else scenario.failed
    write_case(_describe(arguments.app, scenario, client, failed), files)


def special_cases(app: str) -> dict[str, Callable[[Path], None]]:
    """Return the cases of an application that play more than one scenario; each writes its fixture itself."""
    try:
        return importlib.import_module(f"tests.lab.{app}_specials").SPECIALS
    except ModuleNotFoundError:
        return {}


def _describe(app: str, scenario: Scenario, client: ModuleType, failed: int) -> Case:
    cause = scenario.cause_for(app)
    expect = [Expected(cause, failed)] if cause else []
    return Case(app, scenario.name, client.RECORDED, client.COMPOSED, expect, scenario.truth_for(app))


if __name__ == "__main__":
    main()
