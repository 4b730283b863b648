"""What is to be known of an application to understand its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass

from maillogdiag.settings.model import Behaviour, Entry, Field

Fields = Mapping[Field, Entry]

_TRUE = ("true", "1", "yes", "on")


@dataclass(frozen=True, slots=True)
class Application:
    """An application's names for the fields, and what it makes of them.

    Args:
        name: as in rules and reports.
        keys: names of settings, the one that its documentation uses first; upper and lower case are one.
        signs: settings of which one tells that a file is this application's.
        places: where its files usually are.
        behaviour: gets the fields, and which forms of files they are from ("env", "compose", "python", "ini", …).
        prefix: what `keys` begin with, where this is an application's second set of settings.
        is_excerpt: whether a file without any sign is this application's: gets its form, and keys in lower case.
    """

    name: str
    keys: Mapping[str, Field]
    signs: tuple[str, ...]
    places: tuple[str, ...]
    behaviour: Callable[[Fields, Set[str]], Behaviour]
    prefix: str = ""
    is_excerpt: Callable[[str, Set[str]], bool] = lambda form, keys: False

    def owns(self, form: str, keys: Set[str]) -> bool:
        """Whether a file of this form, with these keys in lower case, is the application's."""
        return not keys.isdisjoint(sign.lower() for sign in self.signs) or self.is_excerpt(form, keys)

    def fields(self) -> dict[str, Field]:
        """Return what each setting is about, by its name in lower case."""
        return {name.lower(): field for name, field in self.keys.items()}

    def names(self) -> dict[Field, str]:
        """Return what the documentation calls each field."""
        names: dict[Field, str] = {}
        for name, field in self.keys.items():
            names.setdefault(field, name)
        return names


def value_of(fields: Fields, field: Field) -> str:
    """Return a setting's value in lower case, "" where it is not set or not known."""
    entry = fields.get(field)
    return (entry.value or "").lower() if entry else ""


def is_true(fields: Fields, field: Field) -> bool | None:
    """Return whether a switch is on; None where only running the file would tell."""
    entry = fields.get(field)
    if entry is not None and entry.value is None:
        return None
    return value_of(fields, field) in _TRUE
