"""How a person's hand carries something to a place: minimum-jerk reaches with pauses, at human speed.

A gesture is drawn once and then asked for any moment. This file knows nothing about pictures or physics.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Gesture:
    """One carrying movement, from a first pause to a last one."""

    duration_s: float
    """Length of the whole gesture."""
    release_s: float
    """Moment at which the item leaves the fingers."""
    open_s: float
    """Time that the fingers take to open, from the release on."""
    knot_times_s: NDArray[np.float64]
    """Ends of the legs, shape (K,), increasing; equal positions around a knot are a pause."""
    knots_m: NDArray[np.float64]
    """Positions of the grip at those times, world frame, shape (K, 3)."""
    bend_m: NDArray[np.float64]
    """Sideways bulge of each leg at its middle, world frame, shape (K - 1, 3)."""

    def grip_m(self, time_s: float) -> NDArray[np.float64]:
        """Position of the grip, world frame, shape (3,)."""
        last = len(self.knots_m) - 2
        leg = int(np.clip(np.searchsorted(self.knot_times_s, time_s, side="right") - 1, 0, last))
        start_s, end_s = self.knot_times_s[leg : leg + 2]
        progress = minimum_jerk(float(np.clip((time_s - start_s) / (end_s - start_s), 0.0, 1.0)))
        straight = self.knots_m[leg] + progress * (self.knots_m[leg + 1] - self.knots_m[leg])
        return straight + 4 * progress * (1 - progress) * self.bend_m[leg]

    def opening(self, time_s: float) -> float:
        """0 while the item is held, 1 with the hand open."""
        return minimum_jerk(float(np.clip((time_s - self.release_s) / self.open_s, 0.0, 1.0)))


def minimum_jerk(progress: float) -> float:
    """Share of the way covered after a share of the time, in a reach from rest to rest.

    Source: T. Flash and N. Hogan, "The coordination of arm movements", J. Neuroscience 5, 1985.

    Args: progress: share of the time, 0 to 1.
    Returns: share of the way, 0 to 1.
    """
    return progress**3 * (10 - 15 * progress + 6 * progress**2)


def draw_gesture(
    rng: np.random.Generator, start_m: NDArray[np.float64], release_m: NDArray[np.float64], away_m: NDArray[np.float64]
) -> Gesture:
    """A gesture from a start to the place of release.

    Args:
        rng: source of chance.
        start_m: where the hand waits at first, world frame, shape (3,).
        release_m: where the item is let go, world frame, shape (3,).
        away_m: where the hand would withdraw to, world frame, shape (3,).

    Returns: a gesture of 3 to 6 seconds.
    """
    hover_m = release_m + np.array((*rng.uniform(-0.01, 0.01, 2), rng.uniform(0.04, 0.09)))
    withdrawal = rng.choice((0.0, rng.uniform(0.2, 0.8)))
    end_m = release_m + withdrawal * (away_m - release_m) + (0, 0, rng.uniform(0.0, 0.05))
    # Wait, carry, hover, lower, let go, withdraw, stay.
    legs_s = np.array([rng.uniform(low, high) for low, high in _LEGS_S])
    duration_s = float(np.clip(legs_s.sum(), 3.0, 6.0))
    legs_s *= duration_s / legs_s.sum()
    knots_m = np.array((start_m, start_m, hover_m, hover_m, release_m, release_m, end_m, end_m))
    knots_m[1] += rng.normal(0, 0.006, 3)
    times_s = np.concatenate(((0.0,), np.cumsum(legs_s)))
    bend_m = np.zeros((len(legs_s), 3))
    bend_m[1] = (*rng.normal(0, 0.02, 2), rng.uniform(0.0, 0.06))
    return Gesture(duration_s, float(times_s[4] + 0.3 * legs_s[4]), 0.3, times_s, knots_m, bend_m)


_LEGS_S = ((0.2, 0.8), (1.1, 2.4), (0.05, 0.4), (0.3, 0.7), (0.4, 0.7), (0.5, 1.0), (0.2, 0.6))
"""Shortest and longest time of each leg, seconds."""
