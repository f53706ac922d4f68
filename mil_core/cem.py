"""The cross-entropy method over moves: which thing to take, and where to put it. Knows neither things nor pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mil_core.errors import InvalidProblem

Score = Callable[[NDArray[np.int64], NDArray[np.float64]], NDArray[np.floating]]
"""From things (N,) and places in metres (N, 2) to scores (N,); minus infinity for moves that cannot be made."""


@dataclass(frozen=True)
class CemConfig:
    """How moves are searched for."""

    num_iterations: int = 3
    """Rounds of drawing and refitting; the first one draws evenly."""
    num_samples: int = 100
    """Moves drawn in each round."""
    num_elites: int = 10
    """Best moves so far, which the next round is fitted to."""
    least_spread_m: float = 0.02
    """Standard deviation of the draws around the elites, at least."""
    explore: float = 0.2
    """Share of every round that is drawn evenly."""


class Found(NamedTuple):
    """The move to make."""

    thing: int
    """Which thing to take."""
    place_m: NDArray[np.float64]
    """Where to put it, shape (2,)."""
    score: float
    """What it promises; minus infinity where no drawn move can be made."""


def search(
    score: Score,
    things: Sequence[int],
    low_m: NDArray[np.float64],
    high_m: NDArray[np.float64],
    config: CemConfig,
    rng: np.random.Generator,
) -> Found:
    """The best move that cross-entropy search finds.

    Source: Rubinstein 1999; Ebert et al. 2017 plan with it over predicted pictures (thesis 8.2.6.1). Differs: a normal
    distribution for each thing, elites of all rounds, some even draws in each.

    Args: score: of moves. things: that may be taken, at least one. low_m, high_m: corners of all places, shape (2,).
    Raises: InvalidProblem: there is nothing to take.
    """
    if not len(things):
        raise InvalidProblem("search: expected at least one thing that may be moved, found none.")
    taken, places_m = _even(things, low_m, high_m, config.num_samples, rng)
    scores = np.asarray(score(taken, places_m), np.float64)
    for _ in range(config.num_iterations - 1):
        best = np.argsort(-scores, kind="stable")[: config.num_elites]
        best = best[np.isfinite(scores[best])]
        num_even = config.num_samples if not len(best) else round(config.explore * config.num_samples)
        drawn = [_even(things, low_m, high_m, num_even, rng)]
        if len(best):
            count = config.num_samples - num_even
            drawn.append(_near(taken[best], places_m[best], low_m, high_m, count, config.least_spread_m, rng))
        new_taken, new_places_m = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
        taken, places_m = np.concatenate([taken, new_taken]), np.concatenate([places_m, new_places_m])
        scores = np.concatenate([scores, score(new_taken, new_places_m)])
    return _middle(score, taken, places_m, scores, config)


def _middle(
    score: Score,
    taken: NDArray[np.int64],
    places_m: NDArray[np.float64],
    scores: NDArray[np.float64],
    config: CemConfig,
) -> Found:
    """The mean of the winner's fellow elites, unless it is worse than the worst of them: the best of many draws is
    often one whose score errs, and where scores are flat it lies anywhere."""
    best = np.argsort(-scores, kind="stable")[: config.num_elites]
    winner = best[0]
    fellows = best[(taken[best] == taken[winner]) & np.isfinite(scores[best])]
    if len(fellows) > 1:
        mean_m = np.clip(places_m[fellows].mean(0), places_m[fellows].min(0), places_m[fellows].max(0))
        found = float(score(taken[winner : winner + 1], mean_m[None])[0])
        if found >= scores[fellows].min():
            return Found(int(taken[winner]), mean_m, found)
    return Found(int(taken[winner]), places_m[winner], float(scores[winner]))


def _even(
    things: Sequence[int], low_m: NDArray[np.float64], high_m: NDArray[np.float64], count: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    return rng.choice(np.asarray(things, np.int64), count), rng.uniform(low_m, high_m, (count, 2))


def _near(
    taken: NDArray[np.int64],
    places_m: NDArray[np.float64],
    low_m: NDArray[np.float64],
    high_m: NDArray[np.float64],
    count: int,
    least_spread_m: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Draws from the normal distributions of the elites' moves, one for each thing."""
    drawn = rng.choice(taken, count)
    means_m, spreads_m = np.empty((count, 2)), np.empty((count, 2))
    for thing in np.unique(drawn):
        own_m = places_m[taken == thing]
        means_m[drawn == thing] = own_m.mean(0)
        spreads_m[drawn == thing] = np.maximum(own_m.std(0), least_spread_m)
    return drawn, np.clip(rng.normal(means_m, spreads_m), low_m, high_m)
