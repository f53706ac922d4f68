"""Every way to move a robot by hand, by name. A new device is one file and one line here."""

from sim.teleop.gamepad import Gamepad
from sim.teleop.keyboard import Keyboard
from sim.teleop.scripted import Scripted
from sim.teleop.space_mouse import SpaceMouse
from sim.teleop.teleop import AbstractTeleop

TELEOPS: dict[str, type[AbstractTeleop]] = {
    "gamepad": Gamepad,
    "keyboard": Keyboard,
    "scripted": Scripted,
    "spacemouse": SpaceMouse,
}
