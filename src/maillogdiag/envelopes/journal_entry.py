"""A journal entry's fields as an envelope; see systemd.journal-fields(7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from maillogdiag.envelopes.copying import without_colours
from maillogdiag.envelopes.peeled import Peeled
from maillogdiag.envelopes.stamps import epoch_time

_UNITS = ("CONTAINER_NAME", "_SYSTEMD_USER_UNIT", "UNIT", "_SYSTEMD_UNIT")
_PROCESSES = ("SYSLOG_IDENTIFIER", "_COMM")
_PIDS = ("_PID", "SYSLOG_PID")
_MOST_DIGITS = 18
_WRITER = ("_HOSTNAME", *_UNITS, *_PROCESSES, *_PIDS)

TOO_LONG = "[message too long for journalctl -o json]"
"""Stands for the text that `journalctl -o json` leaves out above 4 KiB, where it is called without --all."""


class Writer(NamedTuple):
    """What tells an entry's writer from others; fields as in `Line`, empty where the entry has none."""

    host: str
    unit: str
    process: str
    pid: str


def unpack_entry(entry: Mapping[str, object], outer: Peeled, format: str) -> Peeled:
    """Return what a journal entry holds.

    Args:
        entry: its fields; values as text, or as `journalctl -o json` writes bytes that are not printable UTF-8:
            as a list of numbers.
    """
    host, unit, process, pid = writer_of(entry)
    return outer.unpacked(
        text_of(entry),
        format,
        time=time_of(entry),
        host=host,
        unit=unit,
        process=process,
        pid=pid or None,
        # journald cuts lines at LineMax (48 KiB), docker's driver at 16 KiB.
        is_partial=_text(entry.get("_LINE_BREAK")) == "line-max"
        or _text(entry.get("CONTAINER_PARTIAL_MESSAGE")) == "true",
    )


def text_of(entry: Mapping[str, object]) -> str:
    """Return an entry's message; it may have several lines."""
    message = entry.get("MESSAGE", "")
    return TOO_LONG if message is None else without_colours(_text(message).rstrip("\n"))


def time_of(entry: Mapping[str, object]) -> datetime | None:
    """Return when an entry was written; None where it does not tell."""
    micros = _text(entry.get("__REALTIME_TIMESTAMP"))
    return epoch_time(int(micros) / 1e6) if _is_number(micros) else None


def writer_of(entry: Mapping[str, object]) -> Writer:
    """Return who wrote an entry."""
    fields = tuple(map(entry.get, _WRITER))
    try:
        return _writer(fields)
    except TypeError:  # a field that occurs twice is a list
        return _writer.__wrapped__(fields)


@lru_cache(maxsize=64)
def _writer(fields: tuple[object, ...]) -> Writer:
    entry = dict(zip(_WRITER, fields, strict=True))
    pid = _first(entry, _PIDS)
    host, unit, process = _text(fields[0]), _first(entry, _UNITS), _first(entry, _PROCESSES)
    return Writer(host, unit, process, pid if _is_number(pid) else "")


def _is_number(text: str) -> bool:
    """Whether it is a number of no more digits than journald writes: longer ones take long, or are refused."""
    return text.isdecimal() and len(text) <= _MOST_DIGITS


def _first(entry: Mapping[str, object], names: tuple[str, ...]) -> str:
    """The first of these fields that the entry has."""
    for name in names:
        if text := _text(entry.get(name)):
            return text
    return ""


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        # A field that occurs twice is a list of its values; the first one counts.
        if value and not isinstance(value[0], int):
            return _text(value[0])
        return bytes(byte for byte in value if isinstance(byte, int) and 0 <= byte < 256).decode("utf-8", "replace")
    return str(value) if isinstance(value, int) else ""
