"""Rule files: found, read, validated against rules/schema.json, and turned into rules.

Reading YAML takes longer than a scan of a small log, so each file's validated data is kept as JSON in the user's
cache folder.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from maillogdiag.errors import RuleError, UsageError


def built_in_folder() -> Path:
    """The rules that ship with the package; an editable checkout has them at its top."""
    packaged = Path(__file__).parents[1] / "rules"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "rules"


def user_folder() -> Path:
    """The user's own rules, read without being named."""
    config = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(config) / "maillogdiag" / "rules"


def rule_files(folders: Iterable[Path]) -> list[Path]:
    """Return the rule files of `folders` (or files), in a fixed order.

    Raises:
        UsageError: a folder does not exist.
    """
    files: list[Path] = []
    for folder in folders:
        if not folder.exists():
            raise UsageError(f"there is no rule folder {folder}")
        files += sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]) if folder.is_dir() else [folder]
    return files


def load_documents(files: Sequence[Path]) -> tuple[list[tuple[str, dict[str, Any]]], str]:
    """Return each file's data with its path, and a digest of all of them.

    Raises:
        RuleError: a file cannot be read or is not valid, as file:line:column.
    """
    digest = hashlib.sha256()
    problems, documents = [], []
    for file in files:
        content = _content(file)
        digest.update(file.name.encode() + b"\0" + content)
        kept = _cache_file(content)
        data = _read_cache(kept)
        if data is None:
            data, found = read_document(file, content)
            problems += found
            if not found:
                _write_cache(kept, data)
        documents.append((str(file), data))
    if problems:
        raise problems[0]
    return documents, digest.hexdigest()[:12]


def read_document(file: Path, content: bytes) -> tuple[dict[str, Any], list[RuleError]]:
    """Return one file's data, and everything that is wrong with it."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        data = YAML(typ="rt").load(content)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        return {}, [RuleError(str(error.problem or error.context), str(file), line, column)]
    except (YAMLError, UnicodeDecodeError) as error:
        return {}, [RuleError(f"is no YAML: {error}", str(file))]
    plain = json.loads(json.dumps(data))
    problems = [RuleError(message, str(file), *_place(data, path)) for message, path in _violations(plain)]
    return plain if isinstance(plain, dict) else {}, problems


def _violations(data: Any) -> list[tuple[str, list[Any]]]:
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(json.loads(_schema()))
    errors = sorted(validator.iter_errors(data), key=lambda error: list(map(str, error.path)))
    return [(error.message[:300], list(error.absolute_path)) for error in errors]


def _place(data: Any, path: list[Any]) -> tuple[int, int]:
    """Line and column, from 1, of the innermost node of `path` whose place is known."""
    line = column = 1
    for step in path:
        try:
            position = data.lc.key(step) if hasattr(data, "keys") else data.lc.item(step)
            line, column = position[0] + 1, position[1] + 1
            data = data[step]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
    return line, column


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise RuleError(f"cannot be read: {error.strerror}", str(file)) from None


def _cache_file(content: bytes) -> Path:
    """Where a rule file's data is kept: under what it, and what it was validated against, consist of."""
    folder = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    digest = hashlib.sha256(content + _schema()).hexdigest()
    return Path(folder) / "maillogdiag" / f"rules-{digest[:32]}.json"


def _read_cache(kept: Path) -> dict[str, Any] | None:
    try:
        data = json.loads(kept.read_bytes())
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) else None


def _write_cache(kept: Path, data: dict[str, Any]) -> None:
    """Keep the data for the next run; where the folder cannot be written, the next run reads YAML again."""
    partial = kept.with_suffix(f".{os.getpid()}")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(data), encoding="utf-8")
        partial.replace(kept)
    except OSError:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


@cache
def _schema() -> bytes:
    return (built_in_folder() / "schema.json").read_bytes()
