"""`maillogdiag demo`: the main job on sample logs that ship with the package."""

from contextlib import chdir
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from maillogdiag.cli.options import ColorOption, ReportOptions
from maillogdiag.cli.output import deliver, tell


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the HTML report.")] = Path(
        "maillogdiag-report.html"
    ),
    color: ColorOption = "auto",
) -> None:
    """Diagnose sample logs of a Mastodon server whose mail stopped, and write the HTML report, too."""
    # Imported here so that `maillogdiag --help` stays quick.
    from importlib.resources import as_file, files

    import maillogdiag

    # From its folder, so that the evidence names the log as short as an admin would.
    with as_file(files("maillogdiag") / "samples") as samples, chdir(samples):
        report = maillogdiag.scan(["mastodon-sidekiq.log"])
    options = ReportOptions(color=color)
    deliver(report, options)
    deliver(report, replace(options, output=output))
    tell(f"open {output.resolve().as_uri()} in a browser")
    tell("your own logs: maillogdiag scan PATH, or maillogdiag journal --unit UNIT")
