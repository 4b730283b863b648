"""`maillogdiag report`: render a report again, such as the HTML attached to a ticket."""

from pathlib import Path
from typing import Annotated

import typer

from maillogdiag.cli.options import ColorOption, FormatOption, OutputOption, ReportOptions
from maillogdiag.cli.output import deliver, exit_code


def report(
    file: Annotated[Path, typer.Argument(help="A report as HTML or JSON.")],
    format: FormatOption = None,
    output: OutputOption = None,
    color: ColorOption = "auto",
) -> None:
    """Show a report that somebody sent, in another format."""
    from maillogdiag.reports.json_report import read_report

    saved = read_report(file)
    deliver(saved, ReportOptions(format, output, redact=False, color=color))
    raise typer.Exit(exit_code(saved))
