"""Which grammars there are: the built-in ones, and those that other packages bring as plug-ins.

The order matters: an application's own grammar is asked before its framework's, and the generic one last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from maillogdiag.errors import GrammarError, UsageError
from maillogdiag.grammars.interface import Grammar

ENTRY_POINT_GROUP = "maillogdiag.grammars"

_BUILT_IN = (
    "zulip",
    "mattermost",
    "rails",
    "nextcloud",
    "ns8",
    "returned_mail",
    "postfix",
    "exim",
    "sendmail",
    "django",
    "services",
    "generic",
)
MODULES = tuple(f"maillogdiag.grammars.{name}" for name in _BUILT_IN)
"""Where the built-in ones are; importing these is most of what loading them takes."""
# Read whichever application it is.
_FOR_ALL = ("returned-mail", "services", "generic")
# `--app` takes the application's name; a framework's grammar reads what its application logs.
_READ_BY = {"mastodon": ("rails",), "zulip": ("zulip", "django")}


def load_grammars(app: str | None = None) -> tuple[Grammar, ...]:
    """Return the grammars in the order in which they are to be asked, plug-ins first.

    Args:
        app: only those that read this application's logs, and those for all.

    Raises:
        UsageError: there is no such application.
        GrammarError: a plug-in is broken.
    """
    plug_ins = sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda entry: entry.name)
    grammars = (*map(_loaded, plug_ins), *_built_in())
    if app is None:
        return grammars
    wanted = {*_READ_BY.get(app, (app,)), *_FOR_ALL}
    chosen = tuple(grammar for grammar in grammars if grammar.name in wanted)
    if len(chosen) < len(wanted):
        raise UsageError(f"no application is called {app!r}; known are {', '.join(app_names(grammars))}")
    return chosen


def app_names(grammars: Iterable[Grammar]) -> list[str]:
    """Return the names that `--app` takes."""
    return sorted({grammar.name for grammar in grammars} - set(_FOR_ALL) | set(_READ_BY))


def _loaded(entry: EntryPoint) -> Grammar:
    try:
        grammar: Any = entry.load()
        if fault := _fault_of(grammar):
            raise TypeError(fault)
    except Exception as error:  # noqa: BLE001 - a package's modules may raise anything
        package = entry.dist.name if entry.dist else entry.module
        reason = f"{type(error).__name__}: {error}"
        raise GrammarError(
            f"the plug-in {entry.name!r} of {package} cannot be used: {reason}; update it, or remove it: "
            f"pip uninstall {package}"
        ) from None
    return grammar  # type: ignore[no-any-return]


def _fault_of(grammar: Any) -> str | None:
    """What `Grammar` asks for and is not there."""
    if not isinstance(grammar.name, str) or not callable(grammar.read):
        return "its name must be a text, and `read` a function"
    if not all(isinstance(word, str) and word and "\n" not in word for word in _words_of(grammar)):
        return "anchors and dull ones must be texts, not empty and without line breaks"
    for line in getattr(grammar, "routines", ()):
        if re.compile(rb"(?:%b)" % line).groupindex:
            return f"the groups of a routine must have no names: {line!r}"
    return None


def _words_of(grammar: Any) -> Iterable[Any]:
    return (*grammar.anchors, *getattr(grammar, "dull", ()))


def _built_in() -> list[Grammar]:
    return [import_module(name).GRAMMAR for name in MODULES]
