"""`maillogdiag trace`: the path of one mail through the logs."""

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from maillogdiag.cli.options import AppOption, RedactOption, RulesOption
from maillogdiag.cli.output import EXIT_FAILED, EXIT_FINDINGS, EXIT_OK, complain, tell

if TYPE_CHECKING:
    from maillogdiag.pipeline import Scan
    from maillogdiag.reports.tracing import TracedMail
    from maillogdiag.trace import Path


def trace(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="A recipient, Message-ID, queue id or job id.")],
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH|-]...", help="Where to look, as for scan; the journal where none is given."),
    ] = None,
    unit: Annotated[
        list[str] | None, typer.Option("--unit", "-u", help="Only this unit of the journal; repeatable.")
    ] = None,
    since: Annotated[str | None, typer.Option("--since", "-S", help="Of the journal: from when.")] = None,
    until: Annotated[str | None, typer.Option("--until", "-U", help="Of the journal: up to when.")] = None,
    format: Annotated[
        Literal["terminal", "json"], typer.Option("--format", "-f", help="For people, or JSON.")
    ] = "terminal",
    app: AppOption = None,
    rules: RulesOption = None,
    redact: RedactOption = None,
) -> None:
    """Follow one mail: every stage that the logs show, and where the trail ends."""
    from maillogdiag.errors import ReportError, UsageError
    from maillogdiag.grammars.registry import load_grammars
    from maillogdiag.pipeline import Scan
    from maillogdiag.redaction import find_leaks
    from maillogdiag.redaction.traces import redact_trace
    from maillogdiag.reports.tracing import trace_as_json, trace_as_text
    from maillogdiag.rulebase import load_rules
    from maillogdiag.sources import open_inputs
    from maillogdiag.sources.journal import open_journal
    from maillogdiag.trace import Collected
    from maillogdiag.trace import trace as find_paths

    if paths and (unit or since or until):
        raise UsageError("give either paths, or --unit, --since and --until for the journal")
    collected = Collected()
    run = Scan(load_grammars(app), load_rules(rules or ()), app=app, tally=collected)
    with run.stop:
        run.run(open_inputs(paths) if paths else [open_journal(units=unit or (), since=since, until=until)])
    for counted in run.counted:
        for problem in counted.coverage().problems:
            tell(f"{counted.source.name}: {problem}")
    if collected.is_full:
        tell("there is very much mail in these logs, and only the newest was searched; narrow it down with --since")
    found = find_paths(query, collected.entries, run.rules.diagnose)
    if not found:
        complain(f"nothing is known of this mail. Searched: {_searched(run)}")
        raise typer.Exit(EXIT_FAILED)
    is_redacted = format == "json" if redact is None else redact
    query, mails, replaced = redact_trace(query, _traced(found), is_redacted=is_redacted)
    text = (trace_as_json if format == "json" else trace_as_text)(query, mails)
    if leaks := find_leaks(text, replaced):
        raise ReportError(f"not shown, since it would have shown what should be replaced: {leaks[0]}; please report it")
    sys.stdout.write(text)
    raise typer.Exit(EXIT_FINDINGS if any(path.outcome == "failed" for path in found) else EXIT_OK)


def _searched(run: "Scan") -> str:
    return "; ".join(
        f"{counted.source.name} ({counted.counts.lines:,} lines, {counted.counts.mail_records:,} about mail)"
        for counted in run.counted
    )


def _traced(found: "tuple[Path, ...]") -> "tuple[TracedMail, ...]":
    from maillogdiag.reports.model import Evidence
    from maillogdiag.reports.tracing import TracedMail, TracedStage

    return tuple(
        TracedMail(
            path.outcome,
            tuple(
                TracedStage(
                    stage.app,
                    stage.event.kind,
                    stage.words,
                    stage.certainty,
                    Evidence(
                        stage.event.record.place.source,
                        stage.event.record.place.line,
                        stage.event.record.time,
                        stage.event.record.text,
                    ),
                )
                for stage in path.stages
            ),
            path.end,
        )
        for path in found
    )
