"""Env files: `.env.production`, a module's environment, what `env_file:` of compose names."""

from __future__ import annotations

from collections.abc import Iterator

from maillogdiag.expressions import expression
from maillogdiag.settings.model import Raw

_LINE = expression(r"\s*(?:export\s+)?(?P<key>[A-Za-z_][\w.]*)\s*=[ \t]*(?P<value>.*)")
_SINGLE = expression(r"'(?P<text>[^']*)'\s*(?:#.*)?")
_DOUBLE = expression(r'"(?P<text>(?:[^"\\]|\\.)*)"\s*(?:#.*)?')
_ESCAPE = expression(r"\\(.)")
_COMMENT = expression(r"(?:^|\s)#.*")


def is_env_file(text: str) -> bool:
    """Whether `text` has a line `KEY=value`."""
    return any(_LINE.fullmatch(line) for line in text.splitlines())


def read_env_file(text: str) -> Iterator[Raw]:
    """Yield the variables of `text` as the dotenv libraries and compose read them; other lines are passed over."""
    for number, line in enumerate(text.split("\n"), 1):
        if found := _LINE.fullmatch(line.rstrip("\r")):
            value, is_expanded = _value(found["value"])
            yield Raw(found["key"], value, number, is_expanded)


def _value(written: str) -> tuple[str, bool]:
    if single := _SINGLE.fullmatch(written):
        return single["text"], False
    if double := _DOUBLE.fullmatch(written):
        # "#" is safe within double quotes; "$" is not.
        return _ESCAPE.sub(r"\1", double["text"]), "$" in double["text"].replace("\\$", "")
    return _COMMENT.sub("", written), True
