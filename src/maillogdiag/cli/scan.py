"""`maillogdiag scan`: diagnose files, directories, archives, or standard input."""

import re
from functools import partial
from typing import Annotated

import typer

from maillogdiag.cli.options import (
    AppOption,
    ColorOption,
    ConfigOption,
    EngineOption,
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
from maillogdiag.errors import UsageError


def scan(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH|-...", help="Files, globs, directories, archives, URLs; - is standard input."),
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
    engine: EngineOption = "processes",
    quiet: QuietOption = False,
    color: ColorOption = "auto",
) -> None:
    """Diagnose log files from this or another machine; formats and packing are found out."""
    from maillogdiag.engines.local import run_locally, usable_cores
    from maillogdiag.settings.packets import support_packets
    from maillogdiag.sources import open_followed, open_inputs

    options = ReportOptions(format, output, redact, redaction_map, fail_on, quiet, color)
    settings = (*support_packets(paths), *(config or ()))
    run = partial(diagnose, options=options, app=app, rules=rules or (), config=settings)
    processes = jobs or usable_cores()
    if engine == "processes":
        sources = open_followed(paths) if follow else open_inputs(paths)
        run(sources, follow=follow, engine=partial(run_locally, jobs=processes))
    elif follow:
        raise UsageError("--follow reads on this machine alone: leave out --engine")
    else:
        from maillogdiag.engines.cluster import Cluster, run_on_cluster

        with Cluster(_scheduler(engine), processes) as cluster:
            run(cluster.sources(paths), engine=partial(run_on_cluster, cluster=cluster))


def _scheduler(engine: str) -> str | None:
    """Return the address of a Dask cluster's scheduler; None for a cluster on this machine."""
    if engine == "dask":
        return None
    if address := re.fullmatch(r"dask://([\w.-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})", engine):
        return f"tcp://{address[1]}:{address[2]}"
    raise UsageError(f"--engine takes processes, dask or dask://HOST:PORT, not {engine!r}")
