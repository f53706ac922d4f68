"""Count, range, mean and standard deviation of rows that come piece by piece, as exact as over all rows at once.

Source: Chan, Golub and LeVeque 1979, updating formulae for sample variances. Knows nothing of what the rows mean.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class RunningStatistics:
    """Statistics of each column of what was added so far."""

    def __init__(self) -> None:
        self.count = 0
        """Rows so far."""
        self._low = self._high = self._mean = self._squares = np.zeros(0)

    def add(self, rows: NDArray[np.floating]) -> None:
        """Add rows of shape (T, D), D the same every time."""
        if not len(rows):
            return
        values, count = rows.astype(np.float64), self.count + len(rows)
        low, high = values.min(0), values.max(0)
        with np.errstate(invalid="ignore"):  # infinities make NaN, which is what is known of them
            mean = values.mean(0)
            squares = ((values - mean) ** 2).sum(0)
            if self.count:
                low, high = np.minimum(self._low, low), np.maximum(self._high, high)
                gap = mean - self._mean
                squares = self._squares + squares + gap**2 * self.count * len(rows) / count
                mean = self._mean + gap * len(rows) / count
        self.count, self._low, self._high, self._mean, self._squares = count, low, high, mean, squares

    def to_plain(self) -> dict[str, Any]:
        """`count` and, unless it is 0, `min`, `max`, `mean` and `std`, lists of D numbers."""
        if not self.count:
            return {"count": 0}
        numbers = {"min": self._low, "max": self._high, "mean": self._mean, "std": np.sqrt(self._squares / self.count)}
        return {"count": self.count, **{name: array.tolist() for name, array in numbers.items()}}
