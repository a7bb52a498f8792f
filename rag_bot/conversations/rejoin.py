"""Records -> plain values for JSON, and back by the types of their fields."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

_T = TypeVar("_T")


def plain(value: Any) -> Any:
    """Records as dicts, tuples as lists, all the way down."""
    if is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def rejoin(record: type[_T], values: Any) -> _T:
    """The record whose fields these are.

    A field that is missing, or has a value of another type, gets its default, or the empty value of its type; what is
    no field is left out. So whatever JSON it is, there is a record.
    """
    given = values if isinstance(values, dict) else {}
    return record(**{name: _field(hint, default, given, name) for name, (hint, default) in _hints(record).items()})  # type: ignore[arg-type]


@cache
def _hints(record: type) -> dict[str, tuple[Any, Any]]:
    """Type and default of each field; MISSING for a field that has none, or makes a new one each time."""
    hints = get_type_hints(record)
    return {one.name: (hints[one.name], one.default) for one in fields(record)}  # type: ignore[arg-type]


def _field(hint: Any, default: Any, given: dict[str, Any], name: str) -> Any:
    value = _value(hint, given[name]) if name in given else MISSING
    if value is not MISSING:
        return value
    return _empty(hint) if default is MISSING else default


def _value(hint: Any, value: Any) -> Any:
    """The value as this type; MISSING where it can't be one."""
    kind, inner = get_origin(hint), get_args(hint)
    if kind in (Union, types.UnionType):
        return next((one for one in (_value(each, value) for each in inner) if one is not MISSING), MISSING)
    if kind is tuple:  # only `tuple[X, ...]` is used in records
        return tuple(_values(inner[0], value)) if isinstance(value, list) else MISSING
    if isinstance(kind, type) and issubclass(kind, Mapping):
        return dict(value) if isinstance(value, dict) else MISSING
    if is_dataclass(hint):
        return rejoin(hint, value) if isinstance(value, dict) else MISSING  # type: ignore[arg-type]
    return value if _is_a(hint, value) else MISSING


def _values(hint: Any, values: list[Any]) -> list[Any]:
    return [one for one in (_value(hint, value) for value in values) if one is not MISSING]


def _is_a(hint: Any, value: Any) -> bool:
    if hint in (int, float) and isinstance(value, bool):
        return False
    return isinstance(value, (int, float) if hint is float else hint)


def _empty(hint: Any) -> Any:
    """What stands for nothing in this type: "", 0, False, (), {}, a record of nothing."""
    kind = get_origin(hint) or hint
    if isinstance(kind, type) and issubclass(kind, Mapping):
        return {}
    if kind in (Union, types.UnionType):
        return None
    return rejoin(hint, {}) if is_dataclass(hint) else kind()  # type: ignore[arg-type]
