"""A space mouse: push, lift and twist it, and the gripper does the same."""

import importlib
from typing import Any, Self

import numpy as np

from sim.teleop.teleop import Controls, DeviceMissing, SteeredTeleop, Wish

READS = 50
"""Reports to take at once: the device sends one for each small movement, and only the newest counts."""


class SpaceMouse(SteeredTeleop):
    """The first space mouse of this machine. Left button: gripper. Right button: keep; both: stop.

    Args: device: something with the methods of pyspacemouse's device; the first one when left out.
    """

    help = "push, lift, twist; left button gripper, right button keep, both stop"

    def __init__(self, device: Any = None) -> None:
        self._device = device
        self._buttons = (False, False)
        self._wishes: list[Wish] = []
        self._is_closed = True
        self._motion = np.zeros(6)

    def __enter__(self) -> Self:
        """Raises: DeviceMissing: no space mouse, or no library to read it."""
        self._device = self._device or _first_space_mouse()
        return self

    def __exit__(self, *_: object) -> None:
        self._device.close()

    def controls(self) -> Controls:
        """How the cap is pushed."""
        self._take()
        return Controls(self._motion.copy(), self._is_closed)

    def wishes(self) -> list[Wish]:
        """Buttons pressed since the last call."""
        self._take()
        wishes, self._wishes = self._wishes, []
        return wishes

    def _take(self) -> None:
        state, before_t = None, None
        for _ in range(READS):
            state = self._device.read()
            if state is None or state.t == before_t:
                break
            before_t = state.t
        if state is None:
            return
        wanted = [state.x, state.y, state.z, state.roll, state.pitch, state.yaw]
        self._motion = np.clip(np.array(wanted, np.float64), -1.0, 1.0)
        self._press((bool(state.buttons[0]), bool(state.buttons[-1])))

    def _press(self, buttons: tuple[bool, bool]) -> None:
        is_new = tuple(now and not before for now, before in zip(buttons, self._buttons, strict=True))
        if all(buttons) and any(is_new):
            self._wishes.append(Wish.STOP)
        elif is_new[0]:
            self._is_closed = not self._is_closed
        elif is_new[1]:
            self._wishes.append(Wish.KEEP)
        self._buttons = buttons


def _first_space_mouse() -> Any:
    try:
        library = importlib.import_module("pyspacemouse")
    except ImportError as error:
        raise DeviceMissing(
            "Space mouse: expected the package pyspacemouse, found none; type: pip install 'mil[teleop]'."
        ) from error
    try:
        # The convention of ROS (REP 103) is that of this project: x forward, y left, z up.
        return library.open(axis_convention=library.AxisConvention.ROS)
    except Exception as error:  # the library and the one below it raise many kinds, all of them with words
        raise DeviceMissing(
            f"Space mouse: expected one that this user may read, found none ({error}); plug it in, or choose --teleop "
            "keyboard."
        ) from error
