"""The rule base: all rules together, and the diagnosis of one failure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from maillogdiag.causes import Cause
from maillogdiag.failures import Failure
from maillogdiag.rulebase.building import Knowledge, build
from maillogdiag.rulebase.loading import built_in_folder, load_documents, rule_files, user_folder
from maillogdiag.rulebase.matching import rank_of
from maillogdiag.rulebase.phrases import PhraseIndex, occurs
from maillogdiag.rulebase.rules import Confidence, Diagnosis, Fix, Rule, Severity

_MOST_REMEMBERED = 1024

_OF_A_LOGIN = frozenset({Cause.AUTH_FAILED, Cause.AUTH_APP_PASSWORD_REQUIRED, Cause.AUTH_REQUIRED})
_OF_A_CONNECTION = frozenset(
    {
        Cause.AUTH_MECHANISM_UNSUPPORTED,
        Cause.TLS_WRONG_MODE,
        Cause.STARTTLS_REQUIRED,
        Cause.STARTTLS_UNSUPPORTED,
        Cause.CONNECTION_REFUSED,
        Cause.CONNECTION_TIMEOUT,
        Cause.CONNECTION_DROPPED,
        Cause.WRONG_SERVICE,
        Cause.RELAY_DENIED,
        Cause.CLIENT_REJECTED,
    }
)


class RuleBase:
    """All rules that are in force.

    Attributes:
        rules: in the order of their files.
        digest: names the state of the rule files; equal digests give equal diagnoses.
    """

    def __init__(self, knowledge: Knowledge, digest: str) -> None:
        self.rules: tuple[Rule, ...] = tuple(knowledge.rules)
        self.digest = digest
        self._meanings = knowledge.meanings
        self._providers = knowledge.providers
        self._remembered: dict[tuple[object, ...], Diagnosis] = {}
        self._phrases = PhraseIndex({phrase for rule in self.rules for phrase in rule.when.phrases})
        self._by_phrase: dict[str, list[Rule]] = {}
        for rule in self.rules:
            for phrase in rule.when.text or rule.when.all[:1]:
                self._by_phrase.setdefault(phrase, []).append(rule)
        wordless = (rule for rule in self.rules if not rule.when.text and not rule.when.all)
        self._wordless = sorted(wordless, key=lambda rule: -rule.tier)

    def diagnose(self, failure: Failure) -> Diagnosis:
        """Return what the most specific rule says of `failure`; the cause "unknown" where none applies."""
        # All but the text as it was logged, which no rule looks at.
        key = (failure.normal, failure.code, failure.enhanced, failure.phase, failure.exception, failure.host,
               failure.port, failure.provider, failure.app, failure.setting)  # fmt: skip
        known = self._remembered.get(key)
        if known is None:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            known = self._remembered[key] = self._diagnose(self.recognise(failure))
        return known

    def recognise(self, failure: Failure) -> Failure:
        """Return `failure` with its mail provider, told by the host it names or by words only it uses."""
        if failure.provider:
            return failure
        host = (failure.host or "").lower()
        for name, signs in self._providers.items():
            if any(host == end or host.endswith("." + end) for end in signs.get("hosts", ())):
                return failure._replace(provider=name)
        for name, signs in self._providers.items():
            if any(occurs(words, failure.normal) for words in signs.get("text", ())):
                return failure._replace(provider=name)
        return failure

    def winner(self, failure: Failure) -> tuple[Rule | None, int]:
        """Return the rule that wins for `failure` and its rank; ties go to the rule's id."""
        found = self._phrases.find(failure.normal)
        best: tuple[int, str, Rule | None] = (0, "", None)
        likely = (rule for phrase in found for rule in self._by_phrase.get(phrase, ()))
        for rule in chain(likely, self._wordless):
            if best[2] and rule.tier < best[2].tier:
                continue
            rank = rank_of(rule, failure, found)
            if rank is not None and (rank, rule.id) > best[:2]:
                best = (rank, rule.id, rule)
        return best[2], best[0]

    def _diagnose(self, failure: Failure) -> Diagnosis:
        rule, rank = self.winner(failure)
        if rule is None:
            return self._unknown(failure)
        fixes = _fixes_for(rule.fixes, failure.app)
        if sentence := self._where_mail_is_taken(failure, rule.cause):
            fixes = tuple(replace(fix, steps=(sentence, *fix.steps)) for fix in fixes)
        return Diagnosis(
            cause=rule.cause,
            rule=rule.id,
            title=rule.title,
            explanation=rule.explanation,
            severity=rule.severity,
            confidence=rule.confidence,
            fixes=fixes,
            rank=rank,
        )

    def place_to_send(self, provider: str) -> str:
        """Servers, ports and form of login for customers of `provider`; "" where they are not known."""
        return str(self._providers.get(provider, {}).get("takes", "")).strip()

    def _where_mail_is_taken(self, failure: Failure, cause: Cause) -> str:
        """The provider's servers, ports and form of login, where it was its own customer who failed there.

        A provider's servers for incoming mail (MX) are others: what they refuse has nothing to do with these.
        """
        known = self._providers.get(failure.provider or "", {})
        by_customer = any(occurs(server, (failure.host or "").lower()) for server in known.get("servers", ()))
        place = self.place_to_send(failure.provider or "")
        if not place or not (cause in _OF_A_LOGIN or (by_customer and cause in _OF_A_CONNECTION)):
            return ""
        return f"{known['name']} takes mail from its customers at {place}."

    def _unknown(self, failure: Failure) -> Diagnosis:
        """No rule knows it: say as much as the standards do."""
        said = [meaning for code in _code_keys(failure) if (meaning := self._meanings.get(code))]
        explanation = "A mail failed, and no rule knows this text; it is shown as it was logged."
        if said:
            explanation += f" The registered meaning of its code: {said[0]}."
        if failure.code:
            temporary = 400 <= failure.code < 500
            explanation += " The server calls it temporary." if temporary else " The server calls it permanent."
        return Diagnosis(
            cause=Cause.UNKNOWN,
            rule="unknown",
            title="A mail failed for a reason that is not recognised",
            explanation=explanation,
            severity=Severity.MEDIUM,
            confidence=Confidence.LOW,
            fixes=(Fix("any", ("Read the text below, and search your mail provider's help for it.",)),),
        )


def load_rules(extra: Sequence[Path] = ()) -> RuleBase:
    """Return the built-in rules with those of the user's config folder and of `extra` folders.

    Raises:
        UsageError: an extra folder does not exist.
        RuleError: a rule file is broken.
    """
    own = user_folder()
    folders = [built_in_folder(), *([own] if own.is_dir() else []), *extra]
    documents, digest = load_documents(rule_files(folders))
    return RuleBase(build(documents), digest)


def _fixes_for(fixes: tuple[Fix, ...], app: str | None) -> tuple[Fix, ...]:
    """The application's own fix, else the general one; all of them where the application is not known."""
    own = tuple(fix for fix in fixes if fix.app == app)
    general = tuple(fix for fix in fixes if fix.app == "any")
    return own or (general if app not in (None, "any") and general else fixes)


def _code_keys(failure: Failure) -> list[str]:
    """Keys of the registry, the most telling first; an unknown detail falls back to X.subject.0 (RFC 3463)."""
    keys = []
    if failure.enhanced:
        _, subject, detail = failure.enhanced.split(".")
        keys += [f"x.{subject}.{detail}", f"x.{subject}.0"]
    return [*keys, *([str(failure.code)] if failure.code else [])]
