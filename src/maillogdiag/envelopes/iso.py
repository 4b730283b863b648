"""Envelopes that begin with an ISO 8601 time, told apart by what follows it.

    2026-11-02T09:15:00+0100 social bundle[811]: text             journalctl -o short-iso, rsyslog
    2026-11-02T09:15:00.171226+00:00 INFO    postfix/smtp[138]: text   rsyslog in containers, no host
    2026-11-02T09:15:00.669794202Z stdout F text                  CRI (/var/log/pods)
    2026-11-02T09:15:00.669794202Z text                           docker, compose, kubectl --timestamps
    2026-11-02T09:15:00.123456+00:00 app[worker.1]: text          Heroku, Dokku
    2026-11-02T09:15:00Z app[sidekiq] ams [info]text              fly.io
    2026-11-02_09:15:00.76704 text                                svlogd (GitLab's runit)
    2026-11-02T09:15:00Z {app="mastodon", container="sidekiq"} text    Loki's logcli

Sidekiq's and Zulip's own times look alike; what follows them does not.
"""

from __future__ import annotations

import re
from datetime import datetime

from maillogdiag.envelopes.peeled import Envelope, Peeled
from maillogdiag.envelopes.stamps import ISO, iso_time
from maillogdiag.envelopes.syslog import without_escapes
from maillogdiag.expressions import expression

_START = expression(ISO + r" ")
LEVEL = r"(?i:emerg|alert|crit(?:ical)?|fatal|err(?:or)?|warn(?:ing)?|notice|info|debug|trace)"
_PROGRAM = r"[^\s\[\]:|{]{1,100}"
_AFTER = expression(
    r"(?:stdout|stderr) (?P<tag>[FP])\S{0,20} "
    r"|(?:app|heroku|web|worker)\[(?P<unit>[\w.-]{1,100})\](?:: ?| \w{1,20} \[\w{1,20}\] ?)"
    r"|(?P<labels>\{(?:[\w.]{1,80}=\"(?:[^\"\\\n]|\\.){0,400}\"(?:, ?)?){0,40}\}) {1,8}"
    rf"|(?:{LEVEL} +)?(?P<hostless>{_PROGRAM})\[(?P<hostless_pid>\d{{1,10}})\]:(?: |$)"
    rf"|(?!{LEVEL}\s)(?P<host>[\w.:-]{{1,255}}) (?P<program>{_PROGRAM})(?:\[(?P<pid>\d{{1,10}})\])?:(?: |$)"
)
_UNIT_LABEL = expression(r"\b(?:container|unit|service_name|app|job)=\"(?P<unit>[^\"]{1,120})\"")
_NANOSECONDS = expression(r"\.\d{7,9}(?:Z|[+-]\d\d:\d\d)$")


def _unpack_iso(found: re.Match[str], outer: Peeled, reference: datetime) -> Peeled | None:
    stamp, start = found["iso"], found.end()
    if stamp[10] == "_":
        return outer.unpacked(outer.text[start:], "svlogd", time=iso_time(stamp))
    after = _AFTER.match(outer.text, start)
    if after is None:
        # So many digits are a runtime's; applications write three or six.
        is_runtimes = _NANOSECONDS.search(stamp)
        return outer.unpacked(outer.text[start:], "timestamps", time=iso_time(stamp)) if is_runtimes else None
    text = outer.text[after.end() :]
    if after["tag"]:
        return outer.unpacked(text, "CRI", time=iso_time(stamp), is_partial=after["tag"] == "P")
    if after["unit"]:
        return outer.unpacked(text, "Heroku / fly.io", time=iso_time(stamp), unit=after["unit"])
    if after["labels"]:
        unit = _UNIT_LABEL.search(after["labels"])
        return outer.unpacked(text, "logcli", time=iso_time(stamp), unit=unit["unit"] if unit else None)
    if not found["zone"]:
        return None
    return outer.unpacked(
        without_escapes(text),
        "syslog with ISO times",
        time=iso_time(stamp),
        host=after["host"],
        process=after["program"] or after["hostless"],
        pid=after["pid"] or after["hostless_pid"],
    )


ISO_ENVELOPES = (Envelope("0", _START, _unpack_iso, is_header=True),)
