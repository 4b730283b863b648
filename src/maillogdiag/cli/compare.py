"""`maillogdiag compare`: did the fix work?"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from maillogdiag.cli.output import EXIT_FINDINGS, EXIT_OK


def compare(
    old: Annotated[Path, typer.Argument(help="The earlier report, HTML or JSON.")],
    new: Annotated[Path, typer.Argument(help="The later report, HTML or JSON.")],
) -> None:
    """Compare two reports: what is gone, what is new, what is still there."""
    from maillogdiag.reports.compare import compare_reports, comparison_as_text
    from maillogdiag.reports.json_report import read_report

    comparison = compare_reports(read_report(old), read_report(new))
    sys.stdout.write(comparison_as_text(comparison))
    raise typer.Exit(EXIT_FINDINGS if comparison.new or comparison.still else EXIT_OK)
