"""All four renderers: whole outputs, sizes, and hostile text."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings

from maillogdiag.errors import UsageError
from maillogdiag.reports import html, markdown
from maillogdiag.reports.excerpts import excerpted
from maillogdiag.reports.html import render_html
from maillogdiag.reports.json_report import report_from_json
from maillogdiag.reports.markdown import render_markdown
from maillogdiag.reports.model import Evidence, Report, Status
from maillogdiag.reports.render import Format, format_of, render
from tests.reports.samples import full_report, quiet_report
from tests.reports.samples_hostile import HOSTILE, enormous_report, report_full_of, texts

ESCAPE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


@pytest.mark.parametrize("format", list(Format))
def test_whole_report(format: Format, snapshot: Any) -> None:
    assert snapshot == render(full_report(), format, width=80)


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("format", list(Format))
def test_report_without_findings_says_its_verdict(format: Format, status: Status) -> None:
    assert "No mail activity was seen in 10 lines." in render(quiet_report(status), format, width=80)


@pytest.mark.parametrize("format", list(Format))
def test_equal_reports_give_equal_text(format: Format) -> None:
    assert render(full_report(), format, width=80) == render(full_report(), format, width=80)


@pytest.mark.parametrize("format", list(Format))
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_shown_and_does_nothing(format: Format, text: str) -> None:
    shown = render(report_full_of(text), format, width=80)

    assert not ESCAPE.search(shown)


@settings(max_examples=40, deadline=None)
@given(texts)
def test_no_text_breaks_a_renderer(text: str) -> None:
    report = report_full_of(text)

    for format in Format:
        assert not ESCAPE.search(render(report, format, width=80))


@pytest.mark.parametrize(
    ("name", "format"),
    [("a.html", "html"), ("a.HTM", "html"), ("x/a.md", "markdown"), ("a.json", "json"), ("a.txt", "terminal")],
)
def test_ending_tells_the_format(name: str, format: str) -> None:
    from pathlib import Path

    assert format == format_of(Path(name))


def test_ending_that_says_nothing_is_an_error() -> None:
    from pathlib import Path

    with pytest.raises(UsageError, match=r"end it in \.html, \.md or \.json"):
        format_of(Path("report"))


class Tags(HTMLParser):
    """Counts tags and keeps attributes, as a browser would find them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: dict[str, int] = {}
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.attributes += attrs


def _tags(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    return tags


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_adds_no_element_to_the_page(text: str) -> None:
    plain, hostile = _tags(render_html(report_full_of("x"))), _tags(render_html(report_full_of(text)))

    assert {"script": 1, "style": 1} == {name: hostile.tags[name] for name in ("script", "style")}
    assert set(plain.tags) | {"a"} >= set(hostile.tags)
    assert all(value and value.startswith(("https://", "#")) for name, value in hostile.attributes if name == "href")
    assert not [name for name, _ in hostile.attributes if name.startswith("on") or name == "src"]


def test_html_is_small_and_never_large() -> None:
    assert 40_000 > len(render_html(full_report()).encode())
    page = render_html(enormous_report())
    assert html.MOST_BYTES >= len(page.encode())
    assert "further causes with" in page


def test_html_data_of_a_cut_report_is_a_whole_report() -> None:
    page = render_html(enormous_report())
    data = re.search(r'<script type="application/json" id="[\w-]+">([^<]*)</script>', page)

    assert data is not None
    assert enormous_report().summary == report_from_json(data[1]).summary


def test_markdown_fits_into_a_forum_post() -> None:
    text = render_markdown(enormous_report())

    assert markdown.MOST_CHARACTERS >= len(text)
    assert "further causes with" in text
    assert text.count("<details>") == text.count("</details>")


def test_fence_is_longer_than_any_in_the_log() -> None:
    text = render_markdown(report_full_of("```\n````\nx"))

    assert "\n`````text\n```\n````\nx\n`````\n" in text


def test_cut_never_changes_the_numbers() -> None:
    page = render_markdown(enormous_report())

    assert "1,000,000,000 attempts: 100,000,000 accepted, 100,000,000 failed" in page
    assert "1,490 further sources" in page or "further sources" in page


def test_report_says_whether_it_is_redacted() -> None:
    report = full_report()
    bare = Report(report.status, report.verdict, report.summary)

    for format in (Format.HTML, Format.MARKDOWN):
        assert "was replaced by stand-ins" in render(report, format)
        assert "was NOT replaced" in render(bare, format)


def test_long_evidence_is_shown_around_its_decisive_words_however_often_it_is_rendered() -> None:
    text = "before " * 50 + "535 refused" + " after" * 400
    full = full_report()
    report = replace(full, findings=(replace(full.findings[0], evidence=(_marked(text, "535 refused"),)),))

    once = excerpted(report)

    [item] = once.findings[0].evidence
    ((start, end),) = item.marks
    assert "535 refused" == item.text[start:end]
    assert len(item.text) < 1_300
    assert item.text.startswith("… before")
    assert item.text.endswith(" after …")
    assert once == excerpted(once)


def _marked(text: str, words: str) -> Evidence:
    start = text.index(words)
    return Evidence("sidekiq.log", 1, None, text, ((start, start + len(words)),))
