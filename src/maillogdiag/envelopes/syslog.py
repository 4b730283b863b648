"""Syslog's envelope, which journalctl prints too: time, host, program and process id.

    entry   = time [host] [facility "." level] program ["[" pid "]"] ":" text
    time    = "Nov  3 18:05:55" | "Okt 15 23:48:15.123456" | "Mon 2026-11-02 09:15:00 CET" | "1762074900.123456"

BSD's form is RFC 3164 section 4.1. journalctl's -o short, short-precise, short-full, with-unit, short-unix,
short-monotonic and short-delta differ in the time only. ISO 8601 times are read in `maillogdiag.envelopes.iso`.
RFC 5424 (section 6) has all of it in another order, behind "<priority>1".
"""

from __future__ import annotations

import re
from datetime import datetime

from maillogdiag.envelopes.peeled import Envelope, Peeled
from maillogdiag.envelopes.stamps import CLOCK, ISO, epoch_time, iso_time, month_number, yearless_time
from maillogdiag.expressions import expression

_PROGRAM = r"(?P<program>[^\s\[\]:|{]{1,100})(?:\[(?P<pid>\d{1,10})\])?:(?: |$)"
_HOST = r"(?P<host>[\w.:-]{1,255})"
FACILITY = r"(?:mail|daemon|user|local\d|kern|auth|authpriv|syslog|cron|lpr|news|uucp|ftp)\.\w+ "
# Papertrail's and Heroku's copies have no colon after the program.
_DYNO = r"(?P<dyno>(?:app|heroku)/[\w.-]{1,100}):? "
_REST = r"(?P<rest>.*)"
_MOST_PID_DIGITS = 10
_HEADER = rf"(?:(?!{FACILITY}|\d{{4}} ){_HOST} )?(?:{FACILITY})?(?:{_PROGRAM}|{_DYNO}){_REST}"

_BSD = expression(
    rf"\s{{0,8}}(?:<\d{{1,3}}>)?(?P<month>[^\W\d_]{{3,5}}\.?|\d{{1,2}}月) {{1,2}}(?P<day>\d{{1,2}}) "
    rf"(?:(?P<year>\d{{4}}) )?{CLOCK} {_HEADER}",
    re.DOTALL,
)
_FULL = expression(
    rf"[^\W\d_]{{2,4}}\.? (?P<date>\d{{4}}-\d\d-\d\d) {CLOCK} (?P<zone>[A-Z]{{2,5}}|[+-]\d\d(?:\d\d)?) {_HEADER}",
    re.DOTALL,
)
_UNIX = expression(rf"(?P<unix>\d{{10}}\.\d{{6}}) {_HEADER}", re.DOTALL)
_MONOTONIC = expression(rf"\[ {{0,8}}\d{{1,8}}\.\d{{6}}(?: <[ \d.]{{1,40}}>)?\] {_HEADER}", re.DOTALL)
_RFC5424 = expression(
    rf"(?:<\d{{1,3}}>)?1 {ISO} (?P<host>\S{{1,255}}) (?P<program>\S{{1,48}}) (?P<pid>\S{{1,128}}) \S{{1,32}} "
    r"(?:-|(?:\[(?:[^\]\\]|\\.){1,2000}\])+)(?: (?:\ufeff)?(?P<rest>.*)|$)",
    re.DOTALL,
)


def without_escapes(text: str) -> str:
    """Undo rsyslog's spelling of line feed and tab (its $EscapeControlCharactersOnReceive)."""
    return text.replace("#012", "\n").replace("#011", "\t") if "#01" in text else text


def _from_header(found: re.Match[str], outer: Peeled, time: datetime | None, format: str) -> Peeled:
    """Return what is behind host, program and pid."""
    program, dyno = found["program"], found["dyno"]
    # journalctl -o with-unit has the unit in the program's place.
    unit = program if program and program.endswith(".service") else dyno
    return outer.unpacked(
        without_escapes(found["rest"]),
        format,
        time=time,
        host=found["host"],
        unit=unit,
        process=program or dyno,
        pid=found["pid"],
    )


def _unpack_bsd(found: re.Match[str], outer: Peeled, reference: datetime) -> Peeled | None:
    month, day = month_number(found["month"]), int(found["day"])
    if month is None:
        return None
    if found["year"]:
        time = iso_time(f"{found['year']}-{month:02}-{day:02}T{found['clock']}")
    else:
        time = yearless_time(month, day, found["clock"], found["fraction"], reference)
    return _from_header(found, outer, time, "syslog")


def _unpack_full(found: re.Match[str], outer: Peeled, reference: datetime) -> Peeled:
    # Abbreviations such as CET cannot be looked up (CST has three meanings): only UTC is certain.
    zone = {"UTC": "Z", "GMT": "Z"}.get(found["zone"], "" if found["zone"].isalpha() else found["zone"])
    fraction = f".{found['fraction']}" if found["fraction"] else ""
    time = iso_time(f"{found['date']}T{found['clock']}{fraction}{zone}")
    return _from_header(found, outer, time, "journalctl short-full")


def _unpack_unix(found: re.Match[str], outer: Peeled, reference: datetime) -> Peeled:
    return _from_header(found, outer, epoch_time(float(found["unix"])), "journalctl short-unix")


def _unpack_monotonic(found: re.Match[str], outer: Peeled, reference: datetime) -> Peeled:
    return _from_header(found, outer, None, "journalctl short-monotonic")


def _unpack_rfc5424(found: re.Match[str], outer: Peeled, reference: datetime) -> Peeled:
    host, program, pid = (None if found[name] == "-" else found[name] for name in ("host", "program", "pid"))
    return outer.unpacked(
        without_escapes(found["rest"] or ""),
        "syslog, RFC 5424",
        time=iso_time(found["iso"]),
        host=host,
        process=program,
        pid=pid if pid and pid.isdecimal() and len(pid) <= _MOST_PID_DIGITS else None,
    )


SYSLOG_ENVELOPES = (
    Envelope("0a< \t", _BSD, _unpack_bsd, is_header=True),
    Envelope("a", _FULL, _unpack_full, is_header=True),
    Envelope("0", _UNIX, _unpack_unix, is_header=True),
    Envelope("[", _MONOTONIC, _unpack_monotonic, is_header=True),
    Envelope("<0", _RFC5424, _unpack_rfc5424),
)
