"""One demonstration as its messages come: what is put into the take, and when. Knows no ROS.

The ROS thread calls `on_...`; the thread that waits for the end calls the rest. A command belongs to the picture that
it answers, also if it comes after the next picture, as it may over another topic. A picture that nobody has answered by
the one after the next is given the last command of its time: what a robot under velocity control goes on doing.
"""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_tools.errors import DataError, DemoShapeMismatch
from data_tools.journal import StreamSpec
from data_tools.kinesthetic import gripper_twist
from data_tools.recorder import Take
from mil_nodes.command import ACTION_SIZE, Command

NS_PER_S = 1_000_000_000
POLICY_CAMERA = "image"
Begin = Callable[[list[StreamSpec], str], Take]
"""Begins a take with the given streams, of the named robot."""


@dataclass(frozen=True)
class GripperJoint:
    """How kinesthetic teaching knows what the gripper does."""

    name: str
    """Joint of joint_states."""
    open_rad: float
    """Its position when the gripper is open; at zero it is closed."""


class Recording:
    """Begins its take as soon as every stream has shown what it carries.

    Args: cameras: names, the policy camera "image" among them. kinesthetic: derive actions from states by this joint;
        None records commands. begin: see Begin.
    """

    def __init__(self, cameras: tuple[str, ...], kinesthetic: GripperJoint | None, begin: Begin) -> None:
        self._begin, self._kinesthetic = begin, kinesthetic
        self._shapes: dict[str, tuple[int, ...]] = dict.fromkeys((*cameras, "state"), ())
        self._lock = threading.Lock()
        self._take: Take | None = None
        self._robot = ""
        self.episode_id: int | None = None
        """The robot's episode that is recorded: the one in which the take began."""
        self.was_reset = False
        """Whether the robot began another episode meanwhile."""
        self.failure = ""
        """What is wrong with a message, or with a robot that cannot be taught by hand."""
        self._answered_ns = 0
        self._unanswered: dict[int, Command | None] = {}
        """Pictures by stamp, the newest last, each with the last command that came while it was the newest."""
        self._previous: tuple[int, NDArray[np.float32]] | None = None
        self._closed = 1.0
        self._is_joint_missing = kinesthetic is not None

    @property
    def take(self) -> Take | None:
        """The take, once it has begun."""
        return self._take

    @property
    def missing(self) -> list[str]:
        """Streams that have not shown themselves, and the gripper's joint where actions need it."""
        streams = [name for name, shape in self._shapes.items() if not shape]
        if self._kinesthetic is not None and self._is_joint_missing:
            streams.append(f"joint {self._kinesthetic.name}")
        return streams

    def begin(self) -> Take | None:
        """Begin the take if every stream is known; called again and again by the thread that waits. Raises: OSError."""
        if self._take is None and not self.missing:
            specs = [StreamSpec(name, shape, "uint8") for name, shape in self._shapes.items() if name != "state"]
            specs += [
                StreamSpec("state", self._shapes["state"], "float32"),
                StreamSpec("action", (ACTION_SIZE,), "float32"),
            ]
            take = self._begin(specs, self._robot)
            with self._lock:
                self._take = take
        return self._take

    def on_picture(self, camera: str, stamp_ns: int, picture: NDArray[np.uint8]) -> None:
        """A picture came."""
        with self._lock:
            self._shapes[camera] = self._shapes[camera] or picture.shape
            if camera == POLICY_CAMERA:
                self._settle(max(self._unanswered, default=0))
                if stamp_ns > self._answered_ns:
                    self._unanswered[stamp_ns] = None
            self._put(camera, stamp_ns, picture)

    def on_state(self, robot: str, episode_id: int, stamp_ns: int, state: NDArray[np.float32]) -> None:
        """A state came; another episode ends the recording."""
        with self._lock:
            self._robot, self._shapes["state"] = robot, self._shapes["state"] or state.shape
            if self._take is None:
                self.episode_id = episode_id
            self.was_reset |= episode_id != self.episode_id
            if self._kinesthetic is not None:
                self._derive_action(stamp_ns, state)
            self._put("state", stamp_ns, state)

    def on_joints(self, positions: dict[str, float]) -> None:
        """Joint positions came; kinesthetic teaching takes the gripper from them."""
        if self._kinesthetic is not None and self._kinesthetic.name in positions:
            opened = positions[self._kinesthetic.name] / self._kinesthetic.open_rad
            self._closed, self._is_joint_missing = float(np.clip(1.0 - opened, 0.0, 1.0)), False

    def on_command(self, command: Command) -> None:
        """A command reached the robot."""
        if self._kinesthetic is not None:
            return
        with self._lock:
            if command.observation_ns > self._answered_ns:
                self._settle(command.observation_ns)
                self._unanswered.pop(command.observation_ns, None)
                self._put_action(command.observation_ns, command)
            if self._unanswered:
                self._unanswered[max(self._unanswered)] = command

    def finish(self) -> None:
        """Nothing more will come: the last pictures too are given the commands that came after them."""
        with self._lock:
            self._settle()

    def _settle(self, before_ns: float = math.inf) -> None:
        """Wait no longer for answers to pictures before this one."""
        for stamp_ns in sorted(stamp_ns for stamp_ns in self._unanswered if stamp_ns < before_ns):
            command = self._unanswered.pop(stamp_ns)
            if command is not None:
                self._put_action(stamp_ns, command)

    def _put_action(self, stamp_ns: int, command: Command) -> None:
        self._answered_ns = stamp_ns
        action = np.array([*command.linear_m_s, *command.angular_rad_s, command.gripper], np.float32)
        self._put("action", stamp_ns, action)

    def _derive_action(self, stamp_ns: int, state: NDArray[np.float32]) -> None:
        """The motion since the last state, as the action of that state."""
        if self._previous is not None and stamp_ns > self._previous[0]:
            before_ns, before = self._previous
            try:
                twist = gripper_twist(before, state, (stamp_ns - before_ns) / NS_PER_S)
            except DataError as error:
                self.failure = self.failure or str(error)
                return
            self._put("action", before_ns, np.append(twist, self._closed).astype(np.float32))
        self._previous = stamp_ns, state

    def _put(self, stream: str, stamp_ns: int, value: NDArray) -> None:
        if self._take is None or self.was_reset or self.failure:
            return
        try:
            self._take.put(stream, stamp_ns / NS_PER_S, value)
        except DemoShapeMismatch as error:
            self.failure = str(error)
