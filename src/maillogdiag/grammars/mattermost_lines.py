"""Mattermost's line shapes through the years, read into one `Entry`.

The shape follows the version and the settings, never the meaning: log4go (1.0 to 4.9), zap's JSON (4.10 to 5.39),
logr's JSON and plain text (6.0 and later, plain where ConsoleJson is off).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import NamedTuple

import pyparsing as pp

from maillogdiag.expressions import expression
from maillogdiag.grammars.members import read_members, read_pairs
from maillogdiag.grammars.parts import Delayed, parse_parts
from maillogdiag.times import aware

_COLOUR = expression(r"\x1b\[[0-9;]{0,12}m")
_ZONES_H = {"UTC": 0, "GMT": 0, "CET": 1, "CEST": 2, "BST": 1, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "PST": -8,
            "PDT": -7, "MSK": 3}  # fmt: skip

_LOG4GO = Delayed(
    lambda: (
        pp.Regex(r"\[(?P<time>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?: [A-Z]{1,5})?|\d\d/\d\d/\d\d \d\d:\d\d:\d\d)\]")
        + pp.Regex(r"\[(?P<level>[A-Z]{4,5})\]")
        + pp.Opt(pp.Regex(r"(?P<path>/[^\s:]{1,300}):(?P<where>[\w.]{1,80})"))
        + pp.Opt(pp.Regex(r"code=(?P<status>\d{3}) rid=(?P<request_id>\S{0,80}) uid=\S{0,80} ip=\S{0,80},?"))
        + pp.Regex(r"(?s)(?P<message>.*)")
    )
)
_LOGR_HEAD = r"(?s)(?P<level>[A-Za-z]{4,20})\s{1,4}\[(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [^\]]{1,6})\] "
_LOGR = Delayed(
    lambda: (
        pp.Regex(_LOGR_HEAD + r"(?P<message>.*?)\s{1,60}(?P<fields>caller=.*)")
        | pp.Regex(_LOGR_HEAD + r"(?P<message>.*)")
    )
)
_ZAP_PLAIN = pp.Regex(
    r"(?s)(?P<time>\d{4}-\d\d-\d\dT[\d:.]{8,20}[+\-\dZ:]{1,6})\t(?P<level>[a-z]{4,6})\t\S{1,200}\t(?P<message>[^\t]*)"
    r"(?:\t(?P<object>\{.*))?"
).parse_with_tabs()


class Entry(NamedTuple):
    """One entry of Mattermost's log.

    Args:
        message: what was logged.
        level: lower case as far as known: "error", "eror", "warn", "debug" …; empty for a pasted text.
        time: always aware, None where the shape has none.
        fields: the named values, such as "error", "path", "request_id"; numbers as text.
    """

    message: str
    level: str = ""
    time: datetime | None = None
    fields: Mapping[str, str] = MappingProxyType({})


def read_entry(text: str) -> Entry | None:
    """Read one record's text in whichever shape it has; None where it has none of them."""
    text = (_COLOUR.sub("", text) if "\x1b" in text else text).strip()
    if "\t{" not in text and (start := text.find("{")) >= 0 and '"msg"' in text:
        return _read_json(text[start:])
    if text[:1].isdigit() and "\t" not in text:  # another program's line
        return None
    shape, reader = _shape_of(text)
    parts = parse_parts(shape, text)
    return reader(parts) if parts is not None else None


def _shape_of(text: str) -> tuple[pp.ParserElement | Delayed, Callable[[dict[str, str]], Entry]]:
    if text.startswith("["):
        return _LOG4GO, _read_log4go
    return (_ZAP_PLAIN, _read_zap_plain) if text[:1].isdigit() else (_LOGR, _read_logr)


def _read_json(text: str) -> Entry | None:
    """`{"level":"error","ts":1579587049.15,"msg":…}` or `{"timestamp":"2024-10-04 08:21:16.133 Z",…}`."""
    members = _members(text)
    if "msg" not in members:
        return None
    stamp = members.get("timestamp", "")
    return Entry(
        message=members["msg"],
        level=members.get("level", "").lower(),
        time=_logr_time(stamp) if stamp else _epoch(members.get("ts", "")),
        fields=members,
    )


def _members(text: str) -> dict[str, str]:
    return {key: value if isinstance(value, str) else str(value) for key, value in read_members(text).items()}


def _read_log4go(parts: dict[str, str]) -> Entry:
    """`[2017/06/14 14:52:51 UTC] [EROR] /api/v4/…:Where code=500 rid=… Message [details: …]`."""
    fields: dict[str, str] = {key: parts[key] for key in ("path", "where", "request_id") if key in parts}
    return Entry(parts["message"].strip(), parts["level"].lower(), _log4go_time(parts["time"]), fields)


def _read_logr(parts: dict[str, str]) -> Entry:
    """`error [2023-05-04 18:55:11.226 Z] msg padded caller="web/context.go:117" key=value`."""
    fields = read_pairs(parts.get("fields", ""))
    return Entry(parts["message"].strip(), parts["level"].lower(), _logr_time(parts["time"]), fields)


def _read_zap_plain(parts: dict[str, str]) -> Entry:
    """`TIME<tab>level<tab>caller<tab>msg<tab>{json}`."""
    try:
        time = datetime.fromisoformat(parts["time"])
    except ValueError:
        time = None
    return Entry(parts["message"], parts["level"], time and aware(time), _members(parts.get("object", "") or "{}"))


def _epoch(text: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _logr_time(text: str) -> datetime | None:
    """`2024-10-04 08:21:16.133 Z` or `… +01:00`: the server's own zone (logr, formatters/format.go)."""
    try:
        return datetime.fromisoformat(text.replace(" Z", "+00:00").replace(" +", "+").replace(" -", "-"))
    except ValueError:
        return None


def _log4go_time(text: str) -> datetime | None:
    """`2017/06/14 14:52:51 CEST`, or the console's `01/11/16 22:04:26` (month/day/year, no zone)."""
    stamp, _, zone = text.partition(" ")[2].partition(" ")
    day = text.partition(" ")[0]
    try:
        naive = datetime.strptime(f"{day} {stamp}", "%Y/%m/%d %H:%M:%S" if len(day) > 8 else "%m/%d/%y %H:%M:%S")
    except ValueError:
        return None
    if zone in _ZONES_H:
        return naive.replace(tzinfo=timezone(timedelta(hours=_ZONES_H[zone])))
    return aware(naive)
