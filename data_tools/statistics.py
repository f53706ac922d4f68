"""Intervals for success counts. Knows nothing of what was tried."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import binomtest

from data_tools.errors import DataError


def wilson95(successes: int, n: int) -> tuple[float, float]:
    """The 95% Wilson score interval of a success rate, right when every trial is independent of the others.

    Source: Wilson 1927, as in scipy.stats.binomtest(...).proportion_ci(method="wilson"), without continuity correction.

    Args: successes: from 0 to n. n: number of trials, at least 1.
    Returns: lower and upper end, in [0, 1].
    Raises: DataError: the counts are out of range.
    """
    if not 0 <= successes <= n or n < 1:
        raise DataError(f"wilson95: expected 0 <= successes <= n and n >= 1, found {successes} of {n}.")
    interval = binomtest(successes, n).proportion_ci(confidence_level=0.95, method="wilson")
    return float(interval.low), float(interval.high)


def task_bootstrap95(
    task_rates: Sequence[float], rng: np.random.Generator, num_resamples: int = 10_000
) -> tuple[float, float]:
    """The 95% percentile bootstrap interval of the mean rate, with tasks drawn anew and their trials kept together.

    Trials of one task share its objects and succeed or fail together, so the Wilson interval over all trials is too
    narrow; this one counts tasks, not trials.

    Args: task_rates: success rate of each task, at least one. rng: source of the draws. num_resamples: draws.
    Returns: lower and upper end.
    Raises: DataError: there is no task.
    """
    rates = np.asarray(task_rates, np.float64)
    if rates.ndim != 1 or not len(rates):
        raise DataError(f"task_bootstrap95: expected the rates of at least one task, found shape {rates.shape}.")
    means = rates[rng.integers(0, len(rates), (num_resamples, len(rates)))].mean(1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)
