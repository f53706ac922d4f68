"""Does a picture come from the camera that the training pictures came from? Asked before a classifier is believed.

Looks at how strongly brightness changes in each part of a picture, not at colours: tables and lamps may differ, the
place of the table's edge may not. Knows no network and no task.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BANDS = 16
"""Rows and columns of bands that a picture is cut into."""
SHRINKAGE = 0.1
"""Share of the mean variance in every direction's variance, so that directions that never varied do not rule."""
QUANTILE = 0.995
"""Share of validation pictures that count as known."""
MOST_PICTURES = 3000
"""Of the training pictures about so many are looked at, spread evenly."""
_FAINT = 0.5
"""Changes of brightness below so much (of 255) are noise."""


@dataclass(frozen=True)
class Novelty:
    """A Gaussian over descriptions of training pictures."""

    mean: NDArray[np.float64]
    """Shape (4 * BANDS,)."""
    whitening: NDArray[np.float64]
    """Shape (4 * BANDS, 4 * BANDS): makes the descriptions' spread one in every direction."""
    limit: float
    """Greatest distance of a known picture."""

    @classmethod
    def fit(cls, training: NDArray[np.uint8], validation: NDArray[np.uint8]) -> "Novelty":
        """Args: pictures of both splits, shape (N, height, width, 3); the limit comes from the second."""
        found = describe(training[:: max(1, len(training) // MOST_PICTURES)])
        mean, spread = found.mean(0), np.cov(found, rowvar=False)
        spread += SHRINKAGE * np.trace(spread) / len(spread) * np.eye(len(spread))
        whitening = np.linalg.inv(np.linalg.cholesky(spread)).round(5)
        limit = float(np.quantile(cls(mean, whitening, 0.0).distance(validation), QUANTILE))
        return cls(mean.round(5), whitening, round(limit, 4))

    def distance(self, pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
        """How unusual pictures are, in standard deviations, shape (N,)."""
        return np.linalg.norm((describe(pictures) - self.mean) @ self.whitening.T, axis=1) / np.sqrt(len(self.mean))

    def to_dict(self) -> dict[str, Any]:
        """See Statistics."""
        return {"mean": self.mean.tolist(), "whitening": self.whitening.tolist(), "limit": self.limit}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "Novelty":
        """The inverse of `to_dict`. Raises: ValueError: it is none."""
        mean, whitening = np.asarray(plain["mean"], np.float64), np.asarray(plain["whitening"], np.float64)
        limit, size = float(plain["limit"]), 4 * BANDS
        if mean.shape != (size,) or whitening.shape != (size, size) or not limit > 0:
            raise ValueError(f"a novelty measure of shapes {mean.shape} and {whitening.shape}, limit {limit}")
        return cls(mean, whitening, limit)


def describe(pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Logarithm of the mean change of brightness in each band of rows and of columns, downwards and across.

    Args: pictures: shape (N, height, width, 3).
    Returns: shape (N, 4 * BANDS).
    """
    grey = pictures.mean(-1, dtype=np.float32)
    down, across = np.abs(np.diff(grey, axis=1))[:, :, 1:], np.abs(np.diff(grey, axis=2))[:, 1:]
    profiles = []
    for change in (down, across):
        for axis in (1, 2):
            bands = np.array_split(change.mean(3 - axis), BANDS, axis=1)
            profiles += [band.mean(1) for band in bands]
    return np.log(np.stack(profiles, axis=1) + _FAINT).astype(np.float64)
