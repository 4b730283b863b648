"""`maillogdiag scan`: diagnose files, directories, archives, or standard input."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from maillogdiag.cli.options import (
    AppOption,
    ColorOption,
    ConfigOption,
    FailOnOption,
    FollowOption,
    FormatOption,
    JobsOption,
    OutputOption,
    QuietOption,
    RedactionMapOption,
    RedactOption,
    ReportOptions,
    RulesOption,
)
from maillogdiag.cli.run import diagnose


def scan(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH|-...", help="Files, globs, directories, archives; - is standard input."),
    ],
    format: FormatOption = None,
    output: OutputOption = None,
    app: AppOption = None,
    rules: RulesOption = None,
    config: ConfigOption = None,
    redact: RedactOption = None,
    redaction_map: RedactionMapOption = None,
    fail_on: FailOnOption = None,
    follow: FollowOption = False,
    jobs: JobsOption = None,
    quiet: QuietOption = False,
    color: ColorOption = "auto",
) -> None:
    """Diagnose log files from this or another machine; formats and packing are found out."""
    from maillogdiag.engines.processes import run_in_processes, usable_cores
    from maillogdiag.settings.packets import support_packets
    from maillogdiag.sources import open_followed, open_inputs

    options = ReportOptions(format, output, redact, redaction_map, fail_on, quiet, color)
    settings = (*support_packets(paths), *(config or ()))
    sources = open_followed(paths) if follow else open_inputs(paths)
    engine = partial(run_in_processes, jobs=jobs or usable_cores())
    diagnose(sources, options, app=app, rules=rules or (), config=settings, follow=follow, engine=engine)
