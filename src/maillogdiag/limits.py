"""Limits: what these logs could not show, and how to get it."""

from __future__ import annotations

from collections.abc import Sequence, Set

from maillogdiag.events import EventKind
from maillogdiag.reports.model import Coverage, Status


def limits_of(status: Status, coverage: Sequence[Coverage], kinds: Set[EventKind]) -> tuple[str, ...]:
    """Return what could not be seen, a sentence each.

    Args:
        kinds: the kinds of event that were seen.
    """
    limits = []
    if status is Status.NOTHING_SEEN:
        limits.append(_nothing_seen(kinds))
    if any(item.not_understood for item in coverage):
        number = sum(item.not_understood for item in coverage)
        entries = "1 log entry speaks" if number == 1 else f"{number:,} log entries speak"
        limits.append(f"{entries} of mail but could not be read; samples stand under what was examined.")
    if any(item.problems for item in coverage):
        limits.append("Some input was damaged or could not be read; see what was examined.")
    if kinds and EventKind.ACCEPTED not in kinds and status is Status.FAILING:
        limits.append("No success was logged in this input, so it cannot show whether some mail still leaves.")
    return tuple(limits)


def _nothing_seen(kinds: Set[EventKind]) -> str:
    if EventKind.ENQUEUED in kinds:
        return (
            "Mail was put into a queue here, but another process sends it: read that one's log too "
            "(Mastodon: maillogdiag journal --unit mastodon-sidekiq)."
        )
    return (
        "The log of the process that sends the mail is needed: mastodon-sidekiq for Mastodon, "
        "/var/log/zulip/send_email.log and errors.log for Zulip, mattermost.log for Mattermost, "
        "/var/log/mail.log for the mail server."
    )
