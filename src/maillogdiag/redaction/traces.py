"""The path of a mail without personal data, or at least without secrets: through the same rules as a report."""

from __future__ import annotations

from dataclasses import replace

from maillogdiag.causes import Cause
from maillogdiag.redaction.mapping import RedactionMap
from maillogdiag.redaction.reports import redact, remove_secrets
from maillogdiag.reports.model import Finding, Report, Status, Summary
from maillogdiag.reports.tracing import TracedMail
from maillogdiag.rulebase.rules import Confidence, Severity


def redact_trace(
    query: str, mails: tuple[TracedMail, ...], *, is_redacted: bool
) -> tuple[str, tuple[TracedMail, ...], RedactionMap]:
    """Return what was asked for and what was found, with personal data replaced if `is_redacted`; secrets always are.

    The same value has the same stand-in in both. The map says what was replaced by what.
    """
    findings = tuple(_as_finding(mail) for mail in mails)
    report = Report(Status.OK, "", Summary(), findings=findings, problems=(query,))
    done, replaced = redact(report) if is_redacted else (remove_secrets(report), RedactionMap())
    redacted = tuple(
        replace(
            mail,
            stages=tuple(
                replace(stage, evidence=evidence) for stage, evidence in zip(mail.stages, finding.evidence, strict=True)
            ),
        )
        for mail, finding in zip(mails, done.findings, strict=True)
    )
    return done.problems[0], redacted, replaced


def _as_finding(mail: TracedMail) -> Finding:
    return Finding(
        cause=Cause.UNKNOWN, rule="", title="", severity=Severity.LOW, confidence=Confidence.LOW, count=0, messages=0,
        first_seen=None, last_seen=None, apps=(), code=None, enhanced=None, explanation="", fixes=(),
        evidence=tuple(stage.evidence for stage in mail.stages),
    )  # fmt: skip
