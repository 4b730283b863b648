"""`maillogdiag rules`: list, show and check the rule base."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from maillogdiag.cli.options import RulesOption
from maillogdiag.cli.output import EXIT_FAILED, complain
from maillogdiag.errors import UsageError

app = typer.Typer(help="List, show and check the rules.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_rules(rules: RulesOption = None) -> None:
    """List all rules: id, cause, title."""
    from maillogdiag.rulebase import load_rules

    for rule in load_rules(rules or ()).rules:
        sys.stdout.write(f"{rule.id:<50} {rule.cause:<28} {rule.title}\n")


@app.command("show")
def show(
    rule_id: Annotated[str, typer.Argument(metavar="ID", help="A rule's id, from `maillogdiag rules list`.")],
    rules: RulesOption = None,
) -> None:
    """Show one rule: when it applies, what it means, what to do."""
    from maillogdiag.rulebase import describe_rule, load_rules

    base = load_rules(rules or ())
    for rule in base.rules:
        if rule.id == rule_id:
            sys.stdout.write(describe_rule(base, rule) + "\n")
            return
    raise UsageError(f"there is no rule {rule_id!r}; `maillogdiag rules list` shows them all")


@app.command("check")
def check(
    path: Annotated[
        list[Path] | None,
        typer.Argument(help="Rule files or folders; the built-in rules where none is named."),
    ] = None,
) -> None:
    """Validate rule files and run every rule's samples."""
    from maillogdiag.rulebase import check as check_rules

    problems = check_rules(path or ())
    for problem in problems:
        complain(str(problem))
    if problems:
        raise typer.Exit(EXIT_FAILED)
    sys.stdout.write("All rules are valid, and every sample gives the rule it belongs to.\n")


@app.command("coverage")
def show_coverage(rules: RulesOption = None) -> None:
    """Write what the rules cover, by application and provider, as Markdown."""
    from maillogdiag.rulebase import coverage, load_rules

    sys.stdout.write(coverage(load_rules(rules or ())))
