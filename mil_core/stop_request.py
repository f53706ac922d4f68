"""A wish to stop that is granted between two steps of a long work, so that nothing done is lost."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""Ctrl-C, and what a scheduler or `kill` sends first."""


class StopRequest:
    """Inside a `with` the first Ctrl-C or TERM is only noted; the second does what it always does.

    What is ignored stays ignored, as Ctrl-C is by a job in the background. Outside of the main thread, where Python
    takes no signals, it never hears any.
    """

    def __init__(self) -> None:
        self.is_made = False
        """Whether somebody wants to stop."""
        self._earlier: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "StopRequest":
        if threading.current_thread() is threading.main_thread():
            heard = [number for number in SIGNALS if signal.getsignal(number) not in (signal.SIG_IGN, None)]
            self._earlier = {number: signal.signal(number, self._hear) for number in heard}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop_hearing()

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.is_made = True
        self._stop_hearing()  # whoever asks twice does not want to wait

    def _stop_hearing(self) -> None:
        for number, earlier in self._earlier.items():
            signal.signal(number, earlier)
        self._earlier = {}
