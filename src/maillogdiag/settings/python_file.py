"""Python files: Zulip's settings.py, read as data. Nothing in it is ever run."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from maillogdiag.errors import SourceError
from maillogdiag.expressions import expression
from maillogdiag.settings.model import Raw

_SIGNS = expression(
    r"^(?:EXTERNAL_HOST|ZULIP_ADMINISTRATOR|AUTHENTICATION_BACKENDS)\s*(?::[^=\n]+)?=|^EMAIL_\w+ *= *[\"'TFN\d]|"
    r"^from (?:zproject|typing) import|^import \w+$",
    re.MULTILINE,
)

_LARGEST = 10**9  # no setting about mail is larger, and Python refuses to print very large numbers


def is_python_file(text: str) -> bool:
    """Whether `text` assigns what Zulip's settings.py assigns, or imports something."""
    return bool(_SIGNS.search(text))


def read_python_file(text: str) -> Iterator[Raw]:
    """Yield the constants that names are given; of what is computed, or stands under an `if`, only that it is there.

    Raises:
        SourceError: this is no Python.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about "\d" in a text: nothing of ours
            tree = ast.parse(text)
    except SyntaxError as error:
        raise SourceError(
            f"is no valid Python in line {error.lineno or 1}; the application cannot read it either: mend it first"
        ) from None
    except (ValueError, RecursionError, MemoryError):
        raise SourceError("is no valid Python; the application cannot read it either: mend it first") from None
    top = set(map(id, tree.body))
    for node in _assignments(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        value = node.value if id(node) in top and not isinstance(node, ast.AugAssign) else None
        for target in targets:
            if isinstance(target, ast.Name):
                yield Raw(target.id, _constant(value), node.lineno)


def _assignments(tree: ast.Module) -> list[ast.Assign | ast.AnnAssign | ast.AugAssign]:
    """All assignments of the file in the order of lines, but for those within functions and classes."""
    found: list[ast.Assign | ast.AnnAssign | ast.AugAssign] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            found.append(node)
        elif isinstance(node, ast.Module | ast.If | ast.Try | ast.With | ast.For | ast.While | ast.ExceptHandler):
            waiting += ast.iter_child_nodes(node)
    return sorted(found, key=lambda node: node.lineno)


def _constant(node: ast.expr | None) -> str | None:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str | int | None):
        return None
    value = node.value
    if isinstance(value, int) and abs(value) > _LARGEST:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
