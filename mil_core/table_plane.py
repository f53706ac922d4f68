"""Where in the camera's picture a place on the table is seen: eight numbers, fitted to moves whose places are known.

Knows no camera and no network. Pixel x counts columns and pixel y rows, both from the first pixel's middle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_tools.interactions import Interactions
from mil_core.errors import InvalidProblem

_ROUNDS = 6
"""Times that changes are shared out between the place a thing left and the one it came to."""
_NEAR = 0.16
"""Changes farther than this from both, in picture widths, count for neither."""
_LEAST_MOVES = 8
_MOST_MOVES = 1000
"""So many are enough for eight numbers."""
_EPSILON = 1e-9


@dataclass(frozen=True)
class TablePlane:
    """A homography from metres on the table to pixels; fitted, it points at the middles of things, not their feet."""

    matrix: NDArray[np.float64]
    """Shape (3, 3), the last number 1; the third row gives the distance from the camera, in some unit."""

    def pixels(self, places_m: NDArray[np.floating]) -> NDArray[np.float64]:
        """Pixel x and y of places x and y, shape (N, 2)."""
        seen = _homogeneous(places_m) @ self.matrix.T
        return seen[:, :2] / seen[:, 2:]

    def places_m(self, pixels: NDArray[np.floating]) -> NDArray[np.float64]:
        """The inverse of `pixels`."""
        found = _homogeneous(pixels) @ np.linalg.inv(self.matrix).T
        return found[:, :2] / found[:, 2:]

    def to_dict(self) -> dict[str, Any]:
        """See Statistics."""
        return {"matrix": self.matrix.tolist()}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "TablePlane":
        """The inverse of `to_dict`. Raises: ValueError: it is none."""
        matrix = np.asarray(plain["matrix"], np.float64)
        if matrix.shape != (3, 3) or not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) < _EPSILON:
            raise ValueError(f"a homography {matrix.tolist()}")
        return cls(matrix)

    @classmethod
    def fit(cls, groups: Sequence[Interactions]) -> "TablePlane":
        """From where pictures differ before and after moves.

        First an affine map: the middle of what differs lies halfway between both places. Then, a few times, each
        differing pixel goes to the nearer place, and a homography is fitted to the middles of these.

        Raises: InvalidProblem: there are too few moves, or nothing moved.
        """
        step = max(1, sum(len(group.take_m) for group in groups) // _MOST_MOVES)
        take_m, put_m = (np.concatenate([getattr(g, name) for g in groups])[::step] for name in ("take_m", "put_m"))
        changes = np.concatenate([_changes(group) for group in groups])[::step]
        mass = changes.sum((1, 2))
        if (mass > 0).sum() < _LEAST_MOVES:
            raise InvalidProblem(f"table plane: expected {_LEAST_MOVES} moves that show, found fewer; play more.")
        halfway, middles = _homogeneous((take_m + put_m) / 2), _middles(changes, np.ones_like(changes))
        affine = np.linalg.lstsq(halfway * mass[:, None], middles * mass[:, None], rcond=None)[0]
        plane = cls(np.vstack([affine.T, [0.0, 0.0, 1.0]]))
        for _ in range(_ROUNDS):
            plane = plane._refitted(changes, take_m, put_m)
        return plane

    def _refitted(
        self, changes: NDArray[np.float32], take_m: NDArray[np.floating], put_m: NDArray[np.floating]
    ) -> "TablePlane":
        """The homography to the middles of what is near each place, as this one has it."""
        near, ends_m = [], (take_m, put_m)
        distances = [self._distances(places_m, changes.shape[1:]) for places_m in ends_m]
        for own, other in (distances, distances[::-1]):
            near.append((own < other) & (own < _NEAR * changes.shape[2]))
        middles = np.concatenate([_middles(changes, mask) for mask in near])
        mass = np.concatenate([(changes * mask).sum((1, 2)) for mask in near])
        return TablePlane(_homography(np.concatenate(ends_m), middles, np.sqrt(mass)))

    def _distances(self, places_m: NDArray[np.floating], shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Of all pixels from these places, (N, height, width)."""
        cols, rows = self.pixels(places_m).astype(np.float32).T[:, :, None, None]
        down, across = (np.arange(size, dtype=np.float32) for size in shape)
        return np.hypot(across - cols, down[:, None] - rows)


def _changes(group: Interactions) -> NDArray[np.float32]:
    return np.abs(group.after.astype(np.float32) - group.before).mean(-1)


def _middles(changes: NDArray[np.float32], mask: NDArray[Any]) -> NDArray[np.float64]:
    """Mean pixel of what differs, (N, 2)."""
    weights = (changes * mask).astype(np.float64)
    rows, cols = (np.arange(size) for size in weights.shape[1:])
    total = weights.sum((1, 2)) + _EPSILON
    return np.stack([weights.sum(1) @ cols, weights.sum(2) @ rows], axis=1) / total[:, None]


def _homography(
    places_m: NDArray[np.floating], pixels: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The weighted linear least squares solution (direct linear transformation, last number 1)."""
    ones, zeros = _homogeneous(places_m), np.zeros((len(places_m), 3))
    rows = [np.hstack([ones, zeros, -pixels[:, :1] * places_m]), np.hstack([zeros, ones, -pixels[:, 1:] * places_m])]
    both = np.concatenate([weights, weights])
    found = np.linalg.lstsq(np.concatenate(rows) * both[:, None], pixels.T.ravel() * both, rcond=None)
    return np.append(found[0], 1.0).reshape(3, 3)


def _homogeneous(points: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.hstack([points.astype(np.float64), np.ones((len(points), 1))])
