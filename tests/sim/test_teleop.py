"""Devices say what the operator does, steering moves the gripper that way, and the expert sits at the same controls."""

import os
import pty
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.collect import layout_rng, robot_class, task_at
from sim.env import Environment
from sim.errors import SimError
from sim.experts import EXPERTS
from sim.tasks.task import TOOL_SITE
from sim.teleop import TELEOPS, gamepad, keyboard, space_mouse
from sim.teleop.gamepad import Gamepad
from sim.teleop.keyboard import AXES, TURNS, WISHES, Keyboard, key_names
from sim.teleop.scripted import Scripted
from sim.teleop.space_mouse import SpaceMouse
from sim.teleop.steering import LINEAR_M_S, steer
from sim.teleop.teleop import DeviceMissing, Wish

ARROWS = {"right": b"\x1b[C", "left": b"\x1b[D", "up": b"\x1bOA", "down": b"\x1b[B"}
ENVIRONMENTS = {"planar_arm": "reach", "pr2": "place"}


@pytest.fixture(scope="module", params=sorted(ENVIRONMENTS))
def env(request) -> Iterator[Environment]:
    task = task_at(ENVIRONMENTS[request.param], "train", 0, 0)
    with Environment(task, robot_class(request.param)()) as made:
        yield made


# ---------------------------------------------------------------- steering


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_the_gripper_moves_the_way_it_is_pushed(env: Environment, axis: int, sign: float) -> None:
    if env.robot.name == "planar_arm" and axis == 2:
        return  # it lives in a plane
    env.reset(layout_rng(0, "train", 0, 0))
    for _ in range(10):  # out of the folded pose, from which a planar arm cannot move back
        env.advance(steer(env, np.array([1.0, 0, 0, 0, 0, 0]), is_closed=True))
    before = env.data.site(TOOL_SITE).xpos.copy()
    motion = np.zeros(6)
    motion[axis] = sign
    for _ in range(8):
        env.advance(steer(env, motion, is_closed=True))
    moved = env.data.site(TOOL_SITE).xpos - before
    assert np.abs(moved).argmax() == axis and np.sign(moved[axis]) == sign
    assert np.abs(moved).max() <= 1.5 * LINEAR_M_S * 8 / env.task.control_rate_hz


def test_nothing_pushed_is_nothing_moved(env: Environment) -> None:
    env.reset(layout_rng(0, "train", 0, 0))
    before = env.data.site(TOOL_SITE).xpos.copy()
    for _ in range(5):
        env.advance(steer(env, np.zeros(6), is_closed=True))
    assert np.linalg.norm(env.data.site(TOOL_SITE).xpos - before) < 2e-3


def test_a_robot_that_nobody_can_steer_is_refused(env: Environment, monkeypatch) -> None:
    class Stranger:
        name, action_size = "stranger", 3

    monkeypatch.setattr(env, "robot", Stranger())
    with pytest.raises(SimError, match="pr2, found 'stranger'"):
        steer(env, np.zeros(6), is_closed=True)


# ---------------------------------------------------------------- the expert


def test_the_expert_at_the_controls_does_what_the_expert_does(env: Environment) -> None:
    env.reset(layout_rng(0, "train", 0, 0))
    device, expert = Scripted(), EXPERTS[ENVIRONMENTS[env.robot.name]]()
    with device:
        device.check(env)
        for index in range(3):
            rngs = [np.random.default_rng(index) for _ in range(2)]
            device.reset(env, rngs[0]), expert.reset(env, rngs[1])
            np.testing.assert_array_equal(device.act(env), expert.act(env))
        assert device.wishes() == []


# ---------------------------------------------------------------- keyboard


@given(st.lists(st.sampled_from([*ARROWS, *"wxadecnrqsf n"])))
def test_keys_are_told_apart_in_any_order(names: list[str]) -> None:
    content = b"".join(ARROWS.get(name, name.encode()) for name in names)
    assert list(key_names(content)) == names


@given(st.binary(max_size=40))
def test_no_bytes_break_the_keyboard(content: bytes) -> None:
    for name in key_names(content):
        assert name in {"escape", *ARROWS} or len(name) <= 2


@pytest.mark.parametrize("sequence", [b"\x1b[15~", b"\x1b[1;5C", b"\x1b[200~"])
def test_other_control_sequences_mean_nothing(sequence: bytes) -> None:
    assert list(key_names(sequence + b"n")) == ["n"]


