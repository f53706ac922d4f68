"""From raw scores to probabilities that mean what they say, and the threshold above which one is believed.

Fitted to tasks that training never met. Refuses to know what made the scores.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import rankdata

from mil_core.errors import BadThreshold

Numbers = NDArray[np.floating]

MOST_FALSE_ALARMS = 0.05
"""Share of the negatives that may pass the threshold on validation tasks; the thesis names no threshold."""
LEAST_THRESHOLD = 0.5
NUM_BINS = 10
_FAR = 6.0
"""Limits of the logarithm of the slope."""


@dataclass(frozen=True)
class Calibration:
    """Probability = 1 / (1 + exp(-(slope * score + offset)))."""

    slope: float = 1.0
    """Positive, so that order is kept; one over the temperature."""
    offset: float = 0.0
    """Zero for a classifier; a distance needs one."""
    threshold: float = LEAST_THRESHOLD
    """Probabilities above it count as success."""

    def __post_init__(self) -> None:
        check_threshold(self.threshold)
        if not (np.isfinite(self.slope) and self.slope > 0 and np.isfinite(self.offset)):
            raise BadThreshold(
                f"calibration: expected a positive slope and a finite offset, found {self.slope} and {self.offset}; "
                "restore the checkpoint."
            )

    def probability(self, scores: Numbers) -> NDArray[np.float64]:
        """Probabilities of scores, same shape."""
        return expit(self.slope * np.asarray(scores, np.float64) + self.offset)


def check_threshold(threshold: float) -> None:
    """Raises: BadThreshold: it is not inside (0, 1)."""
    if not 0 < threshold < 1:  # false for NaN, too
        raise BadThreshold(f"threshold: expected a number between 0 and 1, both excluded, found {threshold}; say 0.9.")


def fit(scores: Numbers, labels: NDArray[np.bool_], weights: Numbers, *, with_offset: bool) -> Calibration:
    """The slope (and offset) of least cross entropy, and the least threshold with few false alarms.

    Source: temperature scaling, Guo et al. 2017; with an offset it is Platt's scaling.

    Args: scores, labels, weights: of each picture of each validation task, shape (N,). with_offset: fit one.
    """
    signs = np.where(labels, 1.0, -1.0)
    unit = float(np.average(np.abs(scores - np.average(scores, weights=weights)), weights=weights)) or 1.0

    def loss(free: Numbers) -> float:
        offset = free[1] if with_offset else 0.0
        margin = signs * (np.exp(free[0]) * scores / unit + offset)
        return float(np.average(np.logaddexp(0.0, -margin), weights=weights))

    start = [0.0, 0.0] if with_offset else [0.0]
    bounds = [(-_FAR, _FAR), (None, None)][: len(start)]
    found = minimize(loss, start, method="L-BFGS-B", bounds=bounds).x
    slope, offset = float(np.exp(found[0]) / unit), float(found[1]) if with_offset else 0.0
    probability = Calibration(slope, offset).probability(scores)
    return Calibration(slope, offset, _threshold(probability, labels, weights))


def _threshold(probability: Numbers, labels: NDArray[np.bool_], weights: Numbers) -> float:
    negative, share = probability[~labels], weights[~labels]
    order = np.argsort(negative)
    passed = 1 - np.cumsum(share[order]) / share.sum()  # weight of the negatives above each
    allowed = negative[order][passed <= MOST_FALSE_ALARMS]
    return float(np.clip(allowed[0] if len(allowed) else 1.0, LEAST_THRESHOLD, 1 - 1e-6))


def auroc(scores: Numbers, labels: NDArray[np.bool_]) -> float:
    """Chance that a positive scores above a negative, ties counting half; NaN without both."""
    positives, negatives = int(labels.sum()), int((~labels).sum())
    if not positives or not negatives:
        return float("nan")
    return float((rankdata(scores)[labels].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def balanced_accuracy(probability: Numbers, labels: NDArray[np.bool_], threshold: float) -> float:
    """Mean of the shares of positives above and of negatives not above the threshold."""
    is_above = probability > threshold
    return float((is_above[labels].mean() + (~is_above[~labels]).mean()) / 2)


def calibration_error(probability: Numbers, labels: NDArray[np.bool_], weights: Numbers) -> float:
    """Expected calibration error: mean gap between probability and truth over NUM_BINS equally wide bins.

    Source: Naeini et al. 2015, in the form of Guo et al. 2017.
    """
    bins = np.minimum((probability * NUM_BINS).astype(int), NUM_BINS - 1)
    gaps = np.bincount(bins, weights * (probability - labels), NUM_BINS)
    return float(np.abs(gaps).sum() / weights.sum())
