"""Envelopes: what journald, syslog, docker, kubectl … put around a line, peeled off.

Found out by content, line by line; several may be nested (a compose prefix around rsyslog's). The application's own
timestamp (Sidekiq's, Zulip's, Mattermost's) is no envelope: its grammar reads it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from maillogdiag.times import aware

_MOST_LAYERS = 4


@dataclass(frozen=True, slots=True)
class Peeled:
    """A line's text and what its envelopes told; fields as in `Line`."""

    text: str
    time: datetime | None = None
    host: str | None = None
    unit: str | None = None
    process: str | None = None
    pid: int | None = None
    format: str = "plain"


_Peel = Callable[[re.Match[str], "Peeled", datetime], "Peeled"]

_ISO = r"(?P<iso>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)"
_IDENT = r"(?P<ident>[^\s\[\]:|{(]{1,100})(?:\[(?P<pid>\d{1,10})\])?: ?"
_HOST = r"(?P<host>[\w.-]{1,255}) "
_MONTH = r"(?P<month>[A-Za-zäéû]{3,5})\.? {1,2}(?P<day>\d{1,2}) (?P<clock>\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d{1,9}))? "
_REST = r"(?P<rest>.*)"

# First letters suffice in English, German, French, Spanish, Italian, Dutch, Portuguese.
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "ene", "gen", "janv"),
            ("feb", "fév", "fev", "févr"),
            ("mar", "mär", "mrt", "mars", "mrz"),
            ("apr", "avr", "abr", "avril"),
            ("may", "mai", "mei", "mag", "maio"),
            ("jun", "giu", "juin"),
            ("jul", "lug", "juil"),
            ("aug", "aoû", "ago", "août"),
            ("sep", "set", "sept"),
            ("oct", "okt", "ott", "out"),
            ("nov",),
            ("dec", "dez", "déc", "dic"),
        ),
        start=1,
    )
    for name in names
}


def _syslog(found: re.Match[str], outer: Peeled, reference: datetime) -> Peeled:
    month = _MONTHS.get(found["month"].lower())
    if month is None:
        return outer
    time = _yearless(month, int(found["day"]), found["clock"], found["fraction"] or "", reference)
    return _with(outer, found, time, "journalctl short / syslog")


def _iso_syslog(found: re.Match[str], outer: Peeled, reference: datetime) -> Peeled:
    return _with(outer, found, _iso(found["iso"]), "journalctl short-iso / rsyslog")


def _container(found: re.Match[str], outer: Peeled, reference: datetime) -> Peeled:
    if found["unit"] in ("Debug", "Info", "Warning", "Error", "Fatal", "--"):
        return outer
    return replace(outer, text=found["rest"] or "", unit=found["unit"], format="docker compose")


def _pod(found: re.Match[str], outer: Peeled, reference: datetime) -> Peeled:
    return replace(outer, text=found["rest"], unit=found["unit"], format="kubectl --prefix")


def _timestamp(found: re.Match[str], outer: Peeled, reference: datetime) -> Peeled:
    return replace(outer, text=found["rest"], time=_iso(found["iso"]), format="docker / kubectl --timestamps")


def _platform(found: re.Match[str], outer: Peeled, reference: datetime) -> Peeled:
    return replace(outer, text=found["rest"], time=_iso(found["iso"]), unit=found["unit"], format="Heroku / fly.io")


def _docker_json(found: re.Match[str], outer: Peeled, reference: datetime) -> Peeled:
    try:
        entry = json.loads(outer.text)
        text, time = str(entry["log"]), str(entry.get("time", ""))
    except (ValueError, KeyError, TypeError):
        return outer
    return replace(outer, text=text.rstrip("\r\n"), time=_iso(time), format="docker json-file")


def _journal_json(found: re.Match[str], outer: Peeled, reference: datetime) -> Peeled:
    try:
        entry = json.loads(outer.text)
        fields = {key: journal_text(value) for key, value in entry.items()}
    except (ValueError, AttributeError):
        return outer
    return from_journal_fields(fields, "journalctl json")


def journal_text(value: object) -> str:
    """Return a journal field's text; json gives bytes that are not printable UTF-8 as a list of numbers."""
    if isinstance(value, list):
        return bytes(byte for byte in value if isinstance(byte, int) and 0 <= byte < 256).decode("utf-8", "replace")
    return value if isinstance(value, str) else ""


def from_journal_fields(fields: dict[str, str], format: str) -> Peeled:
    """Return what a journal entry's fields say (systemd.journal-fields(7))."""
    micros = fields.get("__REALTIME_TIMESTAMP") or fields.get("_SOURCE_REALTIME_TIMESTAMP") or ""
    time = datetime.fromtimestamp(int(micros) / 1e6).astimezone() if micros.isdigit() else None
    pid = fields.get("_PID") or fields.get("SYSLOG_PID") or ""
    unit = fields.get("CONTAINER_NAME") or fields.get("_SYSTEMD_USER_UNIT") or fields.get("_SYSTEMD_UNIT")
    process = fields.get("SYSLOG_IDENTIFIER") or fields.get("_COMM")
    text = _ANSI.sub("", fields.get("MESSAGE", ""))
    return Peeled(text, time, fields.get("_HOSTNAME"), unit, process, int(pid) if pid.isdigit() else None, format)


