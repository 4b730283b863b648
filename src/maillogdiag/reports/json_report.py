"""The report as JSON, the contract of docs/report.schema.json, and reading it back from JSON or from HTML.

The HTML form carries the same JSON as inert data, so that whoever gets a report can render it anew.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from maillogdiag.errors import ReportError
from maillogdiag.expressions import expression
from maillogdiag.reports.codec import Json, decode, encode
from maillogdiag.reports.model import Report
from maillogdiag.reports.plain_text import INVISIBLE

SCHEMA = "maillogdiag.report/1"
DATA_ID = "maillogdiag-report"
"""The id of the HTML form's data block."""

# No report of ours comes near; whatever is larger was not written by us.
_MOST_BYTES = 32 * 1024 * 1024
_DATA_BLOCK = expression(rf'<script type="application/json" id="{DATA_ID}">(?P<json>[^<]*)</script>')


def report_to_json(report: Report, indent: int | None = 2) -> str:
    """Return `report` as JSON text that ends in a newline; equal reports give equal text."""
    head = {"schema": SCHEMA}
    body = encode(report)
    assert isinstance(body, dict)
    findings = body["findings"]
    assert isinstance(findings, list)
    body["findings"] = [_nest_reply(finding) for finding in findings]
    text = json.dumps({**head, **body}, ensure_ascii=False, indent=indent)
    # Such characters only ever stand inside strings here, where an escape means the same.
    return INVISIBLE.sub(_as_escape, text) + "\n"


def report_to_html_data(report: Report) -> str:
    """Return the JSON for a data block in HTML: nothing in it can end the block."""
    text = report_to_json(report, indent=None).strip()
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def report_from_json(text: str) -> Report:
    """Read a report back from its JSON.

    Raises:
        ReportError: this is not JSON, or not such a report; the message says where.
    """
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReportError(f"this is not JSON ({error}); give a report made with --format json or html") from None
    if not isinstance(value, dict) or not str(value.get("schema", "")).startswith("maillogdiag.report/"):
        raise ReportError("this JSON is not a maillogdiag report; give one made with --format json or html")
    if value["schema"] != SCHEMA:
        raise ReportError(f"this report has the form {value['schema']}; this maillogdiag reads {SCHEMA}: update it")
    findings = value.get("findings")
    if isinstance(findings, list):
        value["findings"] = [_flatten_reply(finding) for finding in findings]
    return decode(Report, value)


def read_report(path: Path) -> Report:
    """Read a report from a JSON or HTML file, told apart by content.

    Raises:
        ReportError: the file cannot be read, or holds no report.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ReportError(f"cannot read {path}: {error.strerror}") from None
    if len(data) > _MOST_BYTES:
        raise ReportError(f"{path} is too large to be a report; for a log use: maillogdiag scan {path}")
    text = data.decode("utf-8-sig", errors="replace")
    block = _DATA_BLOCK.search(text)
    try:
        return report_from_json(block["json"] if block else text)
    except ReportError as error:
        raise ReportError(f"{path}: {error}") from None


def _nest_reply(finding: Json) -> Json:
    assert isinstance(finding, dict)
    nested: dict[str, Json] = {}
    for key, value in finding.items():
        if key == "code":
            nested["smtp"] = {"code": value, "enhanced": finding["enhanced"]}
        elif key != "enhanced":
            nested[key] = value
    return nested


def _flatten_reply(finding: Json) -> Json:
    if not isinstance(finding, dict):
        return finding
    reply = finding.get("smtp")
    if not isinstance(reply, dict):
        reply = {}
    return {**finding, "code": reply.get("code"), "enhanced": reply.get("enhanced")}


def _as_escape(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]
