"""Does a picture come from the camera that the training pictures came from? Asked before a classifier is believed.

Looks at how strongly brightness changes in each part of a picture, not at colours: tables and lamps may differ, the
place of the table's edge may not. Two looks, and the stranger one counts: whole rows and columns together tell a view
from elsewhere, small cells one by one tell the same view moved or zoomed. Knows no network and no task.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray

BANDS = 16
"""Rows and columns of bands that a picture is cut into."""
CELLS = 32
"""Rows and columns of cells; a picture of fewer has cells that overlap."""
SHRINKAGE = 0.1
"""Share of the mean variance in every direction's variance, so that directions that never varied do not rule."""
CELL_NOISE = 0.1
"""Spread that every cell has besides its own, so that cells that never varied rule only as far as they should."""
QUANTILE = 0.995
"""Share of validation pictures that count as known."""
MOST_PICTURES = 3000
"""Of the training pictures about so many are looked at, spread evenly."""
_FAINT = 0.5
"""Changes of brightness below so much (of 255) are noise."""


@dataclass(frozen=True)
class Novelty:
    """What training pictures look like: a Gaussian over their profiles, and one over each of their cells."""

    mean: NDArray[np.float64]
    """Of profiles, shape (4 * BANDS,)."""
    whitening: NDArray[np.float64]
    """Shape (4 * BANDS, 4 * BANDS): makes the profiles' spread one in every direction."""
    cell_mean: NDArray[np.float64]
    """Shape (2 * CELLS**2,)."""
    cell_spread: NDArray[np.float64]
    """Standard deviations, shape (2 * CELLS**2,)."""
    limits: NDArray[np.float64]
    """Greatest distances of a known picture, by profiles and by cells, shape (2,)."""

    @classmethod
    def fit(cls, training: NDArray[np.uint8], validation: NDArray[np.uint8]) -> "Novelty":
        """Args: pictures of both splits, shape (N, height, width, 3); the limits come from the second."""
        found, cells = _described(training[:: max(1, len(training) // MOST_PICTURES)])
        mean, spread = found.mean(0), np.cov(found, rowvar=False)
        spread += SHRINKAGE * np.trace(spread) / len(spread) * np.eye(len(spread))
        whitening = np.linalg.inv(np.linalg.cholesky(spread))
        cell_spread = np.sqrt(cells.var(0) + CELL_NOISE**2)
        fitted = cls(mean.round(5), whitening.round(5), cells.mean(0).round(5), cell_spread.round(5), np.ones(2))
        looks = fitted._looks(validation)
        limits = np.quantile(looks, QUANTILE, axis=0)
        limits *= np.quantile((looks / limits).max(1), QUANTILE)  # as many count as known when both looks are taken
        return replace(fitted, limits=limits.round(4))

    def distance(self, pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
        """How unusual pictures are, over the greatest distance of a known one: novel above 1, shape (N,)."""
        return (self._looks(pictures) / self.limits).max(1)

    def _looks(self, pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Distance by profiles and by cells, in standard deviations, shape (N, 2)."""
        found, cells = _described(pictures)
        apart = (found - self.mean) @ self.whitening.T, (cells - self.cell_mean) / self.cell_spread
        return np.stack([np.sqrt(np.square(one).mean(1)) for one in apart], axis=1)

    def to_dict(self) -> dict[str, Any]:
        """See Statistics."""
        return {name: getattr(self, name).tolist() for name in _SHAPES}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "Novelty":
        """The inverse of `to_dict`. Raises: ValueError, KeyError: it is none."""
        parts = {name: np.asarray(plain[name], np.float64) for name in _SHAPES}
        shapes = {name: part.shape for name, part in parts.items()}
        are_finite = all(np.isfinite(part).all() for part in parts.values())
        are_positive = all((parts[name] > 0).all() for name in ("cell_spread", "limits"))
        if shapes != _SHAPES or not are_finite or not are_positive:
            raise ValueError(f"a novelty measure of shapes {shapes}, limits {plain['limits']}")
        return cls(**parts)


_SHAPES = {
    "mean": (4 * BANDS,),
    "whitening": (4 * BANDS, 4 * BANDS),
    "cell_mean": (2 * CELLS**2,),
    "cell_spread": (2 * CELLS**2,),
    "limits": (2,),
}


def _described(pictures: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Logarithm of the mean change of brightness, downwards and across: in each band of rows and of columns, and in
    each cell.

    Args: pictures: shape (N, height, width, 3).
    Returns: shapes (N, 4 * BANDS) and (N, 2 * CELLS**2).
    """
    grey = pictures.mean(-1, dtype=np.float32)
    changes = np.abs(np.diff(grey, axis=1))[:, :, 1:], np.abs(np.diff(grey, axis=2))[:, 1:]
    bands = [
        band.mean(1)
        for change in changes
        for axis in (1, 2)
        for band in np.array_split(change.mean(3 - axis), BANDS, axis=1)
    ]
    cells = functional.adaptive_avg_pool2d(torch.from_numpy(np.stack(changes, axis=1)), CELLS)
    return _logarithm(np.stack(bands, axis=1)), _logarithm(cells.flatten(1).numpy())


def _logarithm(changes: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.log(changes + _FAINT).astype(np.float64)
