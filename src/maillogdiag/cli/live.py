"""What `--follow` shows while it follows: a view that changes on a terminal, a line a change in a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from maillogdiag.cli.output import wants_color

if TYPE_CHECKING:
    from maillogdiag.cli.options import ReportOptions
    from maillogdiag.following import Moment, Show
    from maillogdiag.reports.model import Report


@contextmanager
def live_output(options: ReportOptions) -> Iterator[Show]:
    """Give what shows each moment; on stdout, or on stderr where stdout is for a report in another format."""
    is_for_report = options.output is None and options.format not in (None, "terminal")
    stream = sys.stderr if is_for_report else sys.stdout
    if options.quiet:
        yield lambda moment: None
    elif stream.isatty() and os.environ.get("TERM") != "dumb":
        yield from _view(stream, options)
    else:
        yield _line_writer(stream, options)


def _view(stream: TextIO, options: ReportOptions) -> Iterator[Show]:
    from rich.console import Console
    from rich.live import Live

    from maillogdiag.reports.live import live_view

    console = Console(file=stream, no_color=not wants_color(options), highlight=False, markup=False, emoji=False)
    with Live(console=console, auto_refresh=False, transient=True) as live:

        def show(moment: Moment) -> None:
            report = _presentable(moment.report, options)
            width, height = console.size
            view = live_view(report, moment.waiting, is_whole=moment.is_whole, width=width, height=height)
            live.update(view, refresh=True)

        yield show


def _line_writer(stream: TextIO, options: ReportOptions) -> Callable[[Moment], None]:
    from maillogdiag.reports.changes import changes

    before: Report | None = None

    def show(moment: Moment) -> None:
        nonlocal before
        if not moment.is_whole:
            return
        report = _presentable(moment.report, options)
        for line in changes(before, report):
            stream.write(line + "\n")
        stream.flush()
        before = report

    return show


def _presentable(report: Report, options: ReportOptions) -> Report:
    from maillogdiag.redaction import redact, remove_secrets

    return redact(report)[0] if options.redact else remove_secrets(report)
