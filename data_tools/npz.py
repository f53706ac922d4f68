"""Arrays by name in one file, without pickle, from whoever wrote them. Knows nothing of what the arrays mean."""

import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from data_tools.atomic import committed_file
from data_tools.errors import DemoFileError, DemoShapeMismatch

Record = TypeVar("Record")


def write_arrays(path: Path, arrays: Mapping[str, NDArray]) -> None:
    """Write a file whole or not at all. Args: path: ends in .npz. arrays: by name, of numbers or letters."""
    with committed_file(path) as partial:
        np.savez_compressed(partial, **arrays)  # pyright: ignore[reportArgumentType]


def read_arrays(path: Path, names: tuple[str, ...], most_bytes: int) -> dict[str, NDArray]:
    """The arrays of these names, which must be all that the file has.

    Args: path: ends in .npz. names: what it must hold. most_bytes: how large all arrays may be together, unpacked.
    Raises: DemoFileError: the file is missing, damaged, too large, or holds something else.
    """
    if not path.is_file():
        raise DemoFileError(f"{path}: expected a file, found none; check the name.")
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            found = sorted(entry.filename.removesuffix(".npy") for entry in archive.infolist())
        if found != sorted(names) or size > most_bytes:
            raise ValueError(f"arrays {found[:8]} of {size} bytes")
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in names}
            if strange := [name for name, array in arrays.items() if not isinstance(array, np.ndarray)]:
                raise ValueError(f"plain bytes under {strange}")
            return arrays
    except Exception as error:  # Damage can break zip, deflate and numpy's reader in any of their ways.
        raise DemoFileError(
            f"{path}: expected an .npz file with the arrays {', '.join(names)}, of at most {most_bytes} bytes and "
            f"nothing else, found {error}; make the file again."
        ) from error


def write_records(path: Path, name: str, fields: tuple[str, ...], records: Sequence[Any]) -> None:
    """Write objects of equal shapes, at least one.

    Args: name: attribute that tells each from the others, as task_id. fields: attributes that are arrays.
    """
    arrays = {field: np.stack([getattr(record, field) for record in records]) for field in fields}
    write_arrays(path, {name: np.array([getattr(record, name) for record in records]), **arrays})


def read_records(
    path: Path, name: str, fields: tuple[str, ...], make: Callable[..., Record], most_bytes: int
) -> list[Record]:
    """What `write_records` wrote. Args: make: takes the name and the arrays in the order of the fields.

    Raises: DemoFileError: the file is missing or damaged, or its arrays do not fit each other.
    """
    arrays = read_arrays(path, (name, *fields), most_bytes)
    try:
        if len({len(array) for array in arrays.values()}) != 1:
            raise ValueError(f"arrays of lengths {[len(array) for array in arrays.values()]}")
        rows = zip(arrays[name], *(arrays[field] for field in fields), strict=True)
        return [make(str(told), *values) for told, *values in rows]
    except (DemoShapeMismatch, ValueError, IndexError, TypeError) as error:
        kind = name.removesuffix("_id")
        raise DemoFileError(f"{path}: expected whole {kind}s, found {error}; make the file again.") from error
