"""What a rule is, and the diagnosis it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cached_property
from typing import NamedTuple

from maillogdiag.causes import Cause
from maillogdiag.failures import Phase


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


class Tier(IntEnum):
    """The written order: a rule of a higher tier beats all of the lower ones. See docs/rule-order.md."""

    CLASS = 1  # a reply code's class, an exception's class, a step of the dialogue: no words
    FAMILY = 2  # words that many servers use loosely: "try again later", "policy"
    CODE = 3  # an enhanced status code that means one thing only
    SUBJECT = 4  # the words that name what was refused: "Sender address rejected"
    PHRASE = 5  # a wording that means one thing, whoever says it
    PROVIDER = 6  # what one provider means by its codes and words
    SETTING = 7  # what an application's settings files show, without any log


TIER_RANK = 10_000
"""What one tier adds to a diagnosis's rank: no rule of a lower tier gets there."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting to change.

    Args:
        file: as the application's documentation calls it.
        key: its name.
        value: what to write.
        present: what the user's own file says now, of a password only whether it is set; None where not known.
    """

    file: str
    key: str
    value: str
    present: str | None = None


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


class Condition(NamedTuple):
    """When a rule applies: every field that is set must hold, of one field's values any.

    Args:
        text: phrases of which one must occur; "*" stands for at most 80 characters.
        all: phrases that must all occur.
        none: phrases of which none may occur.
        code: reply codes, "550" or "500-504".
        enhanced: enhanced status codes, "5.7.8", "x.7.8" or "5.7.606-649".
        exception: exception classes, with or without their module.
        setting: contradictions in an application's settings files; such a rule has no other condition but `app`.
    """

    text: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    enhanced: tuple[str, ...] = ()
    exception: tuple[str, ...] = ()
    phase: tuple[Phase, ...] = ()
    app: tuple[str, ...] = ()
    provider: tuple[str, ...] = ()
    port: tuple[int, ...] = ()
    setting: tuple[str, ...] = ()

    @property
    def phrases(self) -> tuple[str, ...]:
        """All phrases that it looks for, wanted or not."""
        return self.text + self.all + self.none

    @property
    def size(self) -> int:
        """How many fields it asks for: more of them is more specific; a status code is finer than a reply code."""
        fields = (self.text, self.all, self.code, self.exception, self.phase, self.app, self.provider, self.port)
        return sum(bool(values) for values in fields) + 2 * bool(self.enhanced)


class Samples(NamedTuple):
    """Texts that a rule must, and must not, be the winner of."""

    match: tuple[str, ...] = ()
    no_match: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """One meaning of an error text. Fields as in `Diagnosis`.

    Args:
        fixing: makes the fixes.
    """

    id: str
    cause: Cause
    tier: Tier
    when: Condition
    title: str
    explanation: str
    severity: Severity
    confidence: Confidence
    samples: Samples
    fixing: Callable[[], tuple[Fix, ...]]
    source: str = ""
    path: str = ""

    @cached_property
    def fixes(self) -> tuple[Fix, ...]:
        """What to do in each application; made when asked for, since a log needs those of a few rules."""
        return self.fixing()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the rule base says of one failure.

    Args:
        cause: one of the closed list.
        rule: id of the rule that won, e.g. "auth-failed.gmail-app-password".
        title: one line for a heading.
        explanation: what happens, in plain words, for an admin who never heard of STARTTLS.
        fixes: for the failure's own application; for all that are known where it is not.
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
