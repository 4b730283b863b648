"""Envelopes of container tools: docker's and podman's compose, swarm, kubectl, and docker's json-file driver."""

from __future__ import annotations

import json
import re
from datetime import datetime

from maillogdiag.envelopes.journal_entry import unpack_entry
from maillogdiag.envelopes.peeled import Envelope, Peeled
from maillogdiag.envelopes.stamps import iso_time
from maillogdiag.expressions import expression

# sidekiq_1  | …, mastodon-sidekiq-1  | …, stack_web.1.q7w@node    | …, [sidekiq] | …, of supervisor-stdout:
# sidekiq stdout | …, and of foreman: 09:26:55 worker.1 | …
_BAR = expression(
    r"(?:\d\d:\d\d:\d\d )?(?P<open>\[)?(?P<unit>[A-Za-z0-9][\w.-]{0,120})(?:@(?P<node>[\w.-]{1,120}))?(?(open)\])"
    r"(?: std(?:out|err))? {1,80}\|(?: (?P<rest>.*)|$)",
    re.DOTALL,
)
_POD = expression(r"\[pod/(?P<unit>[\w./-]{1,300})\] (?P<rest>.*)", re.DOTALL)
_OBJECT = expression(r'(?:data: |\x1e)?(?=\{ ?")')
# Nextcloud's log reader is pasted as a table whose first column is the level.
NO_CONTAINERS = frozenset(("debug", "info", "warning", "warn", "error", "fatal", "critical", "level"))


def _unpack_bar(found: re.Match[str], outer: Peeled, reference: datetime) -> Peeled | None:
    if found["unit"].lower() in NO_CONTAINERS:
        return None
    return outer.unpacked(found["rest"] or "", "docker compose", unit=found["unit"], host=found["node"])


def _unpack_pod(found: re.Match[str], outer: Peeled, reference: datetime) -> Peeled:
    return outer.unpacked(found["rest"], "kubectl --prefix", unit=found["unit"])


def _unpack_object(found: re.Match[str], outer: Peeled, reference: datetime) -> Peeled | None:
    """Docker's json-file or `journalctl -o json`; an application's own JSON is left alone."""
    text = outer.text[found.end() :]
    is_journal = '"__REALTIME_TIMESTAMP"' in text
    if not is_journal and '"log":' not in text:
        return None
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if is_journal and "__REALTIME_TIMESTAMP" in entry:
        return unpack_entry(entry, outer, "journalctl json")
    log, time = entry.get("log"), entry.get("time")
    if not isinstance(log, str) or not isinstance(time, str):
        return None
    unit = entry.get("attrs", {}).get("tag") if isinstance(entry.get("attrs"), dict) else None
    return outer.unpacked(
        log.rstrip("\r\n"),
        "docker json-file",
        time=iso_time(time),
        unit=unit if isinstance(unit, str) else None,
        is_partial=not log.endswith("\n"),
    )


CONTAINER_ENVELOPES = (
    Envelope("0a[", _BAR, _unpack_bar),
    Envelope("[", _POD, _unpack_pod),
    Envelope("{a\x1e", _OBJECT, _unpack_object),
)
