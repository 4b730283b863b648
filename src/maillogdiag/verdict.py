"""The verdict: the whole report in one word, and in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from maillogdiag.causes import PER_MAIL
from maillogdiag.reports.model import Coverage, Finding, Status, Summary


def status_of(summary: Summary, findings: Sequence[Finding]) -> Status:
    """Return the verdict in one word.

    "recovered" only where every finding that concerns all mail is over; single mails that failed beside others that
    were accepted do not make mail "failing". What only the settings show counts where the log shows no failure.
    """
    if not findings:
        return Status.OK if summary.attempts else Status.NOTHING_SEEN
    findings = seen_in_log(findings)
    if not findings:
        return Status.FAILING
    general = [finding for finding in findings if finding.cause not in PER_MAIL]
    is_over = all(finding.recovered is not None for finding in general)
    return Status.RECOVERED if is_over and (general or summary.accepted) else Status.FAILING


def verdict_of(status: Status, summary: Summary, findings: Sequence[Finding], coverage: Sequence[Coverage]) -> str:
    """Return the verdict in one sentence."""
    seen = seen_in_log(findings)
    if findings and not seen:
        return _settings_words(summary, findings)
    findings = seen
    unread = _unread_words(sum(item.not_understood for item in coverage))
    match status:
        case Status.NOTHING_SEEN:
            lines = _counted(sum(item.lines for item in coverage), "line")
            if unread:
                return f"No mail failure was recognised in {lines}, but {unread}: see what was examined."
            return f"No mail activity was seen in {lines}: this says nothing about whether mail works."
        case Status.OK:
            rest = f"; how {summary.unknown_outcome:,} ended is not in the log" if summary.unknown_outcome else ""
            rest += f"; {unread}" if unread else ""
            return f"No mail failure was found: {_counted(summary.accepted, 'mail')} handed over{rest}."
        case Status.RECOVERED if all(finding.cause in PER_MAIL for finding in findings):
            return f"Mail works, but single mails failed: {_share(summary, findings)}."
        case Status.RECOVERED:
            last = max((finding.recovered for finding in findings if finding.recovered), default=None)
            return f"Mail failed and works again{_since(' since', last)}: {_share(summary, findings)}."
        case Status.FAILING:
            ongoing = [finding for finding in findings if finding.recovered is None]
            first = min((finding.first_seen for finding in ongoing if finding.first_seen), default=None)
            return f"Mail is failing{_since(' since', first)}: {_share(summary, findings)}."


def seen_in_log(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings with failed attempts; the others are what settings files show."""
    return [finding for finding in findings if finding.count]


def _settings_words(summary: Summary, findings: Sequence[Finding]) -> str:
    log = "Nothing failed in the log" if summary.attempts else "No mail activity was seen in the log"
    if len(findings) == 1:
        return f"{log}, but something is wrong in the settings: {findings[0].title}."
    return f"{log}, but {len(findings)} things are wrong in the settings; first of all: {findings[0].title}."


def _unread_words(number: int) -> str:
    """ "3 entries that speak of mail in trouble could not be read"; "" for none."""
    entries = "1 entry that speaks" if number == 1 else f"{number:,} entries that speak"
    return f"{entries} of mail in trouble could not be read" if number else ""


def _share(summary: Summary, findings: Sequence[Finding]) -> str:
    """ "37 of 40 attempts failed, 35 of them because …" """
    of_all = f" of {summary.attempts:,}" if summary.attempts > summary.failed else ""
    main = max(findings, key=lambda finding: finding.count)
    if not summary.failed:
        return f"{main.count:,} {'mail waits' if main.count == 1 else 'mails wait'} in a queue. {main.title}"
    failed = f"{summary.failed:,}{of_all} {'attempt' if summary.attempts == 1 else 'attempts'} failed"
    if len(findings) == 1:
        return f"{failed}. {main.title}"
    return f"{failed}, from {len(findings)} causes; most often ({main.count:,} ×): {main.title}"


def _since(words: str, time: datetime | None) -> str:
    return f"{words} {time:%Y-%m-%d %H:%M}" if time else ""


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
