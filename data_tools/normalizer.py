"""Whitening: statistics of a training set, stored with whatever was trained on it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_tools.errors import DemoShapeMismatch

STD_FLOOR = 1e-3
"""Constant dimensions are divided by this instead of zero; the value of the released code of MIL."""


@dataclass(frozen=True)
class Normalizer:
    """Mean and standard deviation of each dimension."""

    mean: NDArray[np.float32]
    """Shape (D,)."""
    std: NDArray[np.float32]
    """Shape (D,), at least STD_FLOOR."""

    def __post_init__(self) -> None:
        if self.mean.ndim != 1 or self.mean.shape != self.std.shape or not (self.std >= STD_FLOOR).all():
            raise DemoShapeMismatch(
                f"Normalizer: expected mean and std of one shape (D,), std at least {STD_FLOOR}; found "
                f"{self.mean.shape} and {self.std.shape}, smallest std {self.std.min(initial=np.inf)}."
            )

    @classmethod
    def fit(cls, values: NDArray[np.float32]) -> "Normalizer":
        """Statistics over the first axis of `values`, shape (N, D), N >= 1."""
        floor = np.float32(STD_FLOOR)
        return cls(values.mean(0).astype(np.float32), np.maximum(values.std(0), floor).astype(np.float32))

    def normalize(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """(values - mean) / std for values of shape (..., D)."""
        return ((values - self.mean) / self.std).astype(np.float32)

    def denormalize(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """The inverse of `normalize`."""
        return (values * self.std + self.mean).astype(np.float32)
