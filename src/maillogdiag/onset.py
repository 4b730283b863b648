"""What happened just before mail began to fail: programs that started, stopped or took new settings.

Kept while the log is read, since only its end tells when a failure began. For each program and kind of change one
entry a minute is kept, so that a program that is restarted for ever takes little room, and so that the parts of a
log, read apart and merged, give what the whole gives.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from maillogdiag.attempts import GENERIC_APPS
from maillogdiag.events import Event
from maillogdiag.expressions import expression
from maillogdiag.reports.model import Evidence

_REACH = timedelta(hours=24)
_SHOWN = 3
# A change of these concerns the mail of every application on the machine.
_FOR_ALL = GENERIC_APPS | {"postfix", "exim"}
_VERSION = expression(r"(?:\bversion(?: is)?:?|Sidekiq|exim) v?(?P<version>\d[\w.]{0,20})")


class _Key(NamedTuple):
    """Lines with the same key tell of one change."""

    app: str
    subject: str
    form: str
    minute: datetime


@dataclass(slots=True)
class Changes:
    """The changes seen so far."""

    seen: dict[_Key, Evidence] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        """Keep a CHANGED event, if its time is known."""
        record = event.record
        if record.time is None:
            return
        key = _Key(event.app, "".join(event.keys), event.form, record.time.replace(second=0, microsecond=0))
        self._keep(key, Evidence(record.place.source, record.place.line, record.time, record.text))

    def merge(self, other: Changes) -> None:
        """Add what another part of the log told."""
        for key, evidence in other.seen.items():
            self._keep(key, evidence)

    def before(self, onset: datetime, apps: Set[str], last_success: datetime | None) -> tuple[Evidence, ...]:
        """Return the last changes before `onset` that may be why mail of `apps` fails since then, the oldest first.

        Args:
            last_success: when mail was last accepted before; whatever changed before that did no harm.
        """
        try:
            start = onset - _REACH
        except OverflowError:  # Go writes times it does not know as of the year 1
            start = onset
        start = max(start, last_success) if last_success else start
        near = {
            key: item
            for key, item in self.seen.items()
            if item.time and start <= item.time <= onset and _concerns(key.app, apps)
        }
        shown = sorted(near.items(), key=lambda pair: _order(pair[1]))[-_SHOWN:]
        older = {older for key, item in shown if (older := self._other_version(key, item))}
        return tuple(sorted({*older, *(item for _, item in shown)}, key=_order))

    def end_of(self, program: str) -> Evidence | None:
        """Return when systemd saw the last unit with `program` in its name end, if none was started after that.

        What the program itself says of its end proves nothing: its log may go on in another file.
        """
        changes = {key: item for key, item in self.seen.items() if program in key.subject}
        last = max(changes, key=lambda key: _order(changes[key]), default=None)
        is_end = last and last.form in ("stopped", "broken") and not last.subject.endswith(" itself")
        return changes[last] if last and is_end else None

    def _other_version(self, key: _Key, start: Evidence) -> Evidence | None:
        """The start of the same program before this one, where it was of another version."""
        starts = [
            item
            for other, item in self.seen.items()
            if (other.subject, other.form) == (key.subject, "started") and _order(item) < _order(start)
        ]
        if key.form != "started" or not starts:
            return None
        older = max(starts, key=_order)
        return older if _version(older) != _version(start) else None

    def _keep(self, key: _Key, evidence: Evidence) -> None:
        known = self.seen.get(key)
        if known is None or _order(known) < _order(evidence):
            self.seen[key] = evidence


def _concerns(app: str, apps: Set[str]) -> bool:
    return app in apps or app in _FOR_ALL or not GENERIC_APPS.isdisjoint(apps)


def _version(start: Evidence) -> str:
    found = _VERSION.search(start.text)
    return found["version"] if found else ""


def _order(item: Evidence) -> tuple[float, str, int]:
    return item.time.timestamp() if item.time else 0.0, item.source, item.line
