"""Attempts: the events of one try to hand one mail to its next hop, put together, and how the try ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from maillogdiag.events import Event


class Outcome(StrEnum):
    """How a try ended. `UNKNOWN`: the log ends, or never said."""

    ACCEPTED = "accepted"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of an application or MTA to hand one mail on.

    Args:
        events: what was logged of it, in reading order, duplicates folded.
        outcome: how it ended.
        app: the application.
        message: id of the mail, the same for all its tries; None where the log has no id.
        first_time: earliest time of its events.
        last_time: latest time of its events.
    """

    events: tuple[Event, ...]
    outcome: Outcome
    app: str
    message: str | None
    first_time: datetime | None
    last_time: datetime | None
