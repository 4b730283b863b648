"""What settings files add to a report: what a log leaves out, what is wrong in them, and what they say now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from maillogdiag.causes import Cause
from maillogdiag.diagnosis import Diagnose, in_order
from maillogdiag.expressions import expression
from maillogdiag.failures import Failure
from maillogdiag.reports.model import Coverage, Evidence, Finding
from maillogdiag.reports.wording import app_names
from maillogdiag.rulebase.rules import Diagnosis, Fix, Setting
from maillogdiag.settings.contradictions import Contradiction, contradictions_of
from maillogdiag.settings.model import Configuration, Entry, Field

_SETTING = expression(r"\b(?=SMTP_[A-Z])")
_NO_SETTINGS = (
    "No application's settings were found in the usual places; name the file that holds them with --config PATH."
)


@dataclass(frozen=True, slots=True)
class Advice:
    """What the settings files of one run add to its report."""

    configuration: Configuration

    @property
    def has_unreadable_file(self) -> bool:
        """Whether a settings file could not be read."""
        return any(file.problem for file in self.configuration.files)

    @property
    def limits(self) -> tuple[str, ...]:
        """What could not be seen, a sentence each."""
        return (_NO_SETTINGS,) if self.configuration.is_missing else ()

    @property
    def coverage(self) -> tuple[Coverage, ...]:
        """Which settings files were read."""
        return tuple(
            Coverage(
                source=file.name,
                format=f"settings of {app_names(file.apps)}" if file.apps else "settings",
                lines=file.lines,
                records=file.entries,
                mail_records=file.entries,
                not_understood=0,
                problems=(file.problem,) if file.problem else (),
            )
            for file in self.configuration.files
        )

    def completed(self, failure: Failure) -> Failure:
        """Return `failure` with the server and port of its application's settings, where its text names none."""
        settings = self.configuration.of(failure.app)
        if settings is None:
            return failure
        port = settings.value(Field.PORT)
        # Rules take port 465 for a sign that encryption was missing; where the settings encrypt, it is none.
        says_nothing = not port.isdecimal() or (port == "465" and settings.behaviour.tls is not False)
        return failure._replace(
            host=failure.host or settings.value(Field.SERVER) or None,
            port=failure.port or (None if says_nothing else int(port[:5])),
        )

    def advised(self, findings: Iterable[Finding], diagnose: Diagnose) -> tuple[Finding, ...]:
        """Return `findings` with those of the settings, and with what the settings say now beside each fix."""
        known = list(findings)
        wrong: dict[str, _Wrong] = {}
        for one in (one for settings in self.configuration.settings for one in contradictions_of(settings)):
            diagnosis = diagnose(Failure("", "", app=one.app, setting=one.name))
            at = next((at for at, finding in enumerate(known) if _is_explained(finding, one, diagnosis)), None)
            if at is None:
                wrong.setdefault(diagnosis.rule, _Wrong(diagnosis)).add(one, _prefixed(diagnosis.fixes, one.prefix))
            else:
                evidence = dict.fromkeys((*known[at].evidence, *map(_evidence, one.entries)))
                known[at] = replace(known[at], evidence=tuple(evidence))
        known += [one.finding() for one in wrong.values()]
        return in_order(replace(one, fixes=tuple(map(self._with_present, one.fixes))) for one in known)

    def _with_present(self, fix: Fix) -> Fix:
        def present(setting: Setting) -> str | None:
            entry = self.configuration.find(fix.app, setting.key)
            return entry.shown if entry else None

        return replace(fix, settings=tuple(replace(one, present=present(one)) for one in fix.settings))


@dataclass(slots=True)
class _Wrong:
    """The contradictions that one rule explains."""

    diagnosis: Diagnosis
    apps: set[str] = field(default_factory=set)
    evidence: dict[Evidence, None] = field(default_factory=dict)
    fixes: dict[Fix, None] = field(default_factory=dict)

    def add(self, one: Contradiction, fixes: Iterable[Fix]) -> None:
        self.apps.add(one.app)
        self.evidence.update(dict.fromkeys(map(_evidence, one.entries)))
        self.fixes.update(dict.fromkeys(fixes))

    def finding(self) -> Finding:
        return Finding(
            cause=self.diagnosis.cause,
            rule=self.diagnosis.rule,
            title=self.diagnosis.title,
            severity=self.diagnosis.severity,
            confidence=self.diagnosis.confidence,
            count=0,
            messages=0,
            first_seen=None,
            last_seen=None,
            apps=tuple(sorted(self.apps)),
            code=None,
            enhanced=None,
            explanation=self.diagnosis.explanation,
            fixes=tuple(self.fixes),
            evidence=tuple(self.evidence),
        )


def _is_explained(finding: Finding, one: Contradiction, diagnosis: Diagnosis) -> bool:
    """Whether what failed in the log is what this contradiction leads to: one finding says it then.

    "Misconfigured" is too wide for that: two findings of it may well be about different settings.
    """
    is_same = finding.cause is diagnosis.cause is not Cause.APP_MISCONFIGURED
    return is_same and one.app in finding.apps and not one.prefix


def _prefixed(fixes: Iterable[Fix], prefix: str) -> Iterator[Fix]:
    """The fixes with the names of an application's second set of settings: BULK_SMTP_PORT instead of SMTP_PORT."""
    for fix in fixes:
        if prefix and fix.app != "any":
            settings = tuple(replace(one, key=_SETTING.sub(prefix, one.key)) for one in fix.settings)
            fix = replace(fix, steps=tuple(_SETTING.sub(prefix, step) for step in fix.steps), settings=settings)
        yield fix


def _evidence(entry: Entry) -> Evidence:
    """The setting as it stands there, composed anew: the line itself may hold more than it, even a password."""
    return Evidence(entry.file, entry.line, None, entry.text, ((0, len(entry.text)),))
