"""The path of a mail, as text for people and as JSON; see `maillogdiag.trace`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from maillogdiag.reports.codec import encode
from maillogdiag.reports.excerpts import excerpt
from maillogdiag.reports.model import Evidence
from maillogdiag.reports.plain_text import visible, visible_line
from maillogdiag.reports.wording import INFERRED, app_name, counted, time_words

SCHEMA = "maillogdiag.trace/1"


@dataclass(frozen=True, slots=True)
class TracedStage:
    """One entry about the mail; fields as in `maillogdiag.trace.Stage`."""

    app: str
    event: str
    words: str
    certainty: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class TracedMail:
    """One mail; fields as in `maillogdiag.trace.Path`."""

    outcome: str
    stages: tuple[TracedStage, ...]
    end: str


def trace_as_json(query: str, mails: tuple[TracedMail, ...]) -> str:
    """Return the paths as JSON text that ends in a newline."""
    shown = [
        {
            "outcome": mail.outcome,
            "stages": [
                {
                    "time": encode(stage.evidence.time),
                    "source": stage.evidence.source,
                    "line": stage.evidence.line,
                    "app": stage.app,
                    "event": stage.event,
                    "words": stage.words,
                    "certainty": stage.certainty,
                    "text": excerpt(stage.evidence).text,
                }
                for stage in mail.stages
            ],
            "end": mail.end,
        }
        for mail in mails
    ]
    return json.dumps({"schema": SCHEMA, "query": query, "messages": shown}, ensure_ascii=False, indent=2) + "\n"


def trace_as_text(query: str, mails: tuple[TracedMail, ...]) -> str:
    """Return the paths for people, ending in a newline."""
    return "\n".join(_lines(query, mails)) + "\n"


def _lines(query: str, mails: tuple[TracedMail, ...]) -> Iterator[str]:
    yield f"{counted(len(mails), 'mail')} for {visible_line(query)}"
    for number, mail in enumerate(mails, 1):
        yield f"\n{number}. {_OUTCOMES[mail.outcome]}"
        for stage in mail.stages:
            evidence = excerpt(replace(stage.evidence, text=stage.evidence.text.partition("\n")[0]))
            inferred = f"  {INFERRED}" if stage.certainty == "inferred" else ""
            yield f"   {time_words(evidence.time, seconds=True)}  {app_name(stage.app)}: {stage.words}{inferred}"
            yield f"     {visible_line(evidence.source)}:{evidence.line}"
            yield f"       {visible(evidence.text)}"
        yield f"   The trail ends here: {visible_line(mail.end)}"


_OUTCOMES = {"accepted": "accepted", "failed": "failed", "unknown": "outcome not known"}
