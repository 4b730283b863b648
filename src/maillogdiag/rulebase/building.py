"""From a rule file's validated data to rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from maillogdiag.causes import Cause
from maillogdiag.failures import Phase
from maillogdiag.rulebase.rules import Condition, Confidence, Fix, Rule, Samples, Setting, Severity, Tier

_TIERS = {tier.name.lower(): tier for tier in Tier}


@dataclass(slots=True)
class Knowledge:
    """Everything that the rule files say."""

    rules: list[Rule] = field(default_factory=list)
    meanings: dict[str, str] = field(default_factory=dict)
    providers: dict[str, dict[str, Any]] = field(default_factory=dict)


def build(documents: Iterable[tuple[str, dict[str, Any]]]) -> Knowledge:
    """Return the rules of all documents; a cause explained in one file may be used in another."""
    known = list(documents)
    causes: dict[str, dict[str, Any]] = {}
    applications: dict[str, dict[str, Any]] = {}
    knowledge = Knowledge()
    for _, data in known:
        causes.update(data.get("causes") or {})
        applications.update(data.get("applications") or {})
        knowledge.providers.update(data.get("providers") or {})
    for path, data in known:
        for rule in data.get("rules") or ():
            knowledge.rules.append(_rule(rule, causes.get(rule["cause"], {}), applications, path))
        for code, entry in (data.get("codes") or {}).items():
            knowledge.meanings[code] = entry["meaning"]
            if "cause" in entry:
                knowledge.rules.append(_code_rule(code, entry, causes.get(entry["cause"], {}), applications, path))
    return knowledge


def _rule(data: dict[str, Any], cause: dict[str, Any], applications: dict[str, dict[str, Any]], path: str) -> Rule:
    when, samples = data["when"], data.get("samples") or {}
    return Rule(
        id=data["id"],
        cause=Cause(data["cause"]),
        tier=_TIERS[data["tier"]],
        when=Condition(
            **{name: tuple(str(one) for one in when.get(name, ())) for name in _WORDS},
            phase=tuple(Phase(one) for one in when.get("phase", ())),
            port=tuple(when.get("port", ())),
        ),
        title=data.get("title") or cause.get("title") or data["cause"],
        explanation=(data.get("explanation") or cause.get("explanation") or "").strip(),
        severity=Severity(data.get("severity") or cause.get("severity") or "medium"),
        confidence=Confidence(data.get("confidence", "medium")),
        fixes=_fixes({**(cause.get("fixes") or {}), **(data.get("fixes") or {})}, data.get("fixes"), applications),
        samples=Samples(tuple(samples.get("match", ())), tuple(samples.get("no_match", ()))),
        source=data.get("source", ""),
        path=path,
    )


_WORDS = ("text", "all", "none", "code", "enhanced", "exception", "app", "provider")


def _code_rule(
    code: str,
    entry: dict[str, Any],
    cause: dict[str, Any],
    applications: dict[str, dict[str, Any]],
    path: str,
) -> Rule:
    """The rule that a registered code makes: a status code with one meaning, or a code's class where it is vague."""
    is_enhanced = "." in code
    is_precise = is_enhanced and not entry.get("vague", False)
    made = {
        "id": f"{entry['cause']}.code-{code.replace('.', '-')}",
        "cause": entry["cause"],
        "tier": "code" if is_precise else "class",
        "confidence": "medium" if is_precise else "low",
        "when": {"enhanced" if is_enhanced else "code": [code]},
        "source": entry.get("source", ""),
    }
    return _rule(made, cause, applications, path)


def _fixes(
    fixes: dict[str, Any], own: dict[str, Any] | None, applications: dict[str, dict[str, Any]]
) -> tuple[Fix, ...]:
    """A rule's fix for all applications ("any") replaces the cause's fixes for single ones."""
    if own and "any" in own:
        fixes = own
    return tuple(_fix(app, data, applications.get(app, {})) for app, data in fixes.items())


def _fix(app: str, data: dict[str, Any], application: dict[str, Any]) -> Fix:
    settings = data.get("settings", ())
    return Fix(
        app=app,
        steps=tuple(data["steps"]),
        settings=tuple(Setting(str(one["file"]), str(one["key"]), str(one["value"])) for one in settings),
        restart=tuple(data.get("restart", application.get("restart", ())) if settings else data.get("restart", ())),
        verify=data.get("verify") or application.get("verify", ""),
        undo=data.get("undo", ""),
    )
