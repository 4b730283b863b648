"""One error text explained, for `maillogdiag explain`."""

from __future__ import annotations

import json

from maillogdiag.failures import Failure
from maillogdiag.rulebase.rules import Diagnosis, Fix


def explanation_as_json(text: str, failure: Failure, diagnosis: Diagnosis) -> str:
    """Return one line of JSON: text, cause, rule, smtp_code, enhanced, title, fix."""
    return json.dumps(
        {
            "text": text,
            "cause": diagnosis.cause,
            "rule": diagnosis.rule,
            "smtp_code": failure.code,
            "enhanced": failure.enhanced,
            "title": diagnosis.title,
            "fix": [{"app": fix.app, "steps": list(fix.steps)} for fix in diagnosis.fixes],
        },
        ensure_ascii=False,
    )


def explanation_as_text(text: str, failure: Failure, diagnosis: Diagnosis) -> str:
    """Return the explanation for people: title, meaning, and the fix for each application."""
    parts = [f"{diagnosis.title}  [{diagnosis.cause}]", "", diagnosis.explanation]
    for fix in diagnosis.fixes:
        parts += [
            "",
            f"{_heading(fix)}:",
            *(f"  {number}. {step}" for number, step in enumerate(fix.steps, 1)),
        ]
        parts += [f"     {one.file}: {one.key} = {one.value}" for one in fix.settings]
        parts += [f"     then: {command}" for command in fix.restart]
        parts += [f"     check: {fix.verify}"] if fix.verify else []
    return "\n".join(parts) + "\n"


def _heading(fix: Fix) -> str:
    return "What to do" if fix.app == "any" else fix.app.capitalize()
