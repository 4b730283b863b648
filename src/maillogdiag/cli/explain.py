"""`maillogdiag explain`: one error text, its cause, meaning and fix."""

import sys
from typing import Annotated, Literal

import typer

from maillogdiag.cli.options import AppOption, RulesOption


def explain(
    text: Annotated[str, typer.Argument(metavar="TEXT|-", help="An error text; - reads one a line from stdin.")],
    format: Annotated[
        Literal["terminal", "jsonl"],
        typer.Option("--format", "-f", help="For people, or one JSON object a line."),
    ] = "terminal",
    app: AppOption = None,
    rules: RulesOption = None,
) -> None:
    """Explain an SMTP reply or an error message: what it means and what to change."""
    from maillogdiag.failures import read_failure
    from maillogdiag.reports.explanation import explanation_as_json, explanation_as_text
    from maillogdiag.rulebase import load_rules

    base = load_rules(rules or ())
    show = explanation_as_json if format == "jsonl" else explanation_as_text
    for one in _texts(text):
        failure = read_failure(one, app=app)
        sys.stdout.write(show(one, failure, base.diagnose(failure)) + "\n")


def _texts(text: str) -> list[str]:
    if text != "-":
        return [text]
    lines = sys.stdin.buffer.read().decode("utf-8", errors="replace").splitlines()
    return [line for line in lines if line.strip()]
