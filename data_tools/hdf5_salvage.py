"""Finds the whole demos in a demo file that was cut short, where HDF5 itself finds none.

The names of demos stand at the end of a file, so a cut loses them all. But a demo is written in one piece, and the head
of each of its objects can be recognised. So the missing end is taken for zeros, every place that looks like the head of
a group is opened, and what carries its own content hash, and has that content, is a whole demo. Nothing is guessed: a
demo without the hash, which files of earlier versions lack, is not taken.
"""

import io
import os
import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from data_tools.atomic import file_sha256
from data_tools.errors import DataError
from data_tools.hdf5_checks import COPY_AGAIN, attribute_or_none, dataset_of, group_of, length_of, refuse, text_of
from data_tools.hdf5_hash import datasets_of, stored_sha256
from data_tools.hdf5_writer import DemoWriter
from data_tools.provenance import UNKNOWN, Parent, Provenance
from data_tools.seal import SEAL_BYTES, read_seal

_HEAD = re.compile(rb"\x01\x00[\x01-\xff]\x00[\x01-\x08]\x00\x00\x00")
"""Version 1, a number of messages and few links. Source: HDF5 file format specification, IV.A.1.a."""
_HEAD_BYTES, _BLOCK_BYTES = 8, 1 << 24
_BROKEN = (DataError, OSError, RuntimeError, KeyError, ValueError, TypeError)


class _Padded(io.RawIOBase):
    """A file with zeros where its end is missing."""

    def __init__(self, path: Path, num_bytes: int) -> None:
        self._file, self._num_bytes, self._place = path.open("rb"), num_bytes, 0

    def close(self) -> None:
        self._file.close()
        super().close()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._place = offset + (0, self._place, self._num_bytes)[whence]
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any) -> int:
        found = os.pread(self._file.fileno(), len(buffer), self._place)
        buffer[:] = found + bytes(len(buffer) - len(found))
        self._place += len(buffer)
        return len(buffer)


def survey(path: Path, request: dict[str, Any]) -> Generator[dict[str, Any], None, None]:
    """Job: `place` and `num_samples` of each whole demo of a file that was cut short, in the order of writing.

    Raises: DemoFileError: not even its beginning is there.
    """
    del request
    with _opened(path) as file:
        for place in _heads(path):
            try:
                (demo,) = _demos_at(file, [place])
                claim = attribute_or_none(demo, "content_sha256")
                if claim is not None and claim == stored_sha256(datasets_of(demo)):
                    yield {"place": place, "num_samples": length_of(demo, "actions")}
            except _BROKEN:
                continue  # no demo, or not a whole one


def rescue(path: Path, places: Sequence[int], out: Path) -> None:
    """Write the demos at these places, as `survey` found them, into a new file.

    Raises: DemoFileError: `out` is taken, or demos differ in the shape of a step.
    """
    with _opened(path) as file:
        try:
            origin = Provenance.from_json(text_of(group_of(file, "data"), "provenance"))
        except _BROKEN:
            origin = UNKNOWN
        parents = (Parent(path.name, file_sha256(path), origin.operation, origin.parents),)
        words = "repair of altered: the demos before the cut"
        with DemoWriter(out, replace(origin, operation=words, parents=parents)) as writer:
            for demo in _demos_at(file, places):
                shapes = tuple(dataset_of(demo, name).shape[1:] for name in ("obs/image", "obs/state", "actions"))
                length = length_of(demo, "actions")
                writer.append_filled(
                    text_of(demo, "task_id"), shapes, length, lambda parent, name, d=demo: file.copy(d, parent, name)
                )


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    with _Padded(path, read_seal(path).num_bytes) as padded:
        try:
            file = h5py.File(padded, "r")
        except (OSError, RuntimeError, ValueError) as error:
            refuse(str(path), "at least the head of an HDF5 file", f"{error}", COPY_AGAIN)
        with file:
            yield file


def _heads(path: Path) -> Iterator[int]:
    """Places behind the seal that look like the head of an object."""
    with path.open("rb") as file:
        first = SEAL_BYTES
        while block := os.pread(file.fileno(), _BLOCK_BYTES + _HEAD_BYTES - 1, first):
            yield from (first - SEAL_BYTES + found.start() for found in _HEAD.finditer(block))
            first += _BLOCK_BYTES


def _demos_at(file: h5py.File, places: Sequence[int]) -> Iterator[h5py.Group]:
    """The groups at these places, which a reference to an object holds as they are."""
    with h5py.File("references", "w", driver="core", backing_store=False) as memory:
        stored = memory.create_dataset("places", (len(places),), h5py.ref_dtype, chunks=(len(places),))
        stored.id.write_direct_chunk((0,), np.asarray(places, "<u8").tobytes())
        references = list(stored[()])
    for reference in references:
        member = file[reference]
        if not isinstance(member, h5py.Group):
            raise KeyError("no group")
        yield member
