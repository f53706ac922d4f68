"""Tool velocities that follow a line through space. Knows neither robots nor what the line is for."""

import numpy as np
from numpy.typing import NDArray

GAIN_PER_S = 4.0
LOOKAHEAD_M = 0.025
"""How far ahead on the line one steers to: corners are cut by less than half of it."""


class PathFollower:
    """Pure pursuit along straight pieces, never backwards."""

    def __init__(self, waypoints_m: NDArray[np.floating], max_speed_m_s: float) -> None:
        """Args: waypoints_m: shape (N, 3), N >= 1. max_speed_m_s: above 0."""
        self._waypoints_m = np.asarray(waypoints_m, np.float64)
        steps_m = np.linalg.norm(np.diff(self._waypoints_m, axis=0), axis=1)
        self._along_m = np.concatenate([[0.0], steps_m.cumsum()])
        self._max_speed_m_s = max_speed_m_s
        self._done_m = 0.0

    def velocity_m_s(self, tool_m: NDArray[np.floating]) -> NDArray[np.float64]:
        """Velocity for the next control step; it shrinks to zero at the end of the line.

        Args: tool_m: where the tool is, shape (3,).
        Returns: shape (3,).
        """
        # The nearest place on the line within reach of the last one: a line may pass the same place twice.
        reach_m = self._done_m + np.linspace(0.0, 2 * LOOKAHEAD_M, 21)
        nearest = np.linalg.norm(self._at(reach_m) - tool_m, axis=1).argmin()
        self._done_m = min(float(reach_m[nearest]), float(self._along_m[-1]))
        left_m = self._at(np.array([self._done_m + LOOKAHEAD_M]))[0] - tool_m
        velocity = GAIN_PER_S * left_m
        speed = float(np.linalg.norm(velocity))
        is_ending = self._done_m + LOOKAHEAD_M >= self._along_m[-1]
        # Before the end the pace is steady, whatever the lookahead.
        factor = self._max_speed_m_s / max(speed, 1e-9)
        return velocity * (min(1.0, factor) if is_ending else factor)

    def _at(self, along_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places at lengths along the line, shape (N, 3)."""
        return np.stack([np.interp(along_m, self._along_m, axis) for axis in self._waypoints_m.T], axis=1)
