"""Which grammars there are: the built-in ones, and those that other packages bring as plug-ins.

The order matters: an application's own grammar is asked before its framework's, and the generic one last.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import entry_points

from maillogdiag.errors import UsageError
from maillogdiag.grammars.interface import Grammar

ENTRY_POINT_GROUP = "maillogdiag.grammars"

_BUILT_IN = (
    "zulip",
    "mattermost",
    "rails",
    "nextcloud",
    "ns8",
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
_FOR_ALL = ("services", "generic")
# `--app` takes the application's name; a framework's grammar reads what its application logs.
_READ_BY = {"mastodon": ("rails",), "zulip": ("zulip", "django")}


def load_grammars(app: str | None = None) -> tuple[Grammar, ...]:
    """Return the grammars in the order in which they are to be asked, plug-ins first.

    Args:
        app: only those that read this application's logs, and those for all.

    Raises:
        UsageError: there is no such application.
    """
    plug_ins = [entry.load() for entry in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda one: one.name)]
    grammars = (*plug_ins, *_built_in())
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


def _built_in() -> list[Grammar]:
    return [import_module(name).GRAMMAR for name in MODULES]
