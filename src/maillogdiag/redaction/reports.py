"""The one choke point between a report and its renderers.

What comes from logs is searched for personal values; what comes from rules is not, since its `smtp.example.org` is
advice: there only values are replaced that the logs gave away.
"""

from __future__ import annotations

from dataclasses import replace

from maillogdiag.redaction.known import replace_known
from maillogdiag.redaction.legend import legend_of
from maillogdiag.redaction.mapping import RedactionMap
from maillogdiag.redaction.marked_text import MarkedText
from maillogdiag.redaction.scrubbing import scrub
from maillogdiag.redaction.secrets import SECRETS
from maillogdiag.redaction.sources import scrub_source
from maillogdiag.redaction.walking import change_texts, log_texts
from maillogdiag.reports.model import Report


def redact(report: Report) -> tuple[Report, RedactionMap]:
    """Return `report` with personal values and secrets replaced, and the private map that undoes it.

    The same report gives the same result, and a report that was redacted before is returned as it is.
    """
    mapping = RedactionMap()
    for text in log_texts(report):
        mapping.reserve(text)

    def log(text: MarkedText) -> None:
        scrub(text, mapping)

    found = change_texts(report, log=log, source=lambda name: scrub_source(name, mapping), rule=_leave)

    def known(text: MarkedText) -> None:
        replace_known(text, mapping)

    # Once more, since a later text may give away what stands alone in an earlier one.
    done = change_texts(found, log=known, source=known, rule=known)
    return replace(done, redacted=True, legend=legend_of(log_texts(report), mapping) or report.legend), mapping


def remove_secrets(report: Report) -> Report:
    """Return `report` without passwords, login payloads and tokens, and all else as it is: for --no-redact."""
    mapping = RedactionMap()

    def secrets(text: MarkedText) -> None:
        scrub(text, mapping, SECRETS)

    return change_texts(report, log=secrets, source=secrets, rule=_leave)


def _leave(text: MarkedText) -> None:
    """Change nothing."""
