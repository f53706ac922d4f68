"""Where demonstrated paths over a grid begin. Knows neither what is to be avoided nor why."""

import numpy as np
from numpy.typing import NDArray


def is_behind(is_avoided: NDArray[np.bool_], goal: tuple[int, int]) -> NDArray[np.bool_]:
    """The cells from which the straight way to the goal leads over avoided ones.

    Args: is_avoided: shape (rows, cols). goal: row and column.
    Returns: shape (rows, cols).
    """
    rows_cols = np.moveaxis(np.indices(is_avoided.shape), 0, -1)
    share = np.linspace(0, 1, 2 * max(is_avoided.shape))[:, None, None, None]
    along = np.rint(rows_cols + share * (np.array(goal) - rows_cols)).astype(np.int64)
    return is_avoided[along[..., 0], along[..., 1]].any(axis=0)


def start_probability(may_start: NDArray[np.bool_], is_behind: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Half of the paths start behind something to avoid, where there is such a cell: the others hardly tell of it.

    Args: may_start, is_behind: shape (rows, cols); what is behind may start too.
    Returns: shape (rows, cols); sums to 1.
    """
    anywhere = may_start / may_start.sum()
    return (anywhere + is_behind / is_behind.sum()) / 2 if is_behind.any() else anywhere