def test_no_key_means_two_things() -> None:
    motions, wishes = [*AXES, *TURNS, " "], [*WISHES]
    assert len(set(motions) | set(wishes)) == len(motions) + len(wishes)


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The two ends of a terminal: the operator's and the program's."""
    operator, program = pty.openpty()
    yield operator, program
    os.close(operator), os.close(program)


def test_a_key_moves_for_a_moment(terminal, monkeypatch) -> None:
    operator, program = terminal
    now_s = 100.0
    monkeypatch.setattr(keyboard.time, "monotonic", lambda: now_s)
    with Keyboard(program) as device:
        os.write(operator, b"wa")
        assert device.controls().motion.tolist() == [1, 1, 0, 0, 0, 0]
        now_s += keyboard.KEY_HOLD_S - 0.01
        assert device.controls().motion.any()
        now_s += 0.02
        assert not device.controls().motion.any()


def test_wishes_come_once_and_the_gripper_toggles(terminal) -> None:
    operator, program = terminal
    with Keyboard(program) as device:
        os.write(operator, b"s\x1b[C q")
        assert device.controls().is_closed is False
        assert device.wishes() == [Wish.SUCCESS, Wish.KEEP, Wish.STOP]
        assert device.wishes() == []


def test_a_lone_escape_stops_and_a_split_arrow_does_not(terminal) -> None:
    operator, program = terminal
    with Keyboard(program) as device:
        os.write(operator, b"\x1b")
        assert device.wishes() == [Wish.STOP]
        os.write(operator, b"\x1b[")
        os.write(operator, b"D")
        assert device.wishes() == [Wish.REDO]


def test_the_terminal_is_given_back_as_it_was(terminal) -> None:
    _, program = terminal
    before = keyboard.termios.tcgetattr(program)
    with Keyboard(program):
        assert keyboard.termios.tcgetattr(program) != before
    assert keyboard.termios.tcgetattr(program) == before


def test_without_a_terminal_the_keyboard_says_so() -> None:
    reader, writer = os.pipe()
    with pytest.raises(DeviceMissing, match="expected a terminal.*--teleop scripted"), Keyboard(reader):
        pass
    os.close(reader), os.close(writer)


# ---------------------------------------------------------------- gamepad and space mouse


@dataclass
class Event:
    type: int
    code: int
    value: int


@dataclass
class Range:
    min: int = 0
    max: int = 255


@dataclass
class Pad:
    """As evdev.InputDevice."""

    events: list[Event] = field(default_factory=list)
    is_closed: bool = False
    error: OSError = field(default_factory=BlockingIOError)

    def capabilities(self, absinfo: bool = True) -> dict[int, Any]:
        return {gamepad.EV_ABS: [(code, Range()) for code in gamepad.AXES]}

    def read(self) -> Iterator[Event]:
        if not self.events:
            raise self.error
        while self.events:
            yield self.events.pop(0)

    def close(self) -> None:
        self.is_closed = True


@given(st.sampled_from(sorted(gamepad.AXES)), st.integers(0, 255))
def test_a_stick_moves_its_axis_in_proportion(code: int, value: int) -> None:
    pad = Pad([Event(gamepad.EV_ABS, code, value)])
    with Gamepad(pad) as device:
        motion = device.controls().motion
    axis, sign = gamepad.AXES[code]
    deflection = 2 * value / 255 - 1
    expected = np.zeros(6)
    if abs(deflection) > gamepad.DEAD_ZONE:
        expected[axis] = sign * deflection
    np.testing.assert_allclose(motion, expected)
    assert pad.is_closed


def test_buttons_of_a_gamepad() -> None:
    pressed = [gamepad.BTN_NORTH, gamepad.BTN_SOUTH, gamepad.BTN_START]
    events = [Event(gamepad.EV_KEY, code, value) for code in pressed for value in (1, 0)]
    with Gamepad(Pad(events)) as device:
        assert device.wishes() == [Wish.SUCCESS, Wish.KEEP]
        assert device.controls().is_closed is False


def test_an_unplugged_gamepad_says_so() -> None:
    with Gamepad(Pad(error=OSError(19, "No such device"))) as device, pytest.raises(DeviceMissing, match="plug it in"):
        device.controls()


@dataclass
class Cap:
    """As a state of pyspacemouse."""

    t: float
    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    roll: float = 0.0
    pitch: float = 0.0
    yaw: float = 0.0
    buttons: tuple[int, ...] = (0, 0)


class Mouse:
    def __init__(self, *states: Cap) -> None:
        self.states = list(states)

    def read(self) -> Cap:
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def close(self) -> None:
        self.states = []


def test_the_newest_report_of_a_space_mouse_counts() -> None:
    with SpaceMouse(Mouse(Cap(1.0, x=0.1), Cap(2.0, x=0.2), Cap(3.0, x=0.3, yaw=-2.0))) as device:
        assert device.controls().motion.tolist() == [0.3, 0, 0, 0, 0, -1.0]


def test_buttons_of_a_space_mouse() -> None:
    mouse = Mouse(Cap(1.0))
    with SpaceMouse(mouse) as device:
        for time, (buttons, wishes, is_closed) in enumerate(
            [((1, 0), [], False), ((0, 0), [], False), ((0, 1), [Wish.KEEP], False), ((1, 1), [Wish.STOP], False)]
        ):
            mouse.states = [Cap(2.0 + time, buttons=buttons)]
            assert (device.wishes(), device.controls().is_closed) == (wishes, is_closed)


@pytest.mark.parametrize(
    ("module", "device", "package"), [(gamepad, Gamepad, "evdev"), (space_mouse, SpaceMouse, "pyspacemouse")]
)
def test_a_missing_library_is_named_with_what_to_type(monkeypatch, module, device, package) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(module.importlib, "import_module", missing)
    with pytest.raises(DeviceMissing, match=rf"package {package}.*pip install 'mil\[teleop\]'"), device():
        pass


def test_every_device_explains_its_controls_in_one_line() -> None:
    assert all(0 < len(kind.help) <= 120 for kind in TELEOPS.values())
