"""What a rule is, and the diagnosis it gives."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from maillogdiag.causes import Cause


class Severity(StrEnum):
    """How bad it is for the people who wait for the mail."""

    HIGH = "high"  # no mail leaves until somebody acts
    MEDIUM = "medium"  # some mail is lost, or all of it is late
    LOW = "low"  # single recipients, or it mends itself


class Confidence(StrEnum):
    """How sure the rule is that this text means this cause."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting to change: `file` as the application's documentation calls it, `key`, `value` to write."""

    file: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Fix:
    """What to do in one application.

    Args:
        app: "mastodon", "zulip", "mattermost", "nextcloud", "postfix" …; "any" where it holds for all.
        steps: what to do, in order, each one sentence or command.
        settings: what to write where.
        restart: commands that make the application take the change, source install and Docker where they differ.
        verify: how to see that it works now.
        undo: how to go back, where that is not obvious.
    """

    app: str
    steps: tuple[str, ...]
    settings: tuple[Setting, ...] = ()
    restart: tuple[str, ...] = ()
    verify: str = ""
    undo: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the rule base says of one failure.

    Args:
        cause: one of the closed list.
        rule: id of the rule that won, e.g. "auth-failed.gmail-app-password".
        title: one line for a heading.
        explanation: what happens, in plain words, for an admin who never heard of STARTTLS.
        fixes: for the failure's own application first.
        rank: the rule's place in the written order of specificity; larger is more specific.
    """

    cause: Cause
    rule: str
    title: str
    explanation: str
    severity: Severity
    confidence: Confidence
    fixes: tuple[Fix, ...] = ()
    rank: int = 0
