"""One way to every renderer."""

from __future__ import annotations

from enum import StrEnum

from maillogdiag.reports.model import Report


class Format(StrEnum):
    """How a report can be shown."""

    TERMINAL = "terminal"
    HTML = "html"
    MARKDOWN = "markdown"
    JSON = "json"


def render(report: Report, format: Format, *, width: int | None = None, color: bool = False) -> str:
    """Return the report as text.

    Args:
        width: columns, for the terminal; the terminal's own where None.
        color: whether to colour it, for the terminal.
    """
    match format:
        case Format.TERMINAL:
            from maillogdiag.reports.terminal import render_terminal

            return render_terminal(report, width=width, color=color)
        case Format.HTML:
            from maillogdiag.reports.html import render_html

            return render_html(report)
        case Format.MARKDOWN:
            from maillogdiag.reports.markdown import render_markdown

            return render_markdown(report)
        case Format.JSON:
            from maillogdiag.reports.json_report import report_to_json

            return report_to_json(report)
