"""One way to every renderer."""

from __future__ import annotations

import io
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from maillogdiag.errors import UsageError
from maillogdiag.expressions import expression
from maillogdiag.reports.excerpts import excerpted
from maillogdiag.reports.model import Report

if TYPE_CHECKING:
    from rich.console import Console


class Format(StrEnum):
    """How a report can be shown."""

    TERMINAL = "terminal"
    HTML = "html"
    MARKDOWN = "markdown"
    JSON = "json"


_ENDINGS = {
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".json": Format.JSON,
    ".txt": Format.TERMINAL,
}


_LINE_END = expression(r"(?m)[ \t](?:[ \t]|\x1b\[[\d;]*m)*$")
_BLANKS = expression(r"[ \t]+")


def format_of(path: Path) -> Format:
    """Return the format that a file's ending asks for.

    Raises:
        UsageError: the ending says nothing.
    """
    if (ending := path.suffix.lower()) not in _ENDINGS:
        raise UsageError(f"cannot tell the format from {path.name!r}; end it in .html, .md or .json, or add --format")
    return _ENDINGS[ending]


def render(report: Report, format: Format, *, width: int | None = None, color: bool = False) -> str:
    """Return the report as text that ends in a newline.

    Args:
        width: columns, for the terminal; the terminal's own where None, 80 where there is none.
        color: whether to colour it, for the terminal.
    """
    report = excerpted(report)
    # Imported here, since rich and jinja2 take longer to load than a JSON report to write.
    match format:
        case Format.TERMINAL:
            from maillogdiag.reports.terminal import render_terminal

            console = _console(width, color)
            with console.capture() as captured:
                render_terminal(report, console)
            # Padding fills lines up to the console's width: of no use in a pipe, in the way when copied.
            return _LINE_END.sub(lambda end: _BLANKS.sub("", end[0]), captured.get())
        case Format.HTML:
            from maillogdiag.reports.html import render_html

            return render_html(report)
        case Format.MARKDOWN:
            from maillogdiag.reports.markdown import render_markdown

            return render_markdown(report)
        case Format.JSON:
            from maillogdiag.reports.json_report import report_to_json

            return report_to_json(report)


def _console(width: int | None, color: bool) -> Console:
    from rich.console import Console

    return Console(
        file=io.StringIO(),
        width=width,
        # The sixteen colours of the user's own theme, which suit light and dark grounds.
        color_system="standard" if color else None,
        no_color=not color,
        # Links are only for eyes: a pipe gets colours where the user insists, but no escape codes around addresses.
        force_terminal=color and sys.stdout.isatty(),
        highlight=False,
        markup=False,
        emoji=False,
    )
