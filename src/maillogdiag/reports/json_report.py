"""The report as JSON, and back. The form is a contract: docs/report.schema.json."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any

from maillogdiag.causes import Cause
from maillogdiag.errors import ReportError
from maillogdiag.reports.model import Bucket, Coverage, Evidence, Finding, Report, Status, Summary
from maillogdiag.rulebase.rules import Confidence, Fix, Setting, Severity

SCHEMA = "maillogdiag.report/1"
_EMBEDDED = re.compile(r'<script type="application/json" id="report">(.*?)</script>', re.DOTALL)


def report_to_json(report: Report) -> str:
    """Return the report as JSON text, indented, ending in a newline."""
    return json.dumps(report_as_data(report), ensure_ascii=False, indent=2) + "\n"


def report_as_data(report: Report) -> dict[str, Any]:
    """Return the report as plain data, as the schema has it."""
    return {
        "schema": SCHEMA,
        "version": report.version,
        "rules_digest": report.rules_digest,
        "redacted": report.redacted,
        "status": report.status.value,
        "verdict": report.verdict,
        "summary": asdict(report.summary),
        "findings": [_finding_data(finding) for finding in report.findings],
        "timeline": [
            {"start": _time(one.start), "accepted": one.accepted, "failed": one.failed} for one in report.timeline
        ],
        "coverage": [
            {**asdict(one), "samples": list(one.samples), "problems": list(one.problems)} for one in report.coverage
        ],
        "limits": list(report.limits),
    }


def report_from_json(text: str) -> Report:
    """Return the report that `report_to_json` wrote.

    Raises:
        ReportError: the text is no such report.
    """
    try:
        data = json.loads(text)
        if data["schema"] != SCHEMA:
            raise ReportError(f"is a report of another kind: {data['schema']}")
        return _report(data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReportError(f"is no maillogdiag report ({type(error).__name__}: {error})") from None


def read_report(path: Path) -> Report:
    """Return the report in a JSON file, or in an HTML file that maillogdiag wrote.

    Raises:
        ReportError: the file cannot be read, or holds no report.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ReportError(f"cannot read {path}: {error.strerror}") from None
    embedded = _EMBEDDED.search(text)
    try:
        return report_from_json(unescape(embedded[1]) if embedded else text)
    except ReportError as error:
        raise ReportError(f"{path} {error}") from None


def _finding_data(finding: Finding) -> dict[str, Any]:
    return {
        "cause": finding.cause.value,
        "rule": finding.rule,
        "title": finding.title,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "count": finding.count,
        "messages": finding.messages,
        "first_seen": _time(finding.first_seen),
        "last_seen": _time(finding.last_seen),
        "last_accepted_before": _time(finding.last_accepted_before),
        "recovered": _time(finding.recovered),
        "apps": list(finding.apps),
        "smtp": {"code": finding.code, "enhanced": finding.enhanced},
        "explanation": finding.explanation,
        "fixes": [asdict(fix) for fix in finding.fixes],
        "evidence": [
            {"source": one.source, "line": one.line, "time": _time(one.time), "text": one.text, "marks": one.marks}
            for one in finding.evidence
        ],
    }


def _report(data: dict[str, Any]) -> Report:
    return Report(
        status=Status(data["status"]),
        verdict=str(data["verdict"]),
        summary=Summary(**{name: int(value) for name, value in data["summary"].items()}),
        findings=tuple(_finding(one) for one in data["findings"]),
        timeline=tuple(
            Bucket(datetime.fromisoformat(one["start"]), int(one["accepted"]), int(one["failed"]))
            for one in data["timeline"]
        ),
        coverage=tuple(
            Coverage(**{**one, "samples": tuple(one["samples"]), "problems": tuple(one.get("problems", ()))})
            for one in data["coverage"]
        ),
        limits=tuple(map(str, data["limits"])),
        version=str(data.get("version", "")),
        rules_digest=str(data.get("rules_digest", "")),
        redacted=bool(data.get("redacted", False)),
    )


def _finding(data: dict[str, Any]) -> Finding:
    return Finding(
        cause=Cause(data["cause"]),
        rule=str(data["rule"]),
        title=str(data["title"]),
        severity=Severity(data["severity"]),
        confidence=Confidence(data["confidence"]),
        count=int(data["count"]),
        messages=int(data["messages"]),
        first_seen=_parsed(data["first_seen"]),
        last_seen=_parsed(data["last_seen"]),
        last_accepted_before=_parsed(data.get("last_accepted_before")),
        recovered=_parsed(data.get("recovered")),
        apps=tuple(data["apps"]),
        code=data["smtp"]["code"],
        enhanced=data["smtp"]["enhanced"],
        explanation=str(data["explanation"]),
        fixes=tuple(_fix(one) for one in data["fixes"]),
        evidence=tuple(
            Evidence(
                str(one["source"]),
                int(one["line"]),
                _parsed(one["time"]),
                str(one["text"]),
                tuple((int(start), int(end)) for start, end in one.get("marks", ())),
            )
            for one in data["evidence"]
        ),
    )


def _fix(data: dict[str, Any]) -> Fix:
    return Fix(
        app=str(data["app"]),
        steps=tuple(data["steps"]),
        settings=tuple(Setting(**one) for one in data.get("settings", ())),
        restart=tuple(data.get("restart", ())),
        verify=str(data.get("verify", "")),
        undo=str(data.get("undo", "")),
    )


def _time(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


def _parsed(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
