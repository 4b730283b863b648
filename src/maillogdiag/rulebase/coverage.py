"""`maillogdiag rules coverage`: what the rule base knows, as the tables of docs/coverage.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from maillogdiag.causes import Cause
from maillogdiag.failures import read_failure
from maillogdiag.rulebase.base import RuleBase
from maillogdiag.rulebase.rules import Rule

_APPLICATIONS = ("mastodon", "zulip", "mattermost", "nextcloud", "postfix", "rails", "django")

_HEAD = """\
# What the rules cover

Written by `maillogdiag rules coverage > docs/coverage.md`; a test compares the two.

## Causes and applications

How many rules name the cause, and whether their advice is in the application's own settings and commands:
● that of all of them, ◐ of some, ○ of none (advice in general words).
"""

_PROVIDERS = """\
## Mail providers

The rules that know a provider's wording: those that ask for the provider, and those one of whose samples is its.
All other rules hold for every provider. Where a provider takes mail from its customers is said in the fixes of
failures there.
"""

_RULES = """\
## Rules

In the order in which they win; see [rule-order.md](rule-order.md). `maillogdiag rules show ID` shows one.
"""


def coverage(base: RuleBase) -> str:
    """Return the coverage of the rule base as Markdown: causes by applications, providers by causes, all rules."""
    by_cause: dict[Cause, list[Rule]] = {cause: [rule for rule in base.rules if rule.cause is cause] for cause in Cause}
    applications = [_row("cause", "rules", *_APPLICATIONS), _row("--", *["--:"], *[":-:"] * len(_APPLICATIONS))]
    applications += [
        _row(cause, str(len(rules)), *(_extent(rules, app) for app in _APPLICATIONS))
        for cause, rules in by_cause.items()
    ]
    providers = [_row("provider", "rules", "takes mail at"), _row("--", "--", "--")]
    providers += [
        _row(name, "<br>".join(f"`{rule}`" for rule in ids), base.place_to_send(name))
        for name, ids in _known_of_providers(base)
    ]
    rules = [
        f"- **{cause}**: " + ", ".join(f"`{_short(rule)}`" for rule in sorted(rules, key=_order))
        for cause, rules in by_cause.items()
    ]
    parts = (_HEAD, *applications, "", _PROVIDERS, *providers, "", _RULES, *rules)
    return "\n".join(parts) + "\n"


def _extent(rules: Sequence[Rule], app: str) -> str:
    own = sum(any(fix.app == app for fix in rule.fixes) for rule in rules)
    return "●" if own and own == len(rules) else "◐" if own else "○"


def _known_of_providers(base: RuleBase) -> list[tuple[str, list[str]]]:
    """Provider ids, each with the ids of the rules that know its wordings."""
    known: dict[str, set[str]] = defaultdict(set)
    for rule in base.rules:
        for provider in rule.when.provider:
            known[provider].add(rule.id)
        for sample in rule.samples.match:
            if provider_of_sample := base.recognise(read_failure(sample)).provider:
                known[provider_of_sample].add(rule.id)
    return [(provider, sorted(ids)) for provider, ids in sorted(known.items())]


def _order(rule: Rule) -> tuple[int, str]:
    return -rule.tier, rule.id


def _short(rule: Rule) -> str:
    return rule.id.partition(".")[2]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
