"""Pairs pictures with states of the same stamp and hands the newest pair to whoever waits.

Filled by the ROS thread, emptied by the thread that thinks. Knows no message types beyond what it is given to hold.
"""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

Picture = TypeVar("Picture")
State = TypeVar("State")
KEPT = 8
"""Unpaired halves to keep; older ones have lost their partner."""


@dataclass(frozen=True)
class Pair(Generic[Picture, State]):
    """One moment as two messages."""

    stamp_ns: int
    """Stamp of both."""
    picture: Picture
    state: State
    arrival_s: float
    """Steady time at which the picture arrived."""
    moment_ns: int
    """When the world stood so; before the stamp where an observation is sent again."""


class ObservationFeed(Generic[Picture, State]):
    """The newest complete observation, thread safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._pictures: OrderedDict[int, tuple[Picture, float]] = OrderedDict()
        self._states: OrderedDict[int, tuple[State, int]] = OrderedDict()
        self._newest: Pair[Picture, State] | None = None

    def put_picture(self, stamp_ns: int, picture: Picture) -> None:
        """A picture arrived now."""
        self._put(self._pictures, stamp_ns, (picture, time.monotonic()))

    def put_state(self, stamp_ns: int, state: State, moment_ns: int | None = None) -> None:
        """A state arrived. Args: moment_ns: see `Pair`; the stamp where it is not given."""
        self._put(self._states, stamp_ns, (state, stamp_ns if moment_ns is None else moment_ns))

    def wait(
        self, other_than_ns: int | None, max_age_s: float, timeout_s: float, since_ns: int = 0
    ) -> Pair[Picture, State] | None:
        """The newest pair if its stamp is at least `since_ns`, differs from `other_than_ns`, and it is no older than
        `max_age_s`.

        Returns: the pair, or None after `timeout_s` without one.
        """

        def is_good() -> bool:
            newest = self._newest
            if newest is None or newest.stamp_ns == other_than_ns or newest.stamp_ns < since_ns:
                return False
            return time.monotonic() - newest.arrival_s <= max_age_s

        with self._changed:
            self._changed.wait_for(is_good, timeout_s)
            return self._newest if is_good() else None

    def _put(self, half: OrderedDict, stamp_ns: int, value: object) -> None:
        with self._changed:
            half[stamp_ns] = value
            while len(half) > KEPT:
                half.popitem(last=False)
            if stamp_ns in self._pictures and stamp_ns in self._states:
                picture, arrival_s = self._pictures[stamp_ns]
                state, moment_ns = self._states[stamp_ns]
                self._newest = Pair(stamp_ns, picture, state, arrival_s, moment_ns)
                self._pictures.clear()
                self._states.clear()
                self._changed.notify_all()
