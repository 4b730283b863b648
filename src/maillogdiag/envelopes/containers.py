"""Envelopes of container tools: docker's and podman's compose, swarm, and kubectl."""

from __future__ import annotations

import re
from datetime import datetime

from maillogdiag.envelopes.peeled import Envelope, Peeled
from maillogdiag.expressions import expression

# sidekiq_1  | …, mastodon-sidekiq-1  | …, stack_web.1.q7w@node    | …, [sidekiq] | …, of supervisor-stdout:
# sidekiq stdout | …, and of foreman: 09:26:55 worker.1 | …
_BAR = expression(
    r"(?:\d\d:\d\d:\d\d )?(?P<open>\[)?(?P<unit>[A-Za-z0-9][\w.-]{0,120})(?:@(?P<node>[\w.-]{1,120}))?(?(open)\])"
    r"(?: std(?:out|err))? {1,80}\|(?: (?P<rest>.*)|$)",
    re.DOTALL,
)
_POD = expression(r"\[pod/(?P<unit>[\w./-]{1,300})\] (?P<rest>.*)", re.DOTALL)
# Nextcloud's log reader is pasted as a table whose first column is the level.
NO_CONTAINERS = frozenset(("debug", "info", "warning", "warn", "error", "fatal", "critical", "level"))


def _unpack_bar(found: re.Match[str], outer: Peeled, reference: datetime) -> Peeled | None:
    if found["unit"].lower() in NO_CONTAINERS:
        return None
    return outer.unpacked(found["rest"] or "", "docker compose", unit=found["unit"], host=found["node"])


def _unpack_pod(found: re.Match[str], outer: Peeled, reference: datetime) -> Peeled:
    return outer.unpacked(found["rest"], "kubectl --prefix", unit=found["unit"])


CONTAINER_ENVELOPES = (
    Envelope("0a[", _BAR, _unpack_bar),
    Envelope("[", _POD, _unpack_pod),
)
