"""The HTML report in a real browser: nothing runs, nothing is fetched, everybody can read it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import maillogdiag
from maillogdiag.redaction import redact
from maillogdiag.reports.html import render_html
from maillogdiag.reports.model import Report
from tests.reports.samples import full_report, quiet_report
from tests.reports.samples_hostile import HOSTILE, enormous_report, report_full_of

pytestmark = pytest.mark.browser

FIXTURES = Path(__file__).parents[1] / "fixtures"
REPORTS = {
    "recorded": redact(maillogdiag.scan([str(FIXTURES / app / "story") for app in ("zulip", "postfix", "mattermost")]))[
        0
    ],
    "full": full_report(),
    "quiet": quiet_report(),
    "hostile": report_full_of(" ".join(HOSTILE)),
    "enormous": enormous_report(),
}


@contextmanager
def opened(browser: Any, report: Report, path: Path, **options: Any) -> Iterator[tuple[Any, list[str]]]:
    """Open `report`; yield the page and what went wrong: console errors, other requests, dialogs."""
    file = path / "report.html"
    file.write_text(render_html(report), encoding="utf-8")
    context = browser.new_context(**options)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
    page.on("request", lambda request: request.url == file.as_uri() or wrong.append(f"request: {request.url}"))
    page.goto(file.as_uri())
    yield page, wrong
    context.close()


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("scripts", [True, False], ids=["javascript", "no-javascript"])
def test_page_opens_without_error_request_or_script(browser: Any, tmp_path: Path, name: str, scripts: bool) -> None:
    with opened(browser, REPORTS[name], tmp_path, java_script_enabled=scripts) as (page, wrong):
        assert not wrong
        assert page.locator("h1").inner_text()
        if scripts:
            assert page.evaluate("window.hacked") is None


def test_policy_forbids_scripts_and_requests(browser: Any, tmp_path: Path) -> None:
    with opened(browser, full_report(), tmp_path) as (page, _):
        page.evaluate(
            "for (const [tag, key, value] of [['script', 'text', 'window.hacked = 1'], ['img', 'src', 'http://x.test/']])"
            "{ const one = document.createElement(tag); one[key] = value; document.body.append(one) }"
        )

        assert page.evaluate("window.hacked") is None
        assert page.evaluate("document.images[0].naturalWidth") == 0


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("width", [320, 768])
def test_page_never_scrolls_sideways(browser: Any, tmp_path: Path, name: str, width: int) -> None:
    with opened(browser, REPORTS[name], tmp_path, viewport={"width": width, "height": 700}) as (page, _):
        assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["recorded", "full", "quiet", "hostile"])
def test_axe_finds_nothing_serious(browser: Any, tmp_path: Path, name: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
    # The policy keeps axe itself out, too.
    with opened(browser, REPORTS[name], tmp_path, color_scheme=scheme, bypass_csp=True) as (page, _):
        found = axe.Axe().run(page).response["violations"]

    assert not [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]


def test_keyboard_reaches_the_content_first(browser: Any, tmp_path: Path) -> None:
    with opened(browser, full_report(), tmp_path) as (page, _):
        page.keyboard.press("Tab")

        assert page.evaluate("document.activeElement.textContent") == "Skip to the causes"


def test_headings_are_in_order(browser: Any, tmp_path: Path) -> None:
    with opened(browser, full_report(), tmp_path) as (page, _):
        levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(one => +one.tagName[1])")

    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_print_shows_every_fix_and_all_evidence(browser: Any, tmp_path: Path) -> None:
    with opened(browser, full_report(), tmp_path) as (page, _):
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = false)")
        page.emulate_media(media="print")
        shown = page.evaluate(
            "[...document.querySelectorAll('.fix li, .fix pre, details pre, td')]"
            ".map(one => one.getBoundingClientRect().height)"
        )

        assert shown
        assert min(shown) > 0
        assert page.pdf().startswith(b"%PDF")


def test_setting_is_copied_with_one_click(browser: Any, tmp_path: Path) -> None:
    with opened(browser, full_report(), tmp_path) as (page, _):
        page.locator(".file pre").first.click()

        assert (
            page.evaluate("getSelection().toString()").strip()
            == "SMTP_LOGIN=<the full mail address>\nSMTP_PASSWORD=<the app password>"
        )


def test_picture_and_table_of_the_timeline_agree(browser: Any, tmp_path: Path) -> None:
    with opened(browser, full_report(), tmp_path) as (page, _):
        bars = page.locator("svg rect.failed").count()
        rows = page.locator("table").first.locator("tbody tr td:last-child").all_inner_texts()

    assert bars == len([row for row in rows if row != "0"])
