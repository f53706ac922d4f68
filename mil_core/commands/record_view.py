"""What the operator sees while recording: the scene and a status line, in a window or in the terminal."""

import os
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.console import Console, Group
from rich.live import Live
from rich.style import Style
from rich.text import Text

from data_tools.recorder import Take

WINDOW = "mil record"
WINDOW_SCALE = 5
TERMINAL_COLUMNS = 64
"""Width of the picture in the terminal; two rows of it share one line."""


class View:
    """Shows a session, where there is a terminal; says nothing otherwise.

    Args: console: where to write. help: the controls, in one line. is_picture_wanted: whether somebody needs to see.
    """

    def __init__(self, console: Console, help: str, *, is_picture_wanted: bool) -> None:
        self._help, self._is_picture_wanted = help, is_picture_wanted
        self._has_window = is_picture_wanted and bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
        self._live = Live(console=console, transient=True, auto_refresh=False) if console.is_terminal else None
        self._status = ""

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()
        if self._has_window:
            cv2.destroyAllWindows()

    def show(self, take: Take, picture: NDArray[np.uint8], label: str | None) -> None:
        """How the take goes: time, achieved rate, drops, label."""
        self._status = status(take, label)
        if self._has_window:
            large = cv2.resize(picture, None, fx=WINDOW_SCALE, fy=WINDOW_SCALE, interpolation=cv2.INTER_NEAREST)
            cv2.imshow(WINDOW, large[..., ::-1])
            cv2.waitKey(1)  # lets the window draw; its keys do not count, the terminal's do
        self._draw(picture if self._is_picture_wanted and not self._has_window else None)

    def ask(self) -> None:
        """The time is over: what shall become of the episode?"""
        if "time is over" not in self._status:
            self._status += "; time is over: keep it or do it again?"
            self._draw(None)

    def _draw(self, picture: NDArray[np.uint8] | None) -> None:
        if self._live is not None:
            lines = [Text(self._status), Text(self._help, style="dim")]
            self._live.update(Group(*([] if picture is None else [drawn(picture)]), *lines), refresh=True)


def status(take: Take, label: str | None) -> str:
    """One line about a take."""
    image = take.counts["image"]
    seconds = image.last_time_s - image.first_time_s if image.taken else 0.0
    words = [f"{image.taken} frames", f"{seconds:.1f} s", f"{image.rate_hz:.1f} Hz", f"{take.dropped} dropped"]
    return ", ".join([*words, f"label {label or 'by the task'}"])


def drawn(picture: NDArray[np.uint8]) -> Text:
    """A picture as characters: the upper half of each is one pixel, the lower half, its background, the next."""
    rows = 2 * round(TERMINAL_COLUMNS * picture.shape[0] / picture.shape[1] / 2)
    small = cv2.resize(picture, (TERMINAL_COLUMNS, rows), interpolation=cv2.INTER_AREA)
    text = Text()
    for upper, lower in zip(small[::2], small[1::2], strict=True):
        for above, below in zip(upper, lower, strict=True):
            text.append("▀", Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below)))
        text.append("\n")
    return text
