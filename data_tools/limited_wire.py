"""What goes through the pipe between a limited child and its parent: plain values and arrays, never code.

A message is four bytes of length, that many bytes of JSON, then the bytes of its arrays one after the other. The child
may have been taken over by the file that it reads, so the parent believes nothing: types, shapes and sizes are checked
before memory is given to them, and the only objects that can be built are those in KNOWN.
"""

import dataclasses
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Demo, Film, TaskDemos, Video, VideoSource
from data_tools.errors import DataError
from data_tools.timeline import StreamStatistics

KNOWN = {kind.__name__: kind for kind in (Demo, Film, StreamStatistics, TaskDemos, Video, VideoSource)}
"""Types, beside plain values and arrays, that a message may hold; each checks itself when it is built."""
DTYPES = ("bool", "uint8", "uint16", "int32", "int64", "float32", "float64")
"""Types of numbers that an array may hold."""
MAX_HEADER_BYTES = 1 << 26
LENGTH_BYTES = 4


def packed(value: Any) -> list[bytes | memoryview]:
    """The parts of a message, in order.

    Args: value: None, bool, int, float, str, list, tuple, dict with text keys, an array of DTYPES, or one of KNOWN,
        nested as one likes.
    Raises: TypeError: anything else; that is a fault of the program.
    """
    arrays: list[NDArray] = []
    plain = _plain(value, arrays)
    shapes = [[array.dtype.name, list(array.shape)] for array in arrays]
    header = json.dumps({"value": plain, "arrays": shapes}).encode()
    return [len(header).to_bytes(LENGTH_BYTES, "big"), header, *(_bytes_of(array) for array in arrays)]


def unpacked(read: Callable[[int], bytearray], max_bytes: int) -> Any:
    """Read one message.

    Args: read: gives exactly as many bytes as it is asked for. max_bytes: most bytes that its arrays may have.
    Raises: DataError: the message does not have the form that `packed` gives it.
    """
    length = int.from_bytes(read(LENGTH_BYTES), "big")
    if length > MAX_HEADER_BYTES:
        raise DataError(f"Answer of a limited reader: expected at most {MAX_HEADER_BYTES} bytes, found {length}.")
    try:
        header = json.loads(read(length))
        shapes = [_checked_shape(dtype, shape) for dtype, shape in header["arrays"]]
        sizes = [dtype.itemsize * math.prod(shape) for dtype, shape in shapes]
        if sum(sizes) > max_bytes:
            raise DataError(f"Answer of a limited reader: expected at most {max_bytes} bytes, found {sum(sizes)}.")
        arrays = [
            np.frombuffer(read(size), dtype).reshape(shape) for (dtype, shape), size in zip(shapes, sizes, strict=True)
        ]
        return _value(header["value"], arrays)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise DataError(f"Answer of a limited reader: expected a message, found {type(error).__name__}.") from error


def _plain(value: Any, arrays: list[NDArray]) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [_plain(part, arrays) for part in value]
    if isinstance(value, tuple):
        return {"tuple": [_plain(part, arrays) for part in value]}
    if isinstance(value, dict):
        return {"dict": {str(name): _plain(part, arrays) for name, part in value.items()}}
    if isinstance(value, np.ndarray) and value.dtype.name in DTYPES:
        arrays.append(value)
        return {"array": len(arrays) - 1}
    kind = KNOWN.get(type(value).__name__)
    if kind is not None and isinstance(value, kind):
        fields = {field.name: _plain(getattr(value, field.name), arrays) for field in dataclasses.fields(kind)}
        return {"object": kind.__name__, "fields": fields}
    raise TypeError(f"expected plain values, arrays of {DTYPES} or {sorted(KNOWN)}, found {type(value)}")


def _value(plain: Any, arrays: list[NDArray]) -> Any:
    if isinstance(plain, list):
        return [_value(part, arrays) for part in plain]
    if not isinstance(plain, dict):
        return plain
    if "object" in plain:
        return KNOWN[plain["object"]](**{name: _value(part, arrays) for name, part in plain["fields"].items()})
    if "tuple" in plain:
        return tuple(_value(part, arrays) for part in plain["tuple"])
    if "array" in plain:
        return arrays[plain["array"]]
    return {name: _value(part, arrays) for name, part in plain["dict"].items()}


def _checked_shape(dtype: str, shape: list[int]) -> tuple[np.dtype, tuple[int, ...]]:
    if dtype not in DTYPES or any(type(side) is not int or side < 0 for side in shape):
        raise ValueError(f"{dtype} {shape}")
    return np.dtype(dtype), tuple(shape)


def _bytes_of(array: NDArray) -> memoryview:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
