"""Regenerates tests/fixtures: `python -m tests.lab [--app APP] [--case NAME] [--jobs N]`."""

from __future__ import annotations

import argparse
import importlib
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tests.lab.case import FIXTURES
from tests.lab.derived import derive_fixtures
from tests.lab.play import APPS, special_cases
from tests.lab.requirements import check_requirements
from tests.lab.scenarios import SCENARIOS

# Every case in namespaces of its own; when its first process ends, all it started ends with it.
_IN_A_ROOM = ["unshare", "--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--mount-proc", "--kill-child"]
_CASE_LIMIT_S = 300


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    parser.add_argument("--app", action="append", choices=APPS, help="only this application (repeatable)")
    parser.add_argument("--case", action="append", help="only this scenario (repeatable)")
    parser.add_argument("--jobs", type=int, default=6, help="cases played at the same time (default: 6)")
    parser.add_argument("--derive", action="store_true", help="only make anew what comes from other fixtures")
    arguments = parser.parse_args()
    if arguments.derive:
        check_requirements(["journal"])
        derive_fixtures()
        return 0
    apps = arguments.app or APPS
    check_requirements([*apps, "journal"])

    started = time.time()
    for client in (importlib.import_module(f"tests.lab.{app}") for app in apps):
        if hasattr(client, "prepare"):
            client.prepare()
    cases = [(app, name) for app in apps for name in _names(app) if not arguments.case or name in arguments.case]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        failed = [case for case, is_played in zip(cases, pool.map(_play, cases), strict=True) if not is_played]
    if not failed and not arguments.case and set(apps) == set(APPS):
        derive_fixtures()
        _remove_older_than(started)
    print(f"{len(cases) - len(failed)} of {len(cases)} cases recorded.")
    return 1 if failed else 0


def _names(app: str) -> list[str]:
    client = importlib.import_module(f"tests.lab.{app}")
    playable = [name for name, scenario in SCENARIOS.items() if not scenario.only or app in scenario.only]
    return [name for name in playable if name not in client.SKIPPED] + list(special_cases(app))


def _remove_older_than(started: float) -> None:
    """Remove the cases that this run, being a whole one, did not write."""
    for description in FIXTURES.glob("*/*/case.yaml"):
        if description.stat().st_mtime < started:
            shutil.rmtree(description.parent)


def _play(case: tuple[str, str]) -> bool:
    started = time.monotonic()
    command = [*_IN_A_ROOM, sys.executable, "-m", "tests.lab.play", *case]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_CASE_LIMIT_S)
    except subprocess.TimeoutExpired:
        print(f"{'/'.join(case)}: not done after {_CASE_LIMIT_S} s", file=sys.stderr)
        return False
    if done.returncode:
        print(f"{'/'.join(case)}: failed\n{done.stderr[-3000:]}", file=sys.stderr)
    else:
        print(f"{'/'.join(case)}: {time.monotonic() - started:.0f} s", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    raise SystemExit(main())
