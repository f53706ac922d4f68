"""Regions of a picture: cutting one out, keeping the names of some, making unreadable what lies outside.

Numbers are fractions of the upright picture, so that a region fits every size of it. Knows nothing of files of films.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from data_tools.atomic import committed_file
from data_tools.errors import DataError

REGIONS = "regions.json"
"""File of named regions, in the folder of a library."""
_CELLS = 12  # what is blurred keeps so many cells along its longer side: light and colour, no face and no letter


@dataclass(frozen=True)
class Region:
    """A rectangle, in fractions of the upright picture."""

    x: float
    """Left side."""
    y: float
    """Upper side."""
    width: float
    """Width, above 0."""
    height: float
    """Height, above 0."""

    def __post_init__(self) -> None:
        numbers = astuple(self)
        is_inside = min(self.x, self.y) >= 0 and max(self.x + self.width, self.y + self.height) <= 1 + 1e-9
        if not all(map(math.isfinite, numbers)) or min(self.width, self.height) <= 0 or not is_inside:
            raise DataError(
                f"region: expected x y width height inside the picture, found {' '.join(f'{n:g}' for n in numbers)} "
                "(fractions of it); type for instance --crop 0.1 0.2 0.8 0.7"
            )

    @classmethod
    def of(cls, numbers: Sequence[float], height: float, width: float) -> "Region":
        """From what somebody types: fractions when none is above 1, else pixels of a picture of that size."""
        x, y, w, h = numbers
        return cls(x, y, w, h) if max(numbers) <= 1 else cls(x / width, y / height, w / width, h / height)

    def slices(self, height: int, width: int) -> tuple[slice, slice]:
        """Rows and columns of a picture of that size, at least one of each."""
        top, left = min(round(self.y * height), height - 1), min(round(self.x * width), width - 1)
        bottom, right = round((self.y + self.height) * height), round((self.x + self.width) * width)
        return slice(top, max(top + 1, bottom)), slice(left, max(left + 1, right))

    def mask(self, height: int, width: int) -> NDArray[np.bool_]:
        """True inside, shape (height, width)."""
        inside = np.zeros((height, width), bool)
        inside[self.slices(height, width)] = True
        return inside


WHOLE = Region(0.0, 0.0, 1.0, 1.0)
"""The whole picture."""


def saved_region(library: Path, name: str) -> Region:
    """A region that was saved under a name. Raises: DataError: the message lists the known ones."""
    known = _saved(library)
    if name not in known:
        listed = ", ".join(sorted(known)) or "none"
        raise DataError(
            f"--region: expected a region saved in {library / REGIONS}, found {name!r} (known: {listed}); "
            f"save it once with --crop X Y WIDTH HEIGHT --save-region {name}"
        )
    return known[name]


def save_region(library: Path, name: str, region: Region) -> None:
    """Keep a region under a name; one of that name is replaced."""
    known = _saved(library) | {name: region}
    with committed_file(library / REGIONS) as partial:
        partial.write_text(json.dumps({key: astuple(value) for key, value in sorted(known.items())}, indent=1) + "\n")


def coarse(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture with nothing left but large patches of colour. Args: picture: shape (height, width, 3)."""
    height, width = picture.shape[:2]
    scale = min(1.0, _CELLS / max(height, width))
    cells = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(picture, cells, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def blur_outside(picture: NDArray[np.uint8], region: Region) -> NDArray[np.uint8]:
    """A copy of the picture in which only the region can be recognised. Args: picture: shape (height, width, 3)."""
    blurred, inside = coarse(picture), region.slices(*picture.shape[:2])
    blurred[inside] = picture[inside]
    return blurred


def _saved(library: Path) -> dict[str, Region]:
    path = library / REGIONS
    if not path.is_file():
        return {}
    try:
        return {str(name): Region(*map(float, numbers)) for name, numbers in json.loads(path.read_text()).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: expected names with four numbers each, found {error!r}; delete the file.") from error
