"""What the goal monitor said of the newest pictures, thread safe: old news and news of other classifiers do not count.

Filled by the ROS thread, asked by the thread that runs episodes. Knows no message types.
"""

import math
import threading
import time
from collections import deque
from typing import NamedTuple

from mil_core.adapted_goal import Sighting

KEPT = 16
"""Sightings to keep; more than any decision asks for."""


class _Entry(NamedTuple):
    stamp_ns: int
    arrival_s: float
    seen: Sighting


class GoalFeed:
    """The newest sightings of one classifier."""

    def __init__(self, max_age_s: float) -> None:
        """Args: max_age_s: a sighting that arrived longer ago decides nothing."""
        self._max_age_s = max_age_s
        self._lock = threading.Lock()
        self._classifier_id = ""
        self._entries: deque[_Entry] = deque(maxlen=KEPT)

    def begin(self, classifier_id: str) -> None:
        """Forget everything and listen to this classifier."""
        with self._lock:
            self._classifier_id = classifier_id
            self._entries.clear()

    def put(self, classifier_id: str, stamp_ns: int, seen: Sighting) -> None:
        """A sighting arrived now; what is of another classifier or no newer than the one before is dropped."""
        with self._lock:
            if classifier_id != self._classifier_id or (self._entries and stamp_ns <= self._entries[-1].stamp_ns):
                return
            self._entries.append(_Entry(stamp_ns, time.monotonic(), seen))

    def fresh(self, since_ns: int) -> list[Sighting]:
        """Sightings in their order, of pictures with this stamp or later ones, none of them old."""
        with self._lock:
            oldest_s = time.monotonic() - self._max_age_s
            return [entry.seen for entry in self._entries if entry.stamp_ns >= since_ns and entry.arrival_s >= oldest_s]

    def newest(self, since_ns: int) -> float:
        """Probability in the newest of them; NaN when there is none, or it cannot be judged."""
        fresh = self.fresh(since_ns)
        return fresh[-1].probability if fresh else math.nan

    def has_judged(self, stamp_ns: int) -> bool:
        """Whether there is a sighting, old or not, of a picture with this stamp or a later one."""
        with self._lock:
            return bool(self._entries) and self._entries[-1].stamp_ns >= stamp_ns
