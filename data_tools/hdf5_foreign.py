"""HDF5 files of other projects: opening one that is not sealed, finding arrays in its tree, and making a new one.

Adds to hdf5_checks what trees of unknown form need. Knows nothing of demonstrations.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from data_tools.hdf5_checks import dataset_of, group_of, is_group, names_of, opened

Group = h5py.Group
"""A group of an open file, for modules that do not import h5py."""
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_MAX_DEPTH = 8
_FRAMES_PER_CHUNK = 10


@contextmanager
def opened_tree(path: Path) -> Iterator[Group]:
    """The root of somebody's HDF5 file. Raises: DemoFileError: it is no HDF5 file, or damaged."""
    with opened(path, is_sealed=False) as file:
        yield file


@contextmanager
def new_tree(path: Path) -> Iterator[Group]:
    """The root of a new file of this name."""
    with h5py.File(path, "w") as file:
        yield file


def is_hdf5(path: Path) -> bool:
    """Whether a file begins as an HDF5 file without anything before it does; never raises."""
    try:
        with path.open("rb") as file:
            return file.read(len(_SIGNATURE)) == _SIGNATURE
    except OSError:
        return False


def has_members(path: Path, *names: str) -> bool:
    """Whether an HDF5 file has all of these at its root; never raises."""
    if not is_hdf5(path):
        return False
    try:
        with h5py.File(path, "r") as file:
            return all(name in file for name in names)
    except (OSError, RuntimeError, KeyError, ValueError):
        return False


def arrays_of(group: Group, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, h5py.Dataset]]:
    """All arrays in a group and the groups inside it, by their names with `/` between, unread but checked."""
    for name in names_of(group):
        if is_group(group, name):
            if depth < _MAX_DEPTH:
                yield from arrays_of(group_of(group, name), f"{prefix}{name}/", depth + 1)
        else:
            yield f"{prefix}{name}", dataset_of(group, name)


def whole(parent: Group, name: str) -> NDArray:
    """An array of numbers of any type, read. Raises: DemoFileError: it is missing or unsafe."""
    dataset = dataset_of(parent, name)
    return np.asarray(dataset[()])


def times_of(holder: Group, names: tuple[str, str, str]) -> tuple[NDArray, NDArray, NDArray] | None:
    """Three arrays of seconds, float64, or None where one of them is missing."""
    if not all(name in holder for name in names):
        return None
    first, second, third = (whole(holder, name).astype(np.float64) for name in names)
    return first, second, third


def store_pictures(group: Group, name: str, frames: NDArray[np.uint8], *, compress: bool) -> None:
    """Keep pictures of shape (T, height, width, 3), in chunks of a second when they are compressed."""
    if compress:
        chunks = (min(_FRAMES_PER_CHUNK, len(frames)), *frames.shape[1:])
        group.create_dataset(name, data=frames, chunks=chunks, compression="gzip", compression_opts=1)
    else:
        group.create_dataset(name, data=frames)
