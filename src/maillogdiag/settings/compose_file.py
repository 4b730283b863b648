"""Compose files: what `environment:` and `env_file:` of their services hand to the containers."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

from maillogdiag.errors import SourceError
from maillogdiag.settings.model import Raw

_MOST_CHARACTERS = 128 * 1024
_SERVICES = re.compile(r"^services:", re.MULTILINE)
_REFERENCE = re.compile(r"\$(?:\w+|\{[^}]*\})")


def is_compose_file(text: str) -> bool:
    """Whether `text` has services, as a docker-compose.yml does."""
    return bool(_SERVICES.search(text))


def read_compose_file(text: str) -> Iterator[Raw]:
    """Yield the variables in `environment:` of all services. `${NAME}`, or none, is what compose gets elsewhere.

    Raises:
        SourceError: this is no YAML.
    """
    for service in _services(text):
        variables = service.get("environment")
        if isinstance(variables, dict):
            for key, value in variables.items():
                yield _raw(str(key), value, _line(variables, key))
        elif isinstance(variables, list):
            for number, item in enumerate(variables):
                key, is_given, value = str(item).partition("=")
                yield _raw(key, value if is_given else None, _line(variables, number))


def env_files_of(text: str) -> list[str]:
    """Return the paths in `env_file:` of all services, as written; none where this is no YAML."""
    try:
        named = [service.get("env_file") for service in _services(text)]
    except SourceError:
        return []
    paths: dict[str, None] = {}
    for one in named:
        for path in one if isinstance(one, list) else [one]:
            path = path.get("path") if isinstance(path, dict) else path
            if isinstance(path, str):
                paths[path] = None
    return list(paths)


def _services(text: str) -> list[dict[str, Any]]:
    if len(text) > _MOST_CHARACTERS:
        raise SourceError("is too large for a compose file; name the file that holds the mail settings")
    # Imported only here: it takes longer than reading any other kind of file.
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about an anchor that stands twice
            data = YAML(typ="rt").load(text)
    except (YAMLError, ValueError, RecursionError, AssertionError, TypeError, AttributeError, KeyError) as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        place = f" in line {mark.line + 1}" if mark else ""
        raise SourceError(f"is no valid YAML{place}; compose cannot read it either: mend it first") from None
    services = data.get("services") if isinstance(data, dict) else None
    return [one for one in services.values() if isinstance(one, dict)] if isinstance(services, dict) else []


def _raw(key: str, value: object, line: int) -> Raw:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if value is None or _REFERENCE.fullmatch(text):
        return Raw(key, None, line)
    is_expanded = bool(_REFERENCE.search(text.replace("$$", "")))
    return Raw(key, text.replace("$$", "$"), line, is_expanded)


def _line(node: Any, key: object) -> int:
    """The line of an item; of one that was merged in, the line of the whole."""
    try:
        place = node.lc.key(key) if hasattr(node, "keys") else node.lc.item(key)
        return int(place[0]) + 1
    except (AttributeError, KeyError, IndexError, TypeError):
        return int(node.lc.line or 0) + 1
