"""The HTML report in a real browser: it opens, runs nothing, asks for nothing, and is accessible."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import maillogdiag
from maillogdiag.redaction import redact
from maillogdiag.reports.html import render_html

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FIXTURES = Path(__file__).parent / "fixtures"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOSTILE = (
    "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\">"
    "<svg onload=\"document.title='run'\"></svg>[a](javascript:document.title='run') {{ 7*7 }} {% raw %} "
    "\x1b]8;;http://evil.example\x07x\x1b]8;;\x07 \u202egnp.exe \x00 ```` </script><!-- " + "x" * 100_000
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt install chromium)"),
    # The driver leaves its event loop and pipes to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with several causes; each text of the first finding is hostile."""
    report = maillogdiag.scan([str(FIXTURES / app / "story") for app in ("zulip", "postfix", "mattermost")])
    report = redact(report)[0]
    first = report.findings[0]
    evidence = tuple(replace(one, source=HOSTILE[:300], text=HOSTILE, marks=()) for one in first.evidence)
    hostile = replace(first, title=HOSTILE[:400], explanation=HOSTILE[:400], evidence=evidence)
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(render_html(replace(report, findings=(hostile, *report.findings[1:]))), encoding="utf-8")
    return file


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts on", "scripts off"])
def test_the_page_runs_nothing_and_asks_for_nothing(browser: Any, page_file: Path, scripts: bool) -> None:
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(page_file.as_uri())

    assert [page_file.as_uri()] == asked
    assert [] == said
    assert "run" != page.title()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1000])
def test_nothing_scrolls_sideways(browser: Any, page_file: Path, scheme: str, width: int) -> None:
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    page.goto(page_file.as_uri())

    assert width == page.evaluate("document.documentElement.scrollWidth")
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible(browser: Any, page_file: Path, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    # axe is injected as a script, which the page's own policy forbids.
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(page_file.as_uri())

    violations = Axe().run(page).response["violations"]

    assert [] == [one["id"] for one in violations if one["impact"] in ("serious", "critical")]
    context.close()


def test_print_holds_every_fix(browser: Any, page_file: Path, tmp_path: Path) -> None:
    page = browser.new_page()
    page.goto(page_file.as_uri())
    page.emulate_media(media="print")

    hidden = page.evaluate("[...document.querySelectorAll('li, pre, dd')].filter(e => !e.checkVisibility()).length")

    assert 0 == hidden
    assert len(page.pdf()) > 10_000
    page.close()


def test_a_report_is_small_enough_to_attach(page_file: Path) -> None:
    assert page_file.stat().st_size < 1_000_000
