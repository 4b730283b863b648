"""The report as one HTML file that needs nothing else: no script, no font, no picture from anywhere.

A Content-Security-Policy in the page forbids what could be smuggled in; the report itself goes along as inert JSON.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from jinja2 import BaseLoader, Environment, StrictUndefined, Template
from markupsafe import Markup

from maillogdiag.reports import wording
from maillogdiag.reports.fitting import fit
from maillogdiag.reports.json_report import DATA_ID, report_to_html_data
from maillogdiag.reports.model import Bucket, Report
from maillogdiag.reports.plain_text import marked_parts, split_links, visible, visible_line

MOST_BYTES = 900_000
"""No report is larger, whatever the log: evidence is sampled, counts stay exact."""

_HALF_HEIGHT = 60


class Bar(NamedTuple):
    """One stretch of time in the picture; accepted attempts stand above the line, failed ones hang below."""

    x: int
    accepted: float
    failed: float


def render_html(report: Report) -> str:
    """Return `report` as a complete HTML page of at most `MOST_BYTES` bytes in UTF-8."""
    return fit(report, _render, MOST_BYTES, lambda text: len(text.encode("utf-8", errors="replace")))


def _render(report: Report) -> str:
    css = _package_text("report.css")
    return _template().render(
        report=report,
        recognised=wording.recognised(report),
        unrecognised=wording.unrecognised(report),
        bars=_bars(report.timeline),
        half_height=_HALF_HEIGHT,
        # Our own style sheet, word for word: the policy allows this one by its digest and no other.
        css=Markup(css),
        css_digest=base64.b64encode(hashlib.sha256(css.encode()).digest()).decode(),
        # Escaped for this place by report_to_html_data: no "<" is left that could end the block.
        data=Markup(report_to_html_data(report)),
        data_id=DATA_ID,
    )


def _bars(timeline: tuple[Bucket, ...]) -> list[Bar]:
    most = max((max(bucket.accepted, bucket.failed) for bucket in timeline), default=0) or 1
    return [
        Bar(10 * number, _height(bucket.accepted, most), _height(bucket.failed, most))
        for number, bucket in enumerate(timeline)
    ]


def _height(value: int, most: int) -> float:
    # One attempt among thousands must still be seen.
    return max(round(value / most * _HALF_HEIGHT, 1), 2) if value > 0 else 0


@cache
def _template() -> Template:
    environment = Environment(
        loader=BaseLoader(), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    filters: dict[str, Callable[..., object]] = {
        "visible": visible,
        "line": visible_line,
        "links": split_links,
        "parts": lambda item: marked_parts(item.text, item.marks),
        "number": "{:,}".format,
    }
    environment.filters.update(filters)
    environment.globals["words"] = wording
    return environment.from_string(_package_text("report.html.j2"))


def _package_text(name: str) -> str:
    return (files("maillogdiag.reports") / "templates" / name).read_text(encoding="utf-8")
