"""Taking things out of an HDF5 file that may come from anybody: every step is checked before it is believed.

A file can name other files (external links, virtual datasets, external storage), load code (filters) and declare
arrays far larger than itself. All of that is refused here. Knows nothing of demonstrations; of the modules that read
HDF5 this is the only one that touches what a file says about itself.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import h5py
import numpy as np
from numpy.typing import NDArray

from data_tools.errors import DemoFileError
from data_tools.seal import check_seal

MAX_ARRAY_BYTES = 1 << 30
"""Largest array that is read; a 40-frame demo of 100x90 pictures has 1 MB."""
_MAX_EXPANSION = 2000  # deflate reaches 1032:1; an array that claims more was made to fill the memory
_SMALL_BYTES = 1 << 20  # below this no claim can do harm
_FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32, h5py.h5z.FILTER_LZF}
_BROKEN = (OSError, RuntimeError, KeyError, ValueError, TypeError)  # what h5py raises when a file contradicts itself
_DISTRUST = "do not trust this file; ask its author for one that holds its data itself"
COPY_AGAIN = "copy the file again from where it was made, or collect anew"

Member = TypeVar("Member", h5py.Group, h5py.Dataset)


def refuse(where: str, expected: str, found: str, next_step: str) -> NoReturn:
    """Raise the one kind of error that a demo file gives."""
    raise DemoFileError(f"Demo file {where}: expected {expected}; found {found}. Next: {next_step}.")


@contextmanager
def opened(path: Path, *, is_sealed: bool = True) -> Iterator[h5py.File]:
    """Open a file for reading, once its seal has been checked; files of other projects have none."""
    if is_sealed:
        check_seal(path)
    with _translated(str(path)):
        file = h5py.File(path, "r")
    with file:
        yield file


def group_of(parent: h5py.Group, name: str) -> h5py.Group:
    """The group of that name inside `parent`. Raises: DemoFileError: it is missing or outside the file."""
    return _member(parent, name, h5py.Group)


def names_of(group: h5py.Group) -> tuple[str, ...]:
    """Names of the members of a group, in its order."""
    with _translated(_where(group)):
        return tuple(map(str, group))


def array_of(parent: h5py.Group, name: str, dtype: type[np.generic], shape: tuple[int | None, ...]) -> NDArray:
    """Read a dataset.

    Args: parent: its group. name: its name. dtype: exact type. shape: None stands for any length.
    Returns: the array.
    Raises: DemoFileError: it is missing, has another type or shape, is stored elsewhere, or is larger than it can be.
    """
    dataset = _member(parent, name, h5py.Dataset)
    where = _where(parent, name)
    with _translated(where):
        wanted = f"{np.dtype(dtype)} {tuple('any' if side is None else side for side in shape)}"
        fits = len(shape) == len(dataset.shape or ()) and all(
            side in (None, found) for side, found in zip(shape, dataset.shape or (), strict=True)
        )
        if dataset.dtype != dtype or dataset.shape is None or not fits:
            refuse(where, wanted, f"{dataset.dtype} {dataset.shape}", "write the file with data_tools.hdf5.write_tasks")
        _check_storage(where, dataset)
        return np.asarray(dataset[()])


def rows_of(dataset: h5py.Dataset, first: int, count: int) -> NDArray:
    """Read `count` rows, from `first` on, of a dataset that `dataset_of` gave."""
    with _translated(f"{dataset.file.filename}, {dataset.name}"):
        return np.asarray(dataset[first : first + count])


def is_group(parent: h5py.Group, name: str) -> bool:
    """Whether `name` is a group of the file itself."""
    with _translated(_where(parent, name)):
        return isinstance(parent.get(name, getlink=True), h5py.HardLink) and isinstance(parent[name], h5py.Group)


def dataset_of(parent: h5py.Group, name: str) -> h5py.Dataset:
    """A dataset of numbers of any type and shape, checked as by `array_of` but not read, to be read piece by piece.

    Raises: DemoFileError: as `array_of`.
    """
    dataset = _member(parent, name, h5py.Dataset)
    where = _where(parent, name)
    with _translated(where):
        if dataset.shape is None or dataset.dtype.hasobject:
            refuse(where, "an array of numbers", f"{dataset.dtype} {dataset.shape}", COPY_AGAIN)
        _check_storage(where, dataset)
        return dataset


def is_encoded(parent: h5py.Group, name: str) -> bool:
    """Whether a dataset holds rows of bytes, of one length or of many, as of encoded pictures."""
    dataset = _member(parent, name, h5py.Dataset)
    with _translated(_where(parent, name)):
        varies = h5py.check_vlen_dtype(dataset.dtype)
        return bool(varies == np.uint8 and dataset.ndim == 1 or dataset.dtype == np.uint8 and dataset.ndim == 2)


def byte_rows_of(parent: h5py.Group, name: str, count: int) -> Iterator[bytes]:
    """Rows of bytes, read one by one, of a dataset for which `is_encoded` is true.

    Raises: DemoFileError: as `array_of`, or there are not `count` rows.
    """
    dataset = _member(parent, name, h5py.Dataset)
    where = _where(parent, name)
    with _translated(where):
        if not is_encoded(parent, name) or len(dataset) != count:
            refuse(where, f"{count} rows of bytes", f"{dataset.dtype} {dataset.shape}", COPY_AGAIN)
        _check_storage(where, dataset)
    for index in range(count):
        with _translated(where):
            row = np.asarray(dataset[index], np.uint8).tobytes()
        yield row


def length_of(parent: h5py.Group, name: str) -> int:
    """Length of a dataset along its first axis, without reading it."""
    dataset = _member(parent, name, h5py.Dataset)
    with _translated(_where(parent, name)):
        shape = dataset.shape
    if not shape:
        refuse(_where(parent, name), "an array", "no axis", COPY_AGAIN)
    return int(shape[0])


def text_of(holder: h5py.Group, name: str) -> str:
    """A text attribute. Raises: DemoFileError: it is missing or no text."""
    return _attribute(holder, name, str, "a text")


def integer_of(holder: h5py.Group, name: str) -> int:
    """A whole number attribute. Raises: DemoFileError: it is missing or no whole number."""
    return int(_attribute(holder, name, np.integer, "a whole number"))


def attribute_or_none(holder: h5py.Group, name: str) -> Any:
    """An attribute of any kind, or None where there is none; bytes become text."""
    with _translated(f"{_where(holder)} attribute {name!r}"):
        value = holder.attrs.get(name)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _attribute(holder: h5py.Group, name: str, kind: type, expected: str) -> Any:
    where = f"{_where(holder)} attribute {name!r}"
    with _translated(where):
        value = holder.attrs.get(name)
    if not isinstance(value, kind):
        refuse(where, expected, "nothing" if value is None else type(value).__name__, COPY_AGAIN)
    return value


def _member(parent: h5py.Group, name: str, kind: type[Member]) -> Member:
    where = _where(parent, name)
    with _translated(where):
        link = parent.get(name, getlink=True)
        if link is None:
            refuse(where, f"a {kind.__name__.lower()}", "nothing", COPY_AGAIN)
        if not isinstance(link, h5py.HardLink):
            refuse(where, "data in the file itself", f"a link of type {type(link).__name__}", _DISTRUST)
        member = parent[name]
    if not isinstance(member, kind):
        refuse(where, f"a {kind.__name__.lower()}", f"a {type(member).__name__.lower()}", COPY_AGAIN)
    return member


def _check_storage(where: str, dataset: h5py.Dataset) -> None:
    if dataset.is_virtual or dataset.external:
        refuse(where, "data in the file itself", "an array that lies in another file", _DISTRUST)
    plan = dataset.id.get_create_plist()
    filters = {plan.get_filter(index)[0] for index in range(plan.get_nfilters())}
    if not filters <= _FILTERS:
        refuse(where, "compression by gzip or lzf", f"filters {sorted(filters - _FILTERS)}", "repack it with h5repack")
    declared, stored = dataset.size * dataset.dtype.itemsize, dataset.id.get_storage_size()
    if declared > MAX_ARRAY_BYTES or declared > max(_SMALL_BYTES, _MAX_EXPANSION * stored):
        found = f"{declared} bytes claimed, {stored} stored"
        refuse(where, f"at most {MAX_ARRAY_BYTES} bytes, all of them stored", found, _DISTRUST)


def _where(parent: h5py.Group, name: str = "") -> str:
    # not `parent.file.filename`, which opens the file once more: this is asked for at every step
    return f"{os.fsdecode(h5py.h5f.get_name(parent.id))}, {parent.name}/{name}".rstrip("/")


@contextmanager
def _translated(where: str) -> Iterator[None]:
    """Turn what h5py raises on a damaged file into an error that says what to do."""
    try:
        yield
    except _BROKEN as error:
        raise DemoFileError(
            f"Demo file {where}: expected a whole HDF5 file; found damage, or a file cut short ({error}). "
            f"Next: {COPY_AGAIN}."
        ) from error
