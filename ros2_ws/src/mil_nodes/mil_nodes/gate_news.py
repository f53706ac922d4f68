"""Ends a run when the safety gate lets nothing through until somebody arms it. Knows no ROS but the gate's states.

Told by the ROS thread what the gate says, asked by the thread that runs episodes.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from mil_interfaces.msg import SafetyState

DISARMED = {
    SafetyState.UNARMED: "UNARMED",
    SafetyState.FAULT: "FAULT",
    SafetyState.ESTOP: "ESTOP",
}
"""States that end a run, as the gate cannot leave them by itself; in HOLDING a run waits."""
ARMING_S = 0.5
"""News of an arming may be on its way for this long: the gate repeats its state every 0.2 s."""
DISCOVERY_S = 5.0
"""Two processes that have just begun may need this long to hear of each other."""
POLL_S = 0.02
"""How often a wait for that news looks."""


class GateNews:
    """What the gate said last, and whether it ended the run that is watched."""

    def __init__(self, stop: threading.Event) -> None:
        """Args: stop: set when the gate ends the run that is watched; whoever acts looks at it."""
        self._stop = stop
        self._lock = threading.Lock()
        self._is_watching = self._is_heard = False
        self._disarmed = "no word of it"
        self._why = ""

    def put(self, state: int, detail: str) -> None:
        """The gate said something. Args: state: one of SafetyState. detail: its reasons in words."""
        with self._lock:
            name, self._is_heard = DISARMED.get(state, ""), True
            self._disarmed = f"{name} ({detail})" if name and detail else name
            self._end_if_disarmed()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """From here to the end of the block a disarmed gate ends the run.

        Before the first step its news is waited for: who armed it just now may be quicker than the word of it. Without
        any word of it there is no run: nothing else could let the commands through.
        """
        begun_s = time.monotonic()
        while self._disarmed and not self._stop.wait(POLL_S):
            if time.monotonic() - begun_s > (ARMING_S if self._is_heard else DISCOVERY_S):
                break
        with self._lock:
            self._why, self._is_watching = "", True
            self._end_if_disarmed()
        try:
            yield
        finally:
            with self._lock:
                self._is_watching = False

    @property
    def why_ended(self) -> str:
        """Why the gate ended the last run that was watched; empty when it did not."""
        with self._lock:
            return self._why

    def _end_if_disarmed(self) -> None:
        # What was stopped already has its reason: the first one counts.
        if not (self._is_watching and self._disarmed) or self._stop.is_set():
            return
        self._why = (
            f"Safety gate: expected it armed until the end of the run, found {self._disarmed}; see to the reason, "
            "arm the gate (ros2 service call /safety_gate/arm std_srvs/srv/Trigger), then run again."
        )
        self._stop.set()
