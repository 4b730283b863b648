"""maillogdiag: why a self-hosted server's email isn't arriving, and what exactly to change.

>>> from maillogdiag import explain, scan
>>> explain("535 5.7.8 Error: authentication failed").cause
<Cause.AUTH_FAILED: 'auth-failed'>
>>> scan(["/var/log/mastodon/sidekiq.log"]).verdict  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from maillogdiag.reports.model import Report
    from maillogdiag.rulebase.rules import Diagnosis

__all__ = ["explain", "scan"]
__version__ = "0.1.0"


def scan(
    paths: Sequence[str], *, app: str | None = None, rules: Sequence[Path] = (), config: Sequence[str] = ()
) -> Report:
    """Diagnose log files, directories and archives, and return the report that the command line shows.

    Args:
        paths: as for `maillogdiag scan`.
        app: the application that wrote the logs, where the logs do not tell.
        rules: folders with rule files, added to the built-in ones.
        config: the applications' settings files, or "auto" for their usual places.

    Raises:
        RuleError: a rule file is broken.
    """
    # Imported here so that `import maillogdiag` (and `maillogdiag --help`) stays quick.
    from maillogdiag.advice import Advice
    from maillogdiag.grammars.registry import load_grammars
    from maillogdiag.pipeline import Scan
    from maillogdiag.rulebase import load_rules
    from maillogdiag.settings.reading import read_settings
    from maillogdiag.sources import open_inputs
    from maillogdiag.sources.notes import without

    settings = read_settings(config)
    run = Scan(load_grammars(app), load_rules(rules), app=app, advice=Advice(settings))
    run.run(without(open_inputs(paths), settings.read))
    return run.report()


def explain(text: str, *, app: str | None = None, rules: Sequence[Path] = ()) -> Diagnosis:
    """Diagnose one error text, such as an SMTP reply or an exception's message."""
    from maillogdiag.failures import read_failure
    from maillogdiag.rulebase import load_rules

    return load_rules(rules).diagnose(read_failure(text, app=app))
