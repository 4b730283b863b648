"""The words that all renderers share, so that a report reads the same on a terminal, in a browser and in a ticket."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from maillogdiag.causes import PER_MAIL, WAITING_RULE, Cause
from maillogdiag.reports.model import Coverage, Finding, Report, Status
from maillogdiag.rulebase.rules import Fix, Setting

STATUS_WORDS = {
    Status.FAILING: "Mail is failing",
    Status.RECOVERED: "Mail works again",
    Status.OK: "Mail works",
    Status.NOTHING_SEEN: "Nothing seen",
}
STATUS_SIGNS = {Status.FAILING: "✗", Status.RECOVERED: "↻", Status.OK: "✓", Status.NOTHING_SEEN: "?"}
BEFORE_ONSET = "Just before it began"
INFERRED = "(inferred: same recipient, same moment)"
REDACTED = "Personal data was replaced by stand-ins; the same value has the same stand-in throughout."
NOT_REDACTED = "Personal data was NOT replaced: this report shows addresses and host names. Passwords were."

_APP_NAMES = {
    "any": "every application",
    "rails": "Rails application",
    "django": "Django application",
    "exim": "Exim",
    "mattermost": "Mattermost",
    "mastodon": "Mastodon",
    "nethserver": "NethServer",
    "nextcloud": "Nextcloud",
    "ns8": "NethServer 8",
    "postfix": "Postfix",
    "sendmail": "Sendmail",
    "zulip": "Zulip",
}


def status_words(report: Report) -> str:
    """Return the status in words; that nothing failed but the settings are wrong is not said of mail."""
    if report.findings and not any(finding.count for finding in report.findings):
        return "The settings are wrong"
    return STATUS_WORDS[report.status]


def app_name(app: str) -> str:
    """Return an application's name as its makers write it; plug-ins' names as they are."""
    return _APP_NAMES.get(app, app)


def app_names(apps: Sequence[str]) -> str:
    """Return several names in one phrase."""
    return ", ".join(app_name(app) for app in apps)


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return "1 mail", "1,200 mails"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def time_words(time: datetime | None, *, seconds: bool = False) -> str:
    """Return a time with its zone, "2026-11-20 09:00 UTC"; a dash where unknown."""
    if time is None:
        return "–"
    offset = time.strftime("%z")
    zone = "UTC" if time.utcoffset() is not None and not time.utcoffset() else f"{offset[:3]}:{offset[3:5]}"
    return f"{time:%Y-%m-%d %H:%M:%S} {zone}" if seconds else f"{time:%Y-%m-%d %H:%M} {zone}"


def impact_words(finding: Finding) -> str:
    """Return how many attempts and mails a finding cost: "12 failed attempts, 4 mails"."""
    if not finding.count:
        return "found in the settings"
    if finding.rule == WAITING_RULE:
        return counted(finding.count, "waiting mail")
    words = counted(finding.count, "failed attempt")
    return f"{words}, {counted(finding.messages, 'mail')}" if finding.messages < finding.count else words


def span_words(finding: Finding) -> str:
    """Return from when to when it failed."""
    if not finding.count:
        return "no failed attempt in the log"
    if finding.first_seen is None or finding.last_seen is None:
        return "the log tells no time"
    if finding.first_seen == finding.last_seen:
        return f"at {time_words(finding.first_seen)}"
    return f"{time_words(finding.first_seen)} to {time_words(finding.last_seen)}"


def state_words(finding: Finding) -> str:
    """Return whether it goes on."""
    if finding.recovered is not None:
        return f"over: a mail was accepted at {time_words(finding.recovered)}"
    if not finding.count:
        return "holds as long as the settings stay as they are"
    if finding.cause in PER_MAIL:
        return "lies with single mails: that others were accepted says nothing about it"
    return "still failing at the end of the log"


def last_word_words(finding: Finding) -> str:
    """Return how its mails ended: "7 of 9 mails got through on a later try, 2 were given up"; empty where unknown."""
    delivered, given_up = finding.delivered_later, finding.given_up
    if not delivered and not given_up:
        return ""
    rest = finding.messages - delivered - given_up
    ends = [
        *([f"{delivered:,} got through on a later try"] if delivered else []),
        *([f"{given_up:,} {'was' if given_up == 1 else 'were'} given up"] if given_up else []),
        *([f"the end of {rest:,} is not in the log"] if rest > 0 else []),
    ]
    first, *others = ends
    number, _, end = first.partition(" ")
    return ", ".join((f"{number} of {counted(finding.messages, 'mail')} {end}", *others))


def reply_words(finding: Finding) -> str:
    """Return the server's codes, "535 5.7.8"; empty where it sent none."""
    return " ".join(str(code) for code in (finding.code, finding.enhanced) if code)


def fix_heading(fix: Fix) -> str:
    """Return the heading over a fix."""
    return "What to do" if fix.app == "any" else f"What to do in {app_name(fix.app)}"


def evidence_heading(finding: Finding) -> str:
    """Return the heading over a finding's evidence."""
    return "Evidence from the log" if finding.count else "Evidence from the settings"


class FileChange(NamedTuple):
    """What to write into one file: its name, the lines to copy, and what its settings say now."""

    file: str
    lines: str
    present: list[str]


def setting_files(fix: Fix) -> list[FileChange]:
    """Return the settings of a fix by file."""
    files = []
    for file, group in groupby(fix.settings, key=lambda setting: setting.file):
        settings = list(group)
        lines = "\n".join(_setting_line(one.file, one.key, one.value) for one in settings)
        files.append(FileChange(file, lines, [_present_line(one) for one in settings if one.present is not None]))
    return files


def recognised(report: Report) -> list[Finding]:
    """Return the findings with a known cause."""
    return [finding for finding in report.findings if finding.cause is not Cause.UNKNOWN]


def unrecognised(report: Report) -> list[Finding]:
    """Return the failures that no rule knows."""
    return [finding for finding in report.findings if finding.cause is Cause.UNKNOWN]


def understood_words(item: Coverage) -> str:
    """Return how well a source was understood."""
    if item.not_understood:
        return f"{counted(item.not_understood, 'entry', 'entries')} about mail not understood"
    return "all understood" if item.mail_records else "nothing about outgoing mail"


def banner_words(report: Report) -> str:
    """Return what the report says about its own privacy."""
    return REDACTED if report.redacted else NOT_REDACTED


def origin_words(report: Report) -> str:
    """Return which program and which rules made the report."""
    rules = f", rules {report.rules_digest}" if report.rules_digest else ""
    return f"maillogdiag {report.version}{rules}"


def _present_line(setting: Setting) -> str:
    """`SMTP_PORT=587`, or `SMTP_TLS (not set)`."""
    present = setting.present or ""
    return f"{setting.key} {present}" if present.startswith("(") else _setting_line(setting.file, setting.key, present)


def _setting_line(file: str, key: str, value: str) -> str:
    if ".env" in file:
        return f"{key}={value}"
    if ".json" in file or ".yml" in file or ".yaml" in file:
        return f"{key}: {value}"
    return f"{key} = {value}"
