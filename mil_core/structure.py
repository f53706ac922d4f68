"""Frozen dataclasses back from the plain dicts and lists that JSON gives."""

import dataclasses
import types
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

Plain = TypeVar("Plain")


def from_plain(kind: type[Plain], value: Any) -> Plain:
    """The inverse of `dataclasses.asdict` followed by JSON.

    Args:
        kind: a dataclass, tuple, union with None, literal or plain type.
        value: dict, list or scalar.

    Raises:
        TypeError: a field is missing or unknown, or has another type.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind):
        if not isinstance(value, dict):
            raise TypeError(f"expected the fields of {kind.__name__}, found {value!r}")
        hints = get_type_hints(kind)
        return kind(**{name: from_plain(hints.get(name, object), part) for name, part in value.items()})
    if origin in (Union, types.UnionType):
        inner = [argument for argument in arguments if argument is not type(None)]
        return value if value is None else from_plain(inner[0], value)
    if origin is tuple:
        return tuple(from_plain(arguments[0], part) for part in value)  # pyright: ignore[reportReturnType]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)  # pyright: ignore[reportReturnType]
    if isinstance(kind, type) and kind is not object and not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}, found {value!r}")
    return value
