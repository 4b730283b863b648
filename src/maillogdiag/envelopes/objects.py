"""JSON objects into which journalctl, container runtimes, shippers and log stores put each line.

    journalctl -o json    {"MESSAGE": line, "__REALTIME_TIMESTAMP": …, …}
    docker's json-file    {"log": line, "stream": …, "time": …}
    Fluent Bit            {"log": line, "kubernetes": {…}, "@timestamp": …}
    Filebeat              {"message": line, "agent": {…}, "container": {…}, "@timestamp": …}
    Vector                {"message": line, "source_type": …, "timestamp": …}
    OpenSearch            {"_index": …, "_source": {one of these}}
    Loki                  {"line": line, "labels": {…}, "timestamp": …}              logcli --output jsonl
    VictoriaLogs          {"_msg": line, "_stream": …, "_time": …}
    CloudWatch            {"message": line, "ingestionTime": …, "timestamp": 1762074900114}
    Google Cloud          {"textPayload": line, "resource": {…}, "timestamp": …}

An application's own JSON has nothing of what they add, and is left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime

from maillogdiag.envelopes.journal_entry import unpack_entry
from maillogdiag.envelopes.peeled import Envelope, Peeled
from maillogdiag.envelopes.stamps import epoch_time, iso_time
from maillogdiag.expressions import expression

_OBJECT = expression(r'(?:data: |\x1e)?(?=\{ ?")')
# Where the line is, and what stands beside it in an object that is no application's.
_WRAPPED = {
    "log": ("stream", "kubernetes", "container_name"),
    "_msg": ("_time", "_stream"),
    "line": ("labels",),
    "textPayload": ("resource", "logName", "insertId"),
    "message": ("agent", "kubernetes", "docker", "container", "container_name", "container_id", "source_type",
                "ingestionTime", "logStreamName"),
}  # fmt: skip
_DOCKERS = frozenset(("log", "stream", "time", "attrs"))
# What an application's own object has beside its message.
_REASONS = frozenset((
    "error", "err", "exception", "exc_info", "stack", "stack_trace", "stacktrace", "reason", "cause", "status_message",
    "smtp", "response", "reply",
))  # fmt: skip
_REASON = expression(r"\b[45]\d\d[ -][45]\.\d|(?:Error|Exception)\b")
_TIMES = ("time", "_time", "@timestamp", "timestamp", "date")
# Which container or service wrote it; parts of one name stand in objects in each other, or with dots between them.
_UNITS = tuple(
    (name, name.split("."))
    for name in (
        "kubernetes.container_name", "kubernetes.container.name", "container.name", "container_name", "attrs.tag",
        "labels.container", "labels.unit", "labels.service_name", "labels.app", "resource.labels.container_name",
        "logStreamName",
    )
)  # fmt: skip
SIGNS = (
    '"__REALTIME_TIMESTAMP"',
    '"_source"',
    *dict.fromkeys(f'"{sign}"' for signs in _WRAPPED.values() for sign in signs),
)
"""Each such object has one of these. Most JSON is an application's own: to look for them takes less than to read it."""
_MOST_MILLISECONDS = 10**15
_MOST_SECONDS = 10**11  # a greater number counts milliseconds


def _unpack_object(found: re.Match[str], outer: Peeled, reference: datetime) -> Peeled | None:
    text = outer.text[found.end() :]
    if not any(sign in text for sign in SIGNS):
        return None
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if "__REALTIME_TIMESTAMP" in entry:
        return unpack_entry(entry, outer, "journalctl json")
    is_hit = isinstance(entry.get("_source"), dict)
    if is_hit:
        entry = entry["_source"]
    for name, signs in _WRAPPED.items():
        line = entry.get(name)
        if isinstance(line, str) and (is_hit or any(sign in entry for sign in signs)):
            break
    else:
        return None
    others = (value for key, value in entry.items() if isinstance(value, str) and key != name)
    if any(key.partition(".")[0] in _REASONS for key in entry) or any(map(_REASON.search, others)):
        return None  # the application's own object, with what a shipper knows
    is_dockers = name == "log" and isinstance(entry.get("time"), str) and entry.keys() <= _DOCKERS
    return outer.unpacked(
        line.rstrip("\r\n"),
        "docker json-file" if is_dockers else "JSON of a log store",
        time=_time_of(entry),
        unit=_unit_of(entry),
        is_partial=(is_dockers and not line.endswith("\n")) or entry.get("logtag") == "P",
    )


def _time_of(entry: Mapping[str, object]) -> datetime | None:
    for name in _TIMES:
        value = entry.get(name)
        if isinstance(value, str) and (time := iso_time(value)):
            return time
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _MOST_MILLISECONDS:
            return epoch_time(value / 1000 if value > _MOST_SECONDS else value)
    return None


def _unit_of(entry: Mapping[str, object]) -> str | None:
    for name, parts in _UNITS:
        value: object = entry.get(name)
        if value is None and parts[0] in entry:
            value = entry
            for part in parts:
                value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, str):
            return value
    return None


OBJECT_ENVELOPES = (Envelope("{a\x1e", _OBJECT, _unpack_object),)
