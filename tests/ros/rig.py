"""The whole graph with a simple policy instead of a checkpoint, and ears on what leaves the gate and the robot."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from mil_bringup.bringup import Graph
from mil_bringup.client import Client
from mil_bringup.processes import SAFETY_GATE, SIM_ROBOT, NodeProcess, params_file
from mil_interfaces.action import RunPolicy
from mil_interfaces.msg import RobotState, SafetyState, VelocityCommand
from mil_nodes import qos
from mil_nodes.command import Command
from mil_nodes.conversions import command_from, stamp_to_ns
from std_msgs.msg import String

from data_tools.video import write_video

HERE = Path(__file__).resolve().parent
RUNNER = NodeProcess("tests", "policy_runner", "simple_runner")
MANY_STEPS = 100_000
Feedback = Callable[[RunPolicy.Feedback], None]


class Rig:
    """A running graph and a client of it."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.is_death_expected = False
        self.client = Client(self._check)
        self.commands: list[Command] = []
        self.states: list[list[float]] = []
        self.stamps_ns: list[int] = []
        self.notices: list[str] = []
        node = self.client.node
        node.create_subscription(VelocityCommand, "robot/command", self._on_command, qos.COMMAND)
        node.create_subscription(RobotState, "robot/state", self._on_state, qos.STATE)
        node.create_subscription(String, "policy/notice", self._on_notice, qos.LATEST)

    def begin(self, index: int = 0) -> None:
        """A fresh scene and an armed gate."""
        self.client.reset_scene("place", "test", 7, index, 1000)
        self.client.arm()

    @property
    def safety(self) -> SafetyState:
        """What the gate said last."""
        assert self.client.safety is not None
        return self.client.safety

    def kill_at(self, step: int, name: str) -> Feedback:
        """Feedback callback that kills a node in motion, by SIGKILL."""

        def on_step(feedback: RunPolicy.Feedback) -> None:
            if feedback.step == step:
                self.graph.children[name].kill()

        return on_step

    def is_still(self) -> bool:
        """Whether the gate's last command is to stand still."""
        last = self.commands[-1]
        return not any((*last.linear_m_s, *last.angular_rad_s))

    def wait_for_reason(self, reason: int) -> None:
        """Return when the gate commands zero and gives this reason."""
        self.is_death_expected = True
        says_so = f"the gate to stop for reason {reason}"
        self.client.wait(lambda: bool(self.safety.reasons & reason) and self.is_still(), says_so)

    def _check(self) -> None:
        if not self.is_death_expected:
            self.graph.check()

    def _on_command(self, message: VelocityCommand) -> None:
        self.commands.append(command_from(message))

    def _on_state(self, message: RobotState) -> None:
        self.states.append(list(message.state))
        self.stamps_ns.append(stamp_to_ns(message.header.stamp))

    def _on_notice(self, message: String) -> None:
        self.notices.append(message.data)


@contextmanager
def rig(
    folder: Path, mode: str, more: tuple[NodeProcess, ...] = (), params: dict[str, dict[str, object]] | None = None
) -> Iterator[Rig]:
    """A graph that is ready, with three films: bright (adapts well), dark (becomes a policy of NaN), and cut short.

    Args: more: processes to start beside the simulator, the gate and the policy. params: more of them, by node.
    """
    library = folder / "library"
    library.mkdir(parents=True)
    for name, brightness in {"bright": 200, "dark": 5}.items():
        write_video(library / f"{name}.mp4", [np.full((90, 100, 3), brightness, np.uint8)] * 20, 10.0)
    (library / "cut.mp4").write_bytes((library / "bright.mp4").read_bytes()[:700])
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    recorder = {"library": folder / "demos", "extra_cameras": "spectator=spectator/image"}
    overrides = {"policy_runner": {"library": library}, "demo_recorder": recorder}
    overrides = {name: overrides.get(name, {}) | (params or {}).get(name, {}) for name in {*overrides, *(params or {})}}
    with Graph(
        (SIM_ROBOT, SAFETY_GATE, RUNNER, *more), params_file(mode), overrides, folder / "log", environment
    ) as graph:
        ready = Rig(graph)
        with ready.client:
            ready.client.wait_ready()
            yield ready
