"""The options that several commands share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

FormatName = Literal["terminal", "html", "markdown", "json"]
ColorWish = Literal["auto", "always", "never"]
FailOn = Literal["low", "medium", "high", "never"]

FormatOption = Annotated[FormatName | None, typer.Option("--format", "-f", help="How to show the report.")]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Write the report to a file; its ending tells the format."),
]
AppOption = Annotated[
    str | None, typer.Option("--app", help="The application that wrote the logs, where they do not tell.")
]
RulesOption = Annotated[
    list[Path] | None, typer.Option("--rules", help="A folder of rule files, added to the built-in ones.")
]
ConfigOption = Annotated[
    list[str] | None,
    typer.Option(
        "--config",
        metavar="PATH|auto",
        help="The application's settings file, to be checked, too; repeatable. auto: the usual places.",
    ),
]
RedactOption = Annotated[
    bool | None,
    typer.Option(
        "--redact/--no-redact",
        help="Replace personal data; on for files, html, markdown and json, off on the terminal.",
    ),
]
RedactionMapOption = Annotated[
    Path | None, typer.Option("--redaction-map", help="Write what was replaced by what to a private file.")
]
FailOnOption = Annotated[
    FailOn | None,
    typer.Option("--fail-on", help="Exit with 1 only for findings this severe that are not over; any finding else."),
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="No progress; one line on the terminal, and none if all is well.")
]
FollowOption = Annotated[
    bool, typer.Option("--follow", "-F", help="Go on as the log grows; Ctrl-C ends it and shows the whole report.")
]
JobsOption = Annotated[
    int | None,
    typer.Option("--jobs", "-j", min=1, metavar="N", help="How many processes read; one a core by default."),
]
EngineOption = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="processes|dask|dask://HOST:PORT",
        help="Who reads: processes of this machine, a Dask cluster on it, or one that runs elsewhere.",
    ),
]
ColorOption = Annotated[ColorWish, typer.Option("--color", help="Colour on the terminal.")]


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """The report options of one run; see `maillogdiag scan --help`."""

    format: FormatName | None = None
    output: Path | None = None
    redact: bool | None = None
    redaction_map: Path | None = None
    fail_on: FailOn | None = None
    quiet: bool = False
    color: ColorWish = "auto"
