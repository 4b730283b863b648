"""Units by the names that users give them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

_TYPES = (".service", ".scope", ".slice", ".socket", ".timer", ".target", ".mount")
_MAIL_WORDS = ("mastodon", "sidekiq", "zulip", "mattermost", "postfix", "exim", "nextcloud", "mail")
_MOST_SIMILAR = 5


def units_asked_for(asked: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
    """Return which of the `known` units and containers the names mean.

    As with journalctl a name without a type is a service and may hold `*`, `?` and `[]`. Beyond that it stands for
    a container of that name, and for all instances: mastodon-sidekiq for mastodon-sidekiq@1.service.
    """
    patterns: list[str] = []
    for name in asked:
        patterns.append(name)
        if not name.endswith(_TYPES):
            patterns += [f"{name}.service"] + ([] if "@" in name else [f"{name}@*.service"])
    return tuple(unit for unit in known if any(fnmatchcase(unit, pattern) for pattern in patterns))


def plain_names(asked: Iterable[str]) -> list[str]:
    """Return the units and containers that the names without patterns mean, whether or not there are any yet."""
    names = [name for name in asked if not any(char in name for char in "*?[")]
    return [*names, *(f"{name}.service" for name in names if not name.endswith(_TYPES))]


def similar_units(asked: Iterable[str], known: Sequence[str]) -> list[str]:
    """Return the known units that may have been meant, the likeliest first."""
    similar: dict[str, None] = {}
    for name in asked:
        stem = name.removesuffix(".service")
        shared = [unit for unit in known if stem in unit or unit.removesuffix(".service") in stem]
        words = [word for word in _MAIL_WORDS if word in stem]
        related = [unit for unit in known if any(word in unit for word in words)]
        for unit in (*shared, *get_close_matches(f"{stem}.service", known), *related):
            similar[unit] = None
    return list(similar or {unit: None for unit in known if any(word in unit for word in _MAIL_WORDS)})[:_MOST_SIMILAR]
