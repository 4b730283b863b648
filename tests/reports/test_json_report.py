from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from maillogdiag.causes import Cause
from maillogdiag.errors import ReportError
from maillogdiag.reports.html import render_html
from maillogdiag.reports.json_report import read_report, report_from_json, report_to_json
from maillogdiag.reports.model import Report
from tests.reports.samples import full_report, quiet_report
from tests.reports.samples_hostile import report_full_of, texts

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "report.schema.json").read_text(encoding="utf-8"))


def test_whole_json_form(snapshot: Any) -> None:
    assert snapshot == report_to_json(full_report())


@pytest.mark.parametrize("report", [full_report(), quiet_report()], ids=["full", "quiet"])
def test_json_follows_the_published_schema(report: Report) -> None:
    Draft202012Validator.check_schema(SCHEMA)

    Draft202012Validator(SCHEMA).validate(json.loads(report_to_json(report)))


def test_schema_names_every_cause() -> None:
    assert list(Cause) == SCHEMA["$defs"]["finding"]["properties"]["cause"]["enum"]


@given(texts)
def test_reading_back_gives_the_same_report_whatever_the_texts(text: str) -> None:
    report = report_full_of(text)

    assert report == report_from_json(report_to_json(report))


@given(st.timezones(), st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1)))
def test_times_keep_their_moment_and_zone(zone: Any, time: datetime) -> None:
    aware = time.replace(tzinfo=zone)
    fixed = aware.astimezone(timezone(timedelta(seconds=round(aware.utcoffset().total_seconds()))))  # type: ignore[union-attr]
    report = full_report()
    bucket = type(report.timeline[0])(fixed, 1, 2)
    report = type(report)(report.status, "x", report.summary, timeline=(bucket,))

    read = report_from_json(report_to_json(report)).timeline[0].start

    assert (fixed, fixed.utcoffset()) == (read, read.utcoffset())


def test_no_acting_character_reaches_a_terminal_that_shows_the_json() -> None:
    shown = report_to_json(report_full_of("\x1b[31m \x9b \u202e \ud800"))

    assert "\\u001b[31m \\u009b \\u202e \\ud800" in shown
    assert not {"\x1b", "\x9b", "\u202e", "\ud800"} & set(shown)


def test_report_is_read_from_json_and_from_html(tmp_path: Path) -> None:
    report = full_report()
    (tmp_path / "r.json").write_text(report_to_json(report), encoding="utf-8")
    (tmp_path / "attachment").write_text(render_html(report), encoding="utf-8")

    assert report == read_report(tmp_path / "r.json") == read_report(tmp_path / "attachment")


def test_unknown_keys_are_passed_over_and_optional_ones_may_be_missing() -> None:
    data = json.loads(report_to_json(full_report()))
    data["invented"] = 1
    data["findings"][0]["invented"] = [1]
    del data["findings"][0]["recovered"], data["findings"][0]["evidence"][0]["marks"], data["redacted"]

    assert not report_from_json(json.dumps(data)).redacted


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data.update(schema="maillogdiag.report/2"), "update it"),
        (lambda data: data.update(schema="other"), "not a maillogdiag report"),
        (lambda data: data.update(status="fine"), r"\$\.status: expected one of failing"),
        (lambda data: data.update(summary=[]), r"\$\.summary: expected an object"),
        (lambda data: data.pop("verdict"), "'verdict' is missing"),
        (lambda data: data["findings"][1].update(count="3"), r"\$\.findings\[1\]\.count: expected a whole number"),
        (lambda data: data["findings"][1].update(count=True), r"count: expected a whole number"),
        (lambda data: data["findings"][0].update(first_seen="2026-11-20T09:00:00"), "with its zone"),
        (lambda data: data["findings"][0].update(first_seen="yesterday"), "with its zone"),
        (lambda data: data["findings"].append(3), r"\$\.findings\[3\]: expected an object"),
        (lambda data: data["findings"][0]["evidence"][0].update(marks=[[1]]), "expected 2 items"),
        (lambda data: data.update(timeline=None), r"\$\.timeline: expected a list"),
    ],
)
def test_broken_report_is_refused_with_the_place(change: Any, message: str) -> None:
    data = json.loads(report_to_json(full_report()))
    change(data)

    with pytest.raises(ReportError, match=message):
        report_from_json(json.dumps(data))


@pytest.mark.parametrize("text", ["", "no", "[]", "[" * 200_000, "null", '{"schema": 3}', "<html></html>"])
def test_what_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(ReportError):
        report_from_json(text)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"nowhere\.json: No such file"):
        read_report(tmp_path / "nowhere.json")


def test_utc_is_written_as_an_offset() -> None:
    assert datetime(2026, 11, 20, 9, tzinfo=UTC).isoformat() in report_to_json(full_report())
