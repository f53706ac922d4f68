"""One demonstrated path over one picture as a file, for whoever wants to show a wish from outside."""

from pathlib import Path

from data_tools.errors import DemoFileError, GridPathError
from data_tools.grid import GridDemo
from data_tools.npz import read_arrays, write_arrays

MAX_BYTES = 1 << 26


def write_grid_demo(path: Path, demo: GridDemo) -> None:
    """Write `picture` and `cells`. Args: path: ends in .npz."""
    write_arrays(path, {"picture": demo.picture, "cells": demo.cells})


def read_grid_demo(path: Path) -> GridDemo:
    """What `write_grid_demo` wrote.

    Raises: DemoFileError: the file is missing or damaged, or holds no path over a picture.
    """
    arrays = read_arrays(path, ("picture", "cells"), MAX_BYTES)
    try:
        return GridDemo(**arrays)
    except GridPathError as error:
        raise DemoFileError(f"{path}: {error}") from error
