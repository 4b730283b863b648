"""Wraps recorded lines as container tools print them; each function takes stamped lines."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence

Stamped = Sequence[tuple[dt.datetime, str]]
_POD = "mastodon-sidekiq-all-queues-6d4f8b9c5-x7k2p"


def compose_v1(lines: Stamped) -> str:
    """`docker-compose logs`: name and bar, among lines of other services."""
    return _mix("sidekiq_1   | ", "db_1        | ", lines)


def compose_v2(lines: Stamped) -> str:
    """`docker compose logs`: project-service-number."""
    return _mix("mastodon-sidekiq-1  | ", "mastodon-db-1       | ", lines)


def compose_timestamps(lines: Stamped) -> str:
    """`docker compose logs --timestamps`."""
    return "".join(f"mastodon-sidekiq-1  | {_nano(time)} {line}\n" for time, line in lines)


def json_file(lines: Stamped) -> str:
    """Docker's json-file driver: one object a line, as under /var/lib/docker/containers."""
    objects = ({"log": f"{line}\n", "stream": "stdout", "time": _nano(time)} for time, line in lines)
    return "".join(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n" for entry in objects)


def kubectl_prefix(lines: Stamped) -> str:
    """`kubectl logs --prefix`."""
    return "".join(f"[pod/{_POD}/mastodon] {line}\n" for _, line in lines)


def kubectl_prefix_timestamps(lines: Stamped) -> str:
    """`kubectl logs --prefix --timestamps`."""
    return "".join(f"[pod/{_POD}/mastodon] {_nano(time)} {line}\n" for time, line in lines)


def cri(lines: Stamped) -> str:
    """The kubelet's own files under /var/log/pods."""
    return "".join(f"{_nano(time)} stdout F {line}\n" for time, line in lines)


WRAPPINGS: dict[str, tuple[str, Callable[[Stamped], str]]] = {
    "compose-v1": ("docker-compose.log", compose_v1),
    "compose-v2": ("docker-compose.log", compose_v2),
    "compose-timestamps": ("docker-compose.log", compose_timestamps),
    "docker-json-file": ("4f1d2c3b5a69-json.log", json_file),
    "kubectl-prefix": ("kubectl.log", kubectl_prefix),
    "kubectl-timestamps": ("kubectl.log", kubectl_prefix_timestamps),
    "cri": ("0.log", cri),
}


def _nano(time: dt.datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S.%f}042Z"


def _mix(own: str, other: str, lines: Stamped) -> str:
    """Put a line of the database after every tenth of ours, in the middle of backtraces too."""
    mixed = []
    for number, (time, line) in enumerate(lines, start=1):
        mixed.append(f"{own}{line}\n")
        if number % 10 == 0:
            mixed.append(f"{other}{time:%Y-%m-%d %H:%M:%S.%f}"[:-3] + " UTC [27] LOG:  checkpoint complete\n")
    return "".join(mixed)
