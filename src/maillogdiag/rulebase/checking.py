"""`maillogdiag rules check`: rule files are valid, every sample gives its rule, and no rule can never win."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from maillogdiag.errors import RuleError, SourceError
from maillogdiag.failures import Failure, read_failure
from maillogdiag.rulebase.base import RuleBase
from maillogdiag.rulebase.building import build
from maillogdiag.rulebase.loading import built_in_folder, read_document, rule_files
from maillogdiag.rulebase.rules import Rule, Tier


def check(paths: Sequence[Path] = ()) -> list[RuleError]:
    """Return everything that is wrong with the built-in rules and those of `paths`, and with them together."""
    problems: list[RuleError] = []
    documents = []
    for file in rule_files([built_in_folder(), *paths]):
        data, found = read_document(file, file.read_bytes())
        problems += found
        documents.append((str(file), data))
    if problems:
        return problems
    base = RuleBase(build(documents), "")
    return [*_duplicates(base), *(problem for rule in base.rules for problem in _check_rule(base, rule))]


def _duplicates(base: RuleBase) -> list[RuleError]:
    seen: set[str] = set()
    problems = []
    for rule in base.rules:
        if rule.id in seen:
            problems.append(_problem(rule, "stands twice"))
        seen.add(rule.id)
    return problems


def _check_rule(base: RuleBase, rule: Rule) -> list[RuleError]:
    problems = []
    if not rule.id.startswith(f"{rule.cause}."):
        problems.append(f"its id must begin with its cause, {rule.cause}.")
    if rule.tier in (Tier.FAMILY, Tier.SUBJECT, Tier.PHRASE) and not (rule.when.text or rule.when.all):
        problems.append(f"tier {rule.tier.name.lower()} needs phrases in `text` or `all`")
    if (rule.tier is Tier.SETTING) != bool(rule.when.setting):
        problems.append("tier setting goes with `setting`, and `setting` with it")
    problems += [f"no settings file can show {name!r}" for name in rule.when.setting if name not in _setting_names()]
    if rule.tier is Tier.PROVIDER and not (rule.when.provider or rule.when.app):
        problems.append("tier provider needs `provider` or `app`")
    if not rule.samples.match:
        problems.append("has no sample that it must match")
    for text in rule.samples.match:
        winners = _winners(base, rule, text)
        if rule.id not in winners:
            problems.append(f"the sample {text[:100]!r} goes to {', '.join(winners)}")
    for text in rule.samples.no_match:
        if rule.id in _winners(base, rule, text):
            problems.append(f"must not match the sample {text[:100]!r}")
    if rule.tier in (Tier.CODE, Tier.CLASS) and (rule.when.text or rule.when.all):
        problems.append(f"tier {rule.tier.name.lower()} is for rules without phrases")
    return [_problem(rule, problem) for problem in problems]


def _problem(rule: Rule, message: str) -> RuleError:
    """What is wrong with `rule`, with the place of its id in its file (0, 0 for one that a code makes)."""
    lines = Path(rule.path).read_text(encoding="utf-8").splitlines()
    places = ((at, line.find(rule.id) + 1) for at, line in enumerate(lines, 1) if line.strip() == f"- id: {rule.id}")
    line, column = next(places, (0, 0))
    return RuleError(f"rule {rule.id}: {message}", rule.path, line, column)


def _winners(base: RuleBase, rule: Rule, text: str) -> list[str]:
    """The rule that an error text goes to; a settings file may go to several."""
    app = rule.when.app[0] if rule.when.app else None
    failures = _failures_of_settings(text) if rule.tier is Tier.SETTING else [read_failure(text, app=app)]
    winners = [base.winner(base.recognise(failure))[0] for failure in failures]
    return [winner.id if winner else "no rule" for winner in winners] or ["no rule"]


# The settings are imported only here: checking rules needs them, and most runs of the rule base do not.
def _setting_names() -> frozenset[str]:
    from maillogdiag.settings.contradictions import NAMES

    return NAMES


def _failures_of_settings(text: str) -> list[Failure]:
    from maillogdiag.settings.contradictions import contradictions_of
    from maillogdiag.settings.reading import read_text

    try:
        found = [one for settings in read_text(text) for one in contradictions_of(settings)]
    except SourceError:
        return []
    return [Failure("", "", app=one.app, setting=one.name) for one in found]
