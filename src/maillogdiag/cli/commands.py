"""All commands, one module each, put together.

The commands do without `from __future__ import annotations`: typer would evaluate each annotation of each command
again, which is a tenth of the time of `--help`.
"""

import typer

from maillogdiag import __version__
from maillogdiag.cli import compare, demo, explain, journal, redact, report, rules, scan, trace

app = typer.Typer(
    name="maillogdiag",
    help="Tell why a self-hosted server's email isn't arriving, and what exactly to change.",
    epilog="Exit codes: 0 no mail failure found, 1 mail failures found, 2 the command could not do its job.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("journal")(journal.journal)
app.command("scan")(scan.scan)
app.command("trace")(trace.trace)
app.command("explain")(explain.explain)
app.command("report")(report.report)
app.command("compare")(compare.compare)
app.command("redact")(redact.redact)
app.add_typer(rules.app, name="rules")
app.command("demo")(demo.demo)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"maillogdiag {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None: ...
