"""Windows of consecutive pictures out of a demo file, for training on more data than memory holds.

Pictures that are stored plainly (`mil convert --to mil --images plain`) are handed out where they lie in the file's
memory map, without a copy. Compressed ones are unpacked; what was unpacked last stays in memory.
"""

from collections import OrderedDict
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_tools.hdf5_checks import dataset_of, group_of, names_of, opened, refuse, rows_of

MAX_OPEN = 32
"""Compressed demos that stay open: HDF5 keeps up to 8 MiB of unpacked chunks for each."""


class WindowReader:
    """Random access to the pictures of a demo file.

    Args: path: a demo file; its seal is checked once, and it must not be written to while it is read.
    Raises: DemoFileError: the file is missing or damaged, or a demo's pictures have another form.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._stack = path, ExitStack()
        self._data = group_of(self._stack.enter_context(opened(path)), "data")
        self._bytes = np.memmap(path, np.uint8, "r")
        self._views: dict[int, NDArray[np.uint8]] = {}
        self._open: OrderedDict[int, Any] = OrderedDict()
        lengths = []
        for demo in range(len(names_of(self._data))):
            pictures = self._dataset(demo)
            lengths.append(int(pictures.shape[0]))
            place = pictures.id.get_offset()  # None unless the pictures lie in one piece
            if place is not None:
                end = place + pictures.size
                if end > len(self._bytes):
                    refuse(f"{path}, demo_{demo}", f"{pictures.size} bytes", "a file cut short", "copy it again")
                self._views[demo] = self._bytes[place:end].reshape(pictures.shape)
        self.lengths = tuple(lengths)
        """Number of pictures of each demo."""

    def __enter__(self) -> "WindowReader":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.clear()
        self._stack.close()

    def read(self, demo: int, first: int, count: int) -> NDArray[np.uint8]:
        """Pictures `first` to `first + count` less one of a demo, not to be written to.

        Returns: shape (count, height, width, 3).
        Raises: DemoFileError: there are not so many, or what is stored is damaged.
        """
        if not 0 <= first <= first + count <= self.lengths[demo]:
            where, expected = f"{self._path}, demo_{demo}", f"a window within {self.lengths[demo]} pictures"
            refuse(where, expected, f"{first} to {first + count}", "ask for a shorter one")
        if demo in self._views:
            return self._views[demo][first : first + count]
        if demo not in self._open:
            self._open[demo] = self._dataset(demo)
        self._open.move_to_end(demo)
        if len(self._open) > MAX_OPEN:
            self._open.popitem(last=False)
        return rows_of(self._open[demo], first, count)

    def _dataset(self, demo: int) -> Any:
        pictures = dataset_of(group_of(group_of(self._data, f"demo_{demo}"), "obs"), "image")
        if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[3] != 3:
            found = f"{pictures.dtype} {pictures.shape}"
            refuse(f"{self._path}, demo_{demo}", "uint8 (T, height, width, 3)", found, "collect it again")
        return pictures
