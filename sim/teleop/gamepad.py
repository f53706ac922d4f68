"""A gamepad, through Linux's own input devices: sticks move the gripper, buttons do the rest."""

import importlib
from typing import Any, Self

import numpy as np

from sim.teleop.teleop import Controls, DeviceMissing, SteeredTeleop, Wish

DEAD_ZONE = 0.12
"""Deflection below which a stick counts as at rest."""
# Codes from linux/input-event-codes.h, as game controllers use them.
EV_KEY, EV_ABS = 1, 3
BTN_SOUTH, BTN_EAST, BTN_NORTH, BTN_WEST, BTN_TR, BTN_SELECT, BTN_START = 304, 305, 307, 308, 311, 314, 315
ABS_X, ABS_Y, ABS_Z, ABS_RX, ABS_RY, ABS_RZ = 0, 1, 2, 3, 4, 5
AXES = {ABS_Y: (0, -1), ABS_X: (1, -1), ABS_RY: (2, -1), ABS_RX: (5, -1)}
"""Stick -> axis of the motion and its sign: sticks count to the right and down."""
WISHES = {
    BTN_START: Wish.KEEP, BTN_SELECT: Wish.REDO, BTN_EAST: Wish.STOP, BTN_NORTH: Wish.SUCCESS, BTN_WEST: Wish.FAILURE,
}  # fmt: skip


class Gamepad(SteeredTeleop):
    """The first gamepad of this machine.

    Args: device: something with the methods of evdev.InputDevice; the first gamepad when left out.
    """

    help = "left stick moves, right stick up down and turns, A gripper; start keep, select redo, X Y label, B stop"

    def __init__(self, device: Any = None) -> None:
        self._device = device
        self._deflection = dict.fromkeys(AXES, 0.0)
        self._ranges: dict[int, tuple[float, float]] = {}
        self._wishes: list[Wish] = []
        self._is_closed = True

    def __enter__(self) -> Self:
        """Raises: DeviceMissing: no gamepad, or no library to read it."""
        self._device = self._device or first_gamepad()
        absolute = self._device.capabilities(absinfo=True).get(EV_ABS, [])
        self._ranges = {code: (info.min, info.max) for code, info in absolute}
        return self

    def __exit__(self, *_: object) -> None:
        self._device.close()

    def controls(self) -> Controls:
        """Where the sticks are."""
        self._take()
        motion = np.zeros(6)
        for code, (axis, sign) in AXES.items():
            deflection = self._deflection[code]
            motion[axis] = sign * deflection if abs(deflection) > DEAD_ZONE else 0.0
        return Controls(motion, self._is_closed)

    def wishes(self) -> list[Wish]:
        """Buttons pressed since the last call."""
        self._take()
        wishes, self._wishes = self._wishes, []
        return wishes

    def _take(self) -> None:
        """All events that wait. Raises: DeviceMissing: the gamepad was unplugged."""
        try:
            for event in self._device.read():
                if event.type == EV_ABS and event.code in AXES:
                    low, high = self._ranges.get(event.code, (-32768, 32767))
                    self._deflection[event.code] = float(np.clip(2 * (event.value - low) / (high - low) - 1, -1, 1))
                elif event.type == EV_KEY and event.value == 1:
                    self._press(event.code)
        except BlockingIOError:
            return  # nothing new
        except OSError as error:
            raise DeviceMissing(f"Gamepad: expected it to stay, found it gone ({error}); plug it in again.") from error

    def _press(self, code: int) -> None:
        if code in WISHES:
            self._wishes.append(WISHES[code])
        elif code == BTN_SOUTH:
            self._is_closed = not self._is_closed


def first_gamepad() -> Any:
    """The first device with the buttons of a gamepad. Raises: DeviceMissing."""
    try:
        evdev = importlib.import_module("evdev")
    except ImportError as error:
        raise DeviceMissing(
            "Gamepad: expected the package evdev, found none; type: pip install 'mil[teleop]'."
        ) from error
    devices = [evdev.InputDevice(path) for path in evdev.list_devices()]
    found = [device for device in devices if BTN_SOUTH in device.capabilities().get(EV_KEY, [])]
    for device in devices:
        if device not in found[:1]:
            device.close()
    if not found:
        raise DeviceMissing(
            "Gamepad: expected one that this user may read in /dev/input, found none; plug it in, join the group "
            "`input`, or choose --teleop keyboard."
        )
    return found[0]
