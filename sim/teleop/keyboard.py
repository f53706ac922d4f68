"""Keys in a terminal: works over SSH and under every window system, because it reads characters and nothing else.

A terminal tells which characters came and not how long a key is held: a motion goes on for KEY_HOLD_S after its last
character, and the terminal's own key repeat keeps it going.
"""

import os
import select
import sys
import termios
import time
import tty
from collections.abc import Iterator
from typing import Self

import numpy as np

from sim.teleop.teleop import Controls, DeviceMissing, SteeredTeleop, Wish

KEY_HOLD_S = 0.35
"""How long one character moves the robot; longer than the pause before most terminals begin to repeat a key."""
ESCAPE_S = 0.03
"""Over a slow line the rest of an arrow's sequence may come this much after its escape character."""
AXES = {"w": (0, 1), "x": (0, -1), "a": (1, 1), "d": (1, -1), "e": (2, 1), "c": (2, -1)}
TURNS = {"u": (3, -1), "o": (3, 1), "i": (4, 1), "k": (4, -1), "j": (5, 1), "l": (5, -1)}
"""Character -> axis of the motion and its sign."""
WISHES = {
    "n": Wish.KEEP, "right": Wish.KEEP, "r": Wish.REDO, "left": Wish.REDO, "q": Wish.STOP, "escape": Wish.STOP,
    "s": Wish.SUCCESS, "f": Wish.FAILURE,
}  # fmt: skip
GRIPPER = " "
_ARROWS = {b"C": "right", b"D": "left", b"A": "up", b"B": "down"}


class Keyboard(SteeredTeleop):
    """Reads the terminal in raw mode, and gives it back as it was.

    Args: descriptor: of the terminal; the standard input when left out.
    """

    help = "w x a d e c move, i k j l u o turn, space gripper; n keep, r redo, s f label, q stop"

    def __init__(self, descriptor: int | None = None) -> None:
        self._terminal = sys.stdin.fileno() if descriptor is None else descriptor
        self._before: list | None = None
        self._pressed_s: dict[str, float] = {}
        self._wishes: list[Wish] = []
        self._is_closed = True

    def __enter__(self) -> Self:
        """Raises: DeviceMissing: there is no terminal."""
        if not os.isatty(self._terminal):
            raise DeviceMissing(
                "Keyboard: expected a terminal on the standard input, found none; run `mil record` from a terminal, or "
                "choose --teleop scripted."
            )
        self._before = termios.tcgetattr(self._terminal)
        tty.setcbreak(self._terminal)  # characters come at once and unseen; Ctrl-C still works
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._before)
            self._before = None

    def controls(self) -> Controls:
        """What the keys of the last moments ask for."""
        now_s = time.monotonic()
        for name in self._read():
            self._press(name, now_s)
        motion = np.zeros(6)
        for name, (axis, sign) in {**AXES, **TURNS}.items():
            if now_s - self._pressed_s.get(name, -np.inf) <= KEY_HOLD_S:
                motion[axis] += sign
        return Controls(motion, self._is_closed)

    def wishes(self) -> list[Wish]:
        """Keys that ask for something else than motion."""
        self.controls()
        wishes, self._wishes = self._wishes, []
        return wishes

    def _press(self, name: str, now_s: float) -> None:
        if name in WISHES:
            self._wishes.append(WISHES[name])
        elif name == GRIPPER:
            self._is_closed = not self._is_closed
        else:
            self._pressed_s[name] = now_s

    def _read(self) -> Iterator[str]:
        content = b""
        while select.select([self._terminal], [], [], ESCAPE_S if _is_open(content) else 0.0)[0]:
            content += (part := os.read(self._terminal, 1024))
            if not part:
                break
        return key_names(content)


def key_names(content: bytes) -> Iterator[str]:
    """Names of the keys behind the bytes that a terminal sent: a character in lower case, or the name of an arrow.

    Other control sequences, for instance of function keys or of a pasted text, are left out as a whole.
    """
    place = 0
    while place < len(content):
        if content[place : place + 1] != b"\x1b":
            yield chr(content[place]).lower()
            place += 1
            continue
        if content[place + 1 : place + 2] not in (b"[", b"O"):
            yield "escape"
            place += 1
            continue
        end = place + 2
        while end < len(content) and not 0x40 <= content[end] <= 0x7E:
            end += 1
        final = content[end : end + 1]
        if end == place + 2 and final in _ARROWS:
            yield _ARROWS[final]
        place = end + 1


def _is_open(content: bytes) -> bool:
    """Whether the bytes end within a control sequence, or with an escape that may begin one."""
    start = content.rfind(b"\x1b")
    rest = content[start:] if start >= 0 else b""
    return rest in (b"\x1b", b"\x1b[", b"\x1bO") or (
        rest[:2] == b"\x1b[" and all(not 0x40 <= c <= 0x7E for c in rest[2:])
    )
