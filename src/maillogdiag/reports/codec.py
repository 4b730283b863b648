"""Dataclasses to and from plain JSON values, by their type hints.

Reading is strict about types and forgiving about names: a key that is not known is passed over, so that an older
maillogdiag reads what a newer one wrote; a field without a default that is missing is an error.
"""

from __future__ import annotations

import types
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from maillogdiag.errors import ReportError

_T = TypeVar("_T")
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def encode(value: object) -> Json:
    """Return `value` (dataclasses, tuples, times, enums, plain values) as JSON; times as in RFC 3339."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if value is None or isinstance(value, bool | int | str):
        return value
    raise TypeError(f"no JSON form for {type(value).__name__}")


def decode(kind: type[_T], value: Json, path: str = "$") -> _T:
    """Return `value` as a `kind`.

    Args:
        path: where `value` stands, for messages: "$.findings[2].count".

    Raises:
        ReportError: it is not one; the message says where and what was expected.
    """
    found: _T = _decode(kind, value, path)
    return found


def _decode(kind: Any, value: Json, path: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        inner = next(one for one in get_args(kind) if one is not types.NoneType)
        return None if value is None else _decode(inner, value, path)
    if origin is tuple:
        return _decode_tuple(get_args(kind), value, path)
    if is_dataclass(kind):
        return _decode_dataclass(kind, value, path)
    if kind is datetime:
        return _decode_time(value, path)
    if issubclass(kind, StrEnum):
        return _decode_enum(kind, value, path)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ReportError(f"{path}: expected {_NAMES[kind]}")
    return value


_NAMES = {str: "a text", int: "a whole number", bool: "true or false"}


def _decode_tuple(kinds: tuple[Any, ...], value: Json, path: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ReportError(f"{path}: expected a list")
    if kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(value)
    if len(kinds) != len(value):
        raise ReportError(f"{path}: expected {len(kinds)} items")
    return tuple(_decode(kind, item, f"{path}[{n}]") for n, (kind, item) in enumerate(zip(kinds, value, strict=True)))


def _decode_dataclass(kind: Any, value: Json, path: str) -> Any:
    if not isinstance(value, dict):
        raise ReportError(f"{path}: expected an object")
    hints = get_type_hints(kind)
    known = {}
    for field in fields(kind):
        if field.name in value:
            known[field.name] = _decode(hints[field.name], value[field.name], f"{path}.{field.name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ReportError(f"{path}: {field.name!r} is missing")
    return kind(**known)


def _decode_time(value: Json, path: str) -> datetime:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise ReportError(f"{path}: expected a time with its zone, such as 2026-11-20T09:00:00+00:00")
    return time


def _decode_enum(kind: type[StrEnum], value: Json, path: str) -> StrEnum:
    try:
        return kind(value if isinstance(value, str) else "")
    except ValueError:
        raise ReportError(f"{path}: expected one of {', '.join(kind)}") from None
