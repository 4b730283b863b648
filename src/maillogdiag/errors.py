"""Errors a user can meet. Each says what is wrong and what to do next.

MaillogdiagError
├── UsageError      wrong option or value
├── SourceError     an input that cannot be read (the others are still diagnosed)
├── GrammarError    a plug-in that is broken
├── RuleError       a rule file that is broken, as file:line:column
└── ReportError     a report that cannot be written or read
"""

from __future__ import annotations

from dataclasses import dataclass


class MaillogdiagError(Exception):
    """Root of every error that is the user's to mend; anything else is a bug of ours."""


class UsageError(MaillogdiagError):
    """An option or value that cannot be used."""


class SourceError(MaillogdiagError):
    """An input that cannot be read, named with the reason."""


class GrammarError(MaillogdiagError):
    """A grammar of another package that cannot be used."""


class ReportError(MaillogdiagError):
    """A report that cannot be written or read back."""


@dataclass
class RuleError(MaillogdiagError):
    """A broken rule file.

    Args:
        message: what is wrong, and what was expected.
        path: the rule file.
        line: 1-based, 0 where the whole file is meant.
        column: 1-based, 0 where the whole file is meant.
    """

    message: str
    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        return f"{place}: {self.message}"
