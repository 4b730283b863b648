"""What `scan`, `journal` and `demo` have in common: read sources, show the report, end with its exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from maillogdiag.cli.output import EXIT_SIGNALLED, deliver, exit_code, tell
from maillogdiag.cli.progress import ShownProgress

if TYPE_CHECKING:
    from maillogdiag.cli.options import ReportOptions
    from maillogdiag.pipeline import Scan
    from maillogdiag.sources.interface import Source

    Engine = Callable[[Scan, Iterable[Source]], None]


def diagnose(
    sources: Iterable[Source],
    options: ReportOptions,
    *,
    app: str | None,
    rules: Sequence[Path],
    config: Sequence[str] = (),
    follow: bool = False,
    engine: Engine | None = None,
) -> NoReturn:
    """Diagnose `sources`, deliver the report, and exit with the documented code.

    Args:
        follow: whether to go on as the sources grow, until the user ends it.
        engine: what reads the sources; this process alone where None.
    """
    from maillogdiag.grammars.registry import load_grammars
    from maillogdiag.pipeline import Scan
    from maillogdiag.rulebase import load_rules

    run = Scan(load_grammars(app), load_rules(rules), app=app)
    if config:
        from maillogdiag.advice import Advice
        from maillogdiag.settings.reading import read_settings
        from maillogdiag.sources.notes import without

        settings = read_settings(config)
        run.advice, sources = Advice(settings), without(sources, settings.read)
    if follow:
        _follow(run, sources, options)
    else:
        _read(run, sources, engine or type(run).run, is_watched=sys.stderr.isatty() and not options.quiet)
    report = run.report()
    for problem in report.problems:
        tell(problem)
    for counted in report.coverage:
        for problem in counted.problems:
            tell(f"{counted.source}: {problem}")
    code = exit_code(report, run.has_unreadable_source, options.fail_on)
    if run.stop.signal:
        code = EXIT_SIGNALLED + run.stop.signal
    if not options.quiet or options.output or options.format:
        deliver(report, options)
    elif code:
        from maillogdiag.reports.digest import digest_of

        sys.stdout.write(digest_of(report) + "\n")
    raise typer.Exit(code)


def _read(run: Scan, sources: Iterable[Source], engine: Engine, *, is_watched: bool) -> None:
    with run.stop:
        if not is_watched:
            engine(run, sources)
            return
        with ShownProgress() as progress:
            run.progress = progress.update
            engine(run, progress.plan(run.stop.until_stopped(sources)))


def _follow(run: Scan, sources: Iterable[Source], options: ReportOptions) -> None:
    from maillogdiag.cli.live import live_output
    from maillogdiag.following import Following
    from maillogdiag.stopping import Stop

    with Stop() as stop, live_output(options) as show:
        Following(run, list(sources), show).run(stop)
