"""`maillogdiag journal`: diagnose what the systemd journal holds."""

from pathlib import Path
from typing import Annotated

import typer

from maillogdiag.cli.options import (
    AppOption,
    ColorOption,
    ConfigOption,
    FailOnOption,
    FollowOption,
    FormatOption,
    OutputOption,
    QuietOption,
    RedactionMapOption,
    RedactOption,
    ReportOptions,
    RulesOption,
)
from maillogdiag.cli.run import diagnose
from maillogdiag.errors import UsageError


def journal(
    unit: Annotated[
        list[str] | None,
        typer.Option("--unit", "-u", help="Only this unit, e.g. mastodon-sidekiq; repeatable."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", "-S", help='From when, as journalctl takes it: "2 days ago", "09:00".'),
    ] = None,
    until: Annotated[str | None, typer.Option("--until", "-U", help="Up to when.")] = None,
    directory: Annotated[
        Path | None, typer.Option("--directory", "-D", help="Read the journal files of this folder.")
    ] = None,
    file: Annotated[list[Path] | None, typer.Option("--file", help="Read this .journal file; repeatable.")] = None,
    format: FormatOption = None,
    output: OutputOption = None,
    app: AppOption = None,
    rules: RulesOption = None,
    config: ConfigOption = None,
    redact: RedactOption = None,
    redaction_map: RedactionMapOption = None,
    fail_on: FailOnOption = None,
    follow: FollowOption = False,
    quiet: QuietOption = False,
    color: ColorOption = "auto",
) -> None:
    """Diagnose the systemd journal, e.g. maillogdiag journal --unit mastodon-sidekiq."""
    from maillogdiag.sources.journal import open_journal

    if follow and until is not None:
        raise UsageError("--until ends what --follow goes on with; leave one of them out")
    options = ReportOptions(format, output, redact, redaction_map, fail_on, quiet, color)
    source = open_journal(units=unit or (), since=since, until=until, directory=directory, files=file or ())
    diagnose([source], options, app=app, rules=rules or (), config=config or (), follow=follow)
