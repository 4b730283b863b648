"""From a rule file's validated data to rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
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
    builder = _Builder()
    knowledge = Knowledge()
    for _, data in known:
        builder.causes.update(data.get("causes") or {})
        builder.applications.update(data.get("applications") or {})
        knowledge.providers.update(data.get("providers") or {})
    for path, data in known:
        knowledge.rules += [builder.rule(rule, path) for rule in data.get("rules") or ()]
        for code, entry in (data.get("codes") or {}).items():
            knowledge.meanings[code] = entry["meaning"]
            if "cause" in entry:
                knowledge.rules.append(builder.rule(_rule_of_code(code, entry), path))
    return knowledge


@dataclass(slots=True)
class _Builder:
    """Makes rules, with what their causes and applications give to all of them."""

    causes: dict[str, dict[str, Any]] = field(default_factory=dict)
    applications: dict[str, dict[str, Any]] = field(default_factory=dict)
    _fixes_of_cause: dict[str, tuple[Fix, ...]] = field(default_factory=dict)

    def rule(self, data: dict[str, Any], path: str) -> Rule:
        """Return a rule; what it does not say is as its cause says."""
        cause = self.causes.get(data["cause"], {})
        when, samples = data["when"], data.get("samples") or {}
        return Rule(
            id=data["id"],
            cause=Cause(data["cause"]),
            tier=_TIERS[data["tier"]],
            when=Condition(
                **{name: tuple(map(str, when[name])) for name in _WORDS if name in when},
                phase=tuple(Phase(one) for one in when.get("phase", ())),
                port=tuple(when.get("port", ())),
            ),
            title=data.get("title") or cause.get("title") or data["cause"],
            explanation=(data.get("explanation") or cause.get("explanation") or "").strip(),
            severity=Severity(data.get("severity") or cause.get("severity") or "medium"),
            confidence=Confidence(data.get("confidence", "medium")),
            fixing=partial(self._fixes, data["cause"], data.get("fixes")),
            samples=Samples(tuple(samples.get("match", ())), tuple(samples.get("no_match", ()))),
            source=data.get("source", ""),
            path=path,
        )

    def _fixes(self, cause: str, own: dict[str, Any] | None) -> tuple[Fix, ...]:
        """A rule's fix for all applications ("any", "each") replaces the cause's fixes for single ones."""
        common = self.causes.get(cause, {}).get("fixes") or {}
        if own:
            return self._built(own if "any" in own or "each" in own else {**self._expanded(common), **own})
        if cause not in self._fixes_of_cause:
            self._fixes_of_cause[cause] = self._built(common)
        return self._fixes_of_cause[cause]

    def _built(self, fixes: dict[str, Any]) -> tuple[Fix, ...]:
        expanded = self._expanded(fixes)
        if "any" in expanded:
            others = [app for app in self.applications if self._is_elsewhere(app) and app not in expanded]
            expanded = {**expanded, **dict.fromkeys(others, expanded["any"])}
        return tuple(self._fix(app, data) for app, data in expanded.items())

    def _is_elsewhere(self, app: str) -> bool:
        """Whether all that is known of an application's settings is where they are."""
        application = self.applications.get(app, {})
        return "where" in application and "ways" not in application

    def _expanded(self, fixes: dict[str, Any]) -> dict[str, Any]:
        """`fixes` with one for every application in place of `each`; those of single applications win."""
        if "each" not in fixes:
            return fixes
        return {**self._fix_of_each(fixes["each"]), **{app: data for app, data in fixes.items() if app != "each"}}

    def _fix_of_each(self, data: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """The fix of every application from values alone: `applications` knows what it calls each of them."""
        wanted = data.get("set", {})
        values = {**_UNSAID, **wanted}
        kept: dict[str, Any] = {name: data[name] for name in ("verify", "undo") if name in data}
        fixes: dict[str, dict[str, Any]] = {}
        for app, application in self.applications.items():
            ways = [application["ways"][name] for name in wanted if name in application.get("ways", {})]
            steps = [step for way in ways for step in way.get("steps", ())]
            settings = [setting for way in ways for setting in way.get("settings", ())]
            if names := _listed([way["name"] for way in ways if "name" in way]):
                steps.append(_filled(application.get("note", "{names}"), {"names": names}))
            if "ways" in application:
                fixes[app] = {
                    **kept,
                    "steps": [*data["steps"], *(_filled(step, values) for step in steps)],
                    "settings": [{**one, "value": _filled(str(one["value"]), values)} for one in settings],
                }
        return fixes

    def _fix(self, app: str, data: dict[str, Any]) -> Fix:
        application = self.applications.get(app, {})
        settings = data.get("settings", ())
        restart = data.get("restart", application.get("restart", ()) if settings else ())
        has_where = "where" in application and (settings or self._is_elsewhere(app))
        where = (application["where"],) if has_where else ()
        return Fix(
            app=app,
            steps=(*data["steps"], *where),
            settings=tuple(Setting(str(one["file"]), str(one["key"]), str(one["value"])) for one in settings),
            restart=tuple(restart),
            verify=data.get("verify") or application.get("verify", ""),
            undo=data.get("undo", ""),
        )


_UNSAID = {"server": "<the mail server>", "port": "587", "user": "<user name>", "password": "<password>"}
"""What stands in a fix for a value that the rule says nothing of."""


def _filled(text: str, values: Mapping[str, Any]) -> str:
    """`text` with the values in place of their names in braces; a rule file's text is never a format string."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def _listed(names: list[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


_WORDS = ("text", "all", "none", "code", "enhanced", "exception", "app", "provider", "setting")


def _rule_of_code(code: str, entry: dict[str, Any]) -> dict[str, Any]:
    """The rule that a registered code makes: a status code with one meaning, or a code's class where it is vague."""
    is_enhanced = "." in code
    is_precise = is_enhanced and not entry.get("vague", False)
    return {
        "id": f"{entry['cause']}.code-{code.replace('.', '-')}",
        "cause": entry["cause"],
        "tier": "code" if is_precise else "class",
        "confidence": "medium" if is_precise else "low",
        "when": {"enhanced" if is_enhanced else "code": [code]},
        "samples": {"match": [f"550 {code.replace('x', '5')} no" if is_enhanced else f"{code} no"]},
        "source": entry.get("source", ""),
    }