# Tried in this order: what can be told apart by its first characters, outermost first.
_ENVELOPES: tuple[tuple[re.Pattern[str], _Peel], ...] = (
    (re.compile(r'\{"(?:log|stream|time)":.*"log":|\{"log":'), _docker_json),
    (re.compile(r'\{.{0,4000}"__REALTIME_TIMESTAMP"'), _journal_json),
    (re.compile(r"\[pod/(?P<unit>[\w./-]+)\] " + _REST, re.S), _pod),
    (re.compile(r"(?P<unit>[A-Za-z0-9][\w.-]{0,120}?)(?:@[\w.-]+)? *\|(?: (?P<rest>.*)|$)", re.S), _container),
    (re.compile(r"\s{0,8}(?:<\d{1,3}>)?" + _MONTH + r"(?!\d{4} )" + _HOST + _IDENT + _REST, re.S), _syslog),
    (re.compile(r"\s{0,8}" + _MONTH + r"(?:mail\.\w+ )?" + _IDENT + _REST, re.S), _syslog),
    (re.compile(r"\s{0,8}" + _MONTH + _HOST + r"(?P<ident>\w+/[\w.]+) " + _REST, re.S), _syslog),
    (re.compile(_ISO + r" (?:stdout|stderr) [FP] " + _REST, re.S), _timestamp),
    (re.compile(_ISO + r" app\[(?P<unit>[\w.-]+)\] \w+ \[\w+\] ?" + _REST, re.S), _platform),
    (re.compile(_ISO + r" (?:app|heroku)\[(?P<unit>[\w.-]+)\]: " + _REST, re.S), _platform),
    (re.compile(_ISO.replace("[T ]", "T") + " " + _HOST + _IDENT + _REST, re.S), _iso_syslog),
    (re.compile(r"[A-Z][a-z]{2} " + _ISO + r" [A-Z]{3,5} " + _HOST + _IDENT + _REST, re.S), _iso_syslog),
    (
        re.compile(
            _ISO + r" +(?:[A-Z]{4,7} +)?(?P<ident>postfix[\w./-]*|exim\d?|dovecot)(?:\[(?P<pid>\d+)\])?: " + _REST, re.S
        ),
        _iso_syslog,
    ),
    (re.compile(r"(?P<iso>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7,9}(?:Z|[+-]\d\d:\d\d)) " + _REST, re.S), _timestamp),
    (re.compile(r"(?P<iso>\d{4}-\d\d-\d\d_\d\d:\d\d:\d\d\.\d{1,9}) " + _REST, re.S), _timestamp),
)

_ANSI = re.compile(r"(?:\x1b|\^\[)\[[0-9;]{0,20}[A-Za-z]")
_PAPERTRAIL = re.compile(r"\[([^\]\s]{1,200})\]\(https?://[^()\s]{1,2000}\)")
_GLUED_VIEWER_TIME = re.compile(r"\d{1,2}/\d{1,2}/\d{4} \d\d:\d\d:\d\d(?=\S)")


class Peeler:
    """Peels the lines of one source; remembers which envelopes it met, so that the next line is quick.

    Args:
        reference: a time no entry is later than (the file's last change), which tells the year where none is logged.
    """

    def __init__(self, reference: datetime) -> None:
        self._reference = aware(reference)
        self._favourites: list[tuple[re.Pattern[str], _Peel]] = list(_ENVELOPES)
        self.formats: dict[str, int] = {}

    def peel(self, text: str) -> Peeled:
        """Return the line without its envelopes."""
        peeled = Peeled(self._cleaned(text))
        for _ in range(_MOST_LAYERS):
            inner = self._one_layer(peeled)
            if inner is peeled:
                break
            peeled = inner
        self.formats[peeled.format] = self.formats.get(peeled.format, 0) + 1
        return peeled

    @property
    def format(self) -> str:
        """The envelope that most lines had."""
        return max(self.formats, key=lambda name: self.formats[name], default="plain")

    def _cleaned(self, text: str) -> str:
        if "[" in text:
            text = _ANSI.sub("", text)
            if "](http" in text:
                text = _PAPERTRAIL.sub(r"\1", text)
        if text[:1] == "`":
            text = text[1:]
        return _GLUED_VIEWER_TIME.sub("", text, count=1) if text[:1].isdigit() else text

    def _one_layer(self, outer: Peeled) -> Peeled:
        for number, (pattern, peel) in enumerate(self._favourites):
            found = pattern.match(outer.text)
            if found:
                inner = peel(found, outer, self._reference)
                if inner is not outer:
                    if number:
                        self._favourites.insert(0, self._favourites.pop(number))
                    return inner
        return outer


def _with(outer: Peeled, found: re.Match[str], time: datetime | None, format: str) -> Peeled:
    groups = found.groupdict()
    pid = groups.get("pid")
    return Peeled(
        text=found["rest"],
        time=time or outer.time,
        host=groups.get("host") or outer.host,
        unit=outer.unit,
        process=found["ident"],
        pid=int(pid) if pid else None,
        format=f"{outer.format}, {format}" if outer.format != "plain" else format,
    )


@lru_cache(maxsize=4096)
def _yearless(month: int, day: int, clock: str, fraction: str, reference: datetime) -> datetime | None:
    """The latest such day that is not after `reference` (a day of grace: zones, clocks that are a little fast)."""
    hour, minute, second = (int(part) for part in clock.split(":"))
    micros = int(fraction[:6].ljust(6, "0")) if fraction else 0
    for year in range(reference.year + 1, reference.year - 9, -1):
        try:
            time = aware(datetime(year, month, day, hour, minute, min(second, 59), micros))
        except ValueError:  # 29 February
            continue
        if time <= reference + timedelta(days=1):
            return time
    return None


@lru_cache(maxsize=4096)
def _iso(text: str) -> datetime | None:
    try:
        return aware(datetime.fromisoformat(text.replace("_", "T").replace(",", ".")))
    except (ValueError, OverflowError):
        return None
