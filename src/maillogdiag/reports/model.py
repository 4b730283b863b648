"""The report: everything that a renderer shows, and nothing that it must compute.

The JSON form of it is a contract (docs/report.schema.json).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from maillogdiag.causes import Cause
from maillogdiag.rulebase.rules import Confidence, Fix, Severity


class Status(StrEnum):
    """The verdict in one word."""

    FAILING = "failing"  # mail fails, and nothing shows that it works again
    RECOVERED = "recovered"  # mail failed, and was accepted afterwards
    OK = "ok"  # mail was seen, none failed
    NOTHING_SEEN = "nothing-seen"  # no mail activity in the input: says nothing about whether mail works


@dataclass(frozen=True, slots=True)
class Evidence:
    """One log entry that proves a finding.

    Args:
        source: the source's name.
        line: 1-based line (or journal entry) in it; 0 for the whole of it, where a setting is missing.
        time: when it was written, None where unknown.
        text: the lines of the entry that matter; renderers show less of long ones.
        marks: [start, end) positions in `text` of the decisive words.
        is_inferred: whether only recipient and time tell that it is about the same mail as the others, not an id.
    """

    source: str
    line: int
    time: datetime | None
    text: str
    marks: tuple[tuple[int, int], ...] = ()
    is_inferred: bool = False

    @property
    def place(self) -> str:
        """Where it stands: "mail.log:12", or only the source."""
        return f"{self.source}:{self.line}" if self.line else self.source


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause, by one rule, with the attempts that failed from it.

    Args:
        count: failed attempts.
        messages: distinct mails among them, as far as ids tell; at most `count`.
        delivered_later: of these mails, those that the next hop accepted after all.
        given_up: of these mails, those that nobody will try again.
        first_seen: first failed attempt.
        last_seen: last failed attempt.
        last_accepted_before: last mail that was accepted before `first_seen`.
        recovered: first mail that was accepted after `last_seen` by the same application; None while it goes on.
        evidence: a sample: the first, the last, and some between.
        before_onset: what changed on the machine shortly before `first_seen`: a restart, new settings.
    """

    cause: Cause
    rule: str
    title: str
    severity: Severity
    confidence: Confidence
    count: int
    messages: int
    first_seen: datetime | None
    last_seen: datetime | None
    apps: tuple[str, ...]
    code: int | None
    enhanced: str | None
    explanation: str
    fixes: tuple[Fix, ...]
    evidence: tuple[Evidence, ...]
    before_onset: tuple[Evidence, ...] = ()
    delivered_later: int = 0
    given_up: int = 0
    last_accepted_before: datetime | None = None
    recovered: datetime | None = None


@dataclass(frozen=True, slots=True)
class Bucket:
    """Attempts in one stretch of time that begins at `start`."""

    start: datetime
    accepted: int
    failed: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was examined of one source, and how well it was understood.

    Args:
        format: the envelope found.
        lines: lines (or journal entries) read.
        records: log entries they make; of those that say nothing of mail each line counts.
        mail_records: of these, entries about outgoing mail.
        not_understood: entries that speak of mail but that no grammar could read.
        samples: up to three of them; renderers show their beginnings.
        problems: what was lost while reading.
    """

    source: str
    format: str
    lines: int
    records: int
    mail_records: int
    not_understood: int
    samples: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """Attempts by outcome."""

    attempts: int = 0
    accepted: int = 0
    failed: int = 0
    unknown_outcome: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a renderer shows. Equal input gives an equal report: no clock, no host name of ours.

    Args:
        verdict: one sentence.
        findings: by impact, the worst first.
        limits: what could not be seen, and how to get it, a sentence each.
        version: of maillogdiag.
        rules_digest: short digest of the rule base that gave the diagnoses.
        redacted: whether personal data was replaced.
        legend: what pseudonyms stand for, where that is known: "domain-1 sends the mail".
        problems: what went wrong in the run itself.
    """

    status: Status
    verdict: str
    summary: Summary
    findings: tuple[Finding, ...] = ()
    timeline: tuple[Bucket, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    limits: tuple[str, ...] = ()
    version: str = ""
    rules_digest: str = ""
    redacted: bool = False
    legend: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
