"""Envelopes that begin with an ISO 8601 time, told apart by what follows it.

    2026-11-02T09:15:00+0100 social bundle[811]: text             journalctl -o short-iso, rsyslog
    2026-11-02T09:15:00.171226+00:00 INFO    postfix/smtp[138]: text   rsyslog in containers, no host
    2026-11-02T09:15:00.669794202Z stdout F text                  CRI (/var/log/pods)
    2026-11-02T09:15:00.669794202Z text                           docker, compose, kubectl --timestamps
    2026-11-02T09:15:00.123456+00:00 app[worker.1]: text          Heroku, Dokku
    2026-11-02T09:15:00Z app[sidekiq] ams [info]text              fly.io
    2026-11-02_09:15:00.76704 text                                svlogd (GitLab's runit)

Sidekiq's and Zulip's own times look alike; what follows them does not.
"""

from __future__ import annotations

import re
from datetime import datetime

from maillogdiag.envelopes.peeled import Envelope, Peeled
from maillogdiag.envelopes.stamps import ISO, iso_time
from maillogdiag.envelopes.syslog import HOST, PROGRAM, from_header

_START = re.compile(ISO + r" ")
_REST = r"(?P<rest>.*)"
_LEVEL = r"(?:emerg|alert|crit(?:ical)?|fatal|err(?:or)?|warn(?:ing)?|notice|info|debug|trace)\b"
_CRI = re.compile(r"(?:stdout|stderr) (?P<tag>[FP])(?:[:\w]*) " + _REST, re.DOTALL)
_PLATFORM = re.compile(
    r"(?:app|heroku|web|worker)\[(?P<unit>[\w.-]{1,100})\](?:: ?| \w{1,20} \[\w{1,20}\] ?)" + _REST, re.DOTALL
)
_HEADER = re.compile(rf"(?!(?i:{_LEVEL})\s){HOST} {PROGRAM}{_REST}", re.DOTALL)
_HOSTLESS = re.compile(
    rf"(?:(?i:{_LEVEL}) +)?(?P<program>[^\s\[\]:|{{]{{1,100}})\[(?P<pid>\d{{1,10}})\]: {_REST}", re.DOTALL
)
_NANOSECONDS = re.compile(r"\.\d{7,9}(?:Z|[+-]\d\d:\d\d)$")


def _unpack_iso(found: re.Match[str], outer: Peeled, reference: datetime) -> Peeled | None:
    stamp, text = found["iso"], outer.text
    start = found.end()
    if stamp[10] == "_":
        return outer.unpacked(text[start:], "svlogd", time=iso_time(stamp))
    if cri := _CRI.match(text, start):
        return outer.unpacked(cri["rest"], "CRI", time=iso_time(stamp), is_partial=cri["tag"] == "P")
    if platform := _PLATFORM.match(text, start):
        return outer.unpacked(platform["rest"], "Heroku / fly.io", time=iso_time(stamp), unit=platform["unit"])
    if found["zone"]:
        if header := _HOSTLESS.match(text, start) or _HEADER.match(text, start):
            return from_header(header, outer, iso_time(stamp), "syslog with ISO times")
        if _NANOSECONDS.search(stamp):
            return outer.unpacked(text[start:], "timestamps", time=iso_time(stamp))
    return None


ISO_ENVELOPES = (Envelope(_START, _unpack_iso),)
