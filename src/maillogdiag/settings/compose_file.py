"""Compose files: what `environment:`, `env_file:` and `secrets:` of their services hand to the containers.

In the first version of the format the services stand at the top, without `services:`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

from maillogdiag.errors import SourceError
from maillogdiag.expressions import expression
from maillogdiag.settings.model import Raw

_MOST_CHARACTERS = 128 * 1024
_SERVICES = expression(r"^services:|^[\w.-]+: *\n(?:[ \t]+.*\n|\n){0,200}?[ \t]+(?:image|build):", re.MULTILINE)
_SECRETS = "/run/secrets/"
_REFERENCE = expression(r"\$(?:\w+|\{[^}]*\})")


def is_compose_file(text: str) -> bool:
    """Whether `text` has services, as a docker-compose.yml does."""
    return bool(_SERVICES.search(text))


def read_compose_file(text: str) -> Iterator[Raw]:
    """Yield the variables in `environment:` of all services. `${NAME}`, or none, is what compose gets elsewhere.

    A secret is a setting, too, named by its place in the container (`/run/secrets/NAME`), whose value is not known.

    Raises:
        SourceError: this is no YAML.
    """
    for name, service in _services(text).items():
        variables = service.get("environment")
        if isinstance(variables, dict):
            for key, value in variables.items():
                yield _raw(str(key), value, _line(variables, key), name)
        elif isinstance(variables, list):
            for number, item in enumerate(variables):
                key, is_given, value = str(item).partition("=")
                yield _raw(key, value if is_given else None, _line(variables, number), name)
        secrets = service.get("secrets")
        for number, secret in enumerate(secrets if isinstance(secrets, list) else ()):
            file = secret.get("target") or secret.get("source") if isinstance(secret, dict) else secret
            yield Raw(_SECRETS + str(file).removeprefix(_SECRETS), None, _line(secrets, number), service=name)


def env_files_of(text: str) -> list[str]:
    """Return the paths in `env_file:` of all services, as written; none where this is no YAML."""
    try:
        named = [service.get("env_file") for service in _services(text).values()]
    except SourceError:
        return []
    paths: dict[str, None] = {}
    for one in named:
        for path in one if isinstance(one, list) else [one]:
            path = path.get("path") if isinstance(path, dict) else path
            if isinstance(path, str):
                paths[path] = None
    return list(paths)


def _services(text: str) -> dict[str, dict[str, Any]]:
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
    services = data.get("services", data) if isinstance(data, dict) else None
    if not isinstance(services, dict):
        return {}
    return {str(name): service for name, service in services.items() if isinstance(service, dict)}


def _raw(key: str, value: object, line: int, service: str) -> Raw:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if value is None or _REFERENCE.fullmatch(text):
        return Raw(key, None, line, service=service)
    is_expanded = bool(_REFERENCE.search(text.replace("$$", "")))
    return Raw(key, text.replace("$$", "$"), line, is_expanded, service)


def _line(node: Any, key: object) -> int:
    """The line of an item; of one that was merged in, the line of the whole."""
    try:
        place = node.lc.key(key) if hasattr(node, "keys") else node.lc.item(key)
        return int(place[0]) + 1
    except (AttributeError, KeyError, IndexError, TypeError):
        return int(node.lc.line or 0) + 1
