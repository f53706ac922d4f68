"""Walks over all arrays below a group and hashes them, a few megabytes at a time. Refuses to know what they mean."""

from collections.abc import Iterable, Iterator, Mapping

import h5py
import numpy as np
from numpy.typing import NDArray

from data_tools.content_hash import array_hash, content_sha256
from data_tools.hdf5_checks import dataset_of, group_of, names_of, refuse

_BLOCK_BYTES, _BLOCK_ROWS = 1 << 24, 10  # read at a time; rows in whole chunks of the writer
_MAX_DEPTH, _MAX_MEMBERS = 6, 10_000  # groups that hold each other could be walked for ever


def stored_sha256(datasets: Iterable[tuple[str, h5py.Dataset]], known: Mapping[int, str] | None = None) -> str:
    """Content hash of a demo as it stands in a file; see `content_hash`.

    Args: datasets: as `datasets_of` gives them. known: place of arrays that were hashed already, and their hashes.
    Raises: DemoFileError: a link. OSError, RuntimeError: an array cannot be read.
    """
    read = dict(known or {})  # an array may stand under two names, as those of a recorder do; it is read once
    hashes: dict[str, str] = {}
    for name, dataset in datasets:
        if place_of(dataset) not in read:
            read[place_of(dataset)] = array_hash(dataset.dtype, dataset.shape, blocks_of(dataset))
        hashes[name] = read[place_of(dataset)]
    return content_sha256(hashes)


def place_of(dataset: h5py.Dataset) -> int:
    """Where in the file an object begins: the same for all of its names."""
    return int(h5py.h5o.get_info(dataset.id).addr)  # type: ignore[attr-defined]


def blocks_of(dataset: h5py.Dataset) -> Iterator[NDArray]:
    """A dataset in pieces along its first axis."""
    if not dataset.shape or not dataset.size:
        yield np.asarray(dataset[()])
        return
    row_bytes = dataset.dtype.itemsize * dataset.size // dataset.shape[0]
    rows = max(1, _BLOCK_BYTES // (row_bytes * _BLOCK_ROWS)) * _BLOCK_ROWS
    for first in range(0, dataset.shape[0], rows):
        yield dataset[first : first + rows]


def datasets_of(group: h5py.Group, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, h5py.Dataset]]:
    """Every dataset below a group, checked, by its name from there. Raises: DemoFileError: a link, or too many."""
    names = names_of(group)
    if depth > _MAX_DEPTH or len(names) > _MAX_MEMBERS:
        expected = f"at most {_MAX_MEMBERS} members and {_MAX_DEPTH} levels"
        refuse(f"{group.file.filename}, {group.name}", expected, f"{len(names)} at level {depth}",
               "do not trust this file")  # fmt: skip
    for name in names:
        link = group.get(name, getlink=True)
        if isinstance(link, h5py.HardLink) and group.get(name, getclass=True) is h5py.Group:
            yield from datasets_of(group_of(group, name), f"{prefix}{name}/", depth + 1)
        else:
            yield f"{prefix}{name}", dataset_of(group, name)  # which refuses links and whatever is no dataset
