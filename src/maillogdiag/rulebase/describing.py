"""`maillogdiag rules show`: one rule in words."""

from __future__ import annotations

from maillogdiag.rulebase.base import RuleBase
from maillogdiag.rulebase.rules import Rule


def describe_rule(base: RuleBase, rule: Rule) -> str:
    """Return what `rule` is about: when it applies, what it means, what to do, and its samples."""
    when = rule.when
    parts = [f"{rule.id}", f"  {rule.title}", f"  cause {rule.cause}, severity {rule.severity}", "", rule.explanation]
    parts += ["", f"Applies (tier {rule.tier.name.lower()}, confidence {rule.confidence}) where"]
    for name in ("provider", "app", "phase", "code", "enhanced", "exception", "port", "setting", "text", "all", "none"):
        values = getattr(when, name)
        if values:
            parts.append(f"  {name}: {' | '.join(map(str, values))}")
    for fix in rule.fixes:
        parts += ["", f"Fix for {fix.app}:", *(f"  {number}. {step}" for number, step in enumerate(fix.steps, 1))]
        parts += [f"     {one.file}: {one.key} = {one.value}" for one in fix.settings]
    if rule.samples.match:
        parts += ["", "Samples:", *(f"  {text}".replace("\n", "\n  ") for text in rule.samples.match)]
    parts += [f"Source: {rule.source}"] if rule.source else []
    return "\n".join([*parts, f"Rule file: {rule.path}"])
