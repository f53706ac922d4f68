"""The goal monitor as a process beside the simulator: its maps are the learner's, and bad requests change nothing."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mil_bringup.bringup import Graph
from mil_bringup.client import Client
from mil_bringup.processes import GOAL_MONITOR, SIM_ROBOT, params_file
from mil_interfaces.srv import GetReward, SetDemo
from mil_nodes import qos
from mil_nodes.conversions import picture_from, reward_from, stamp_to_ns
from sensor_msgs.msg import Image
from std_msgs.msg import String

from data_tools.demo import Demo, TaskDemos, Video
from data_tools.grid import GridDemo
from data_tools.grid_file import write_grid_demo
from data_tools.hdf5 import write_tasks
from data_tools.reward_overlay import overlay
from mil_core.checkpoint import load
from mil_core.experiments.reward import RewardExperiment
from sim.tabletop_path import shown_way
from sim.tasks.tabletop import CARRY_HEIGHT_M, GRID

pytestmark = pytest.mark.ros
CELLS = np.array([[19, 19], [18, 18], [17, 17], [16, 17]])


def a_way() -> GridDemo:
    return GridDemo(np.random.default_rng(3).integers(0, 256, (80, 80, 3)).astype(np.uint8), CELLS)


def a_recording() -> Demo:
    """The tool follows the same cells over a plain picture."""
    tool_m = np.column_stack([GRID.to_xy_m(CELLS), np.full(len(CELLS), CARRY_HEIGHT_M)])
    times = np.arange(len(CELLS)) / 10
    frames = np.full((len(CELLS), 80, 80, 3), 90, np.uint8)
    states, actions = np.hstack([tool_m] * 3).astype(np.float32), np.zeros((len(CELLS), 7), np.float32)
    return Demo(Video(frames, times), states, actions, times, times, "tabletop-test", "pr2")


class Monitor:
    """A running goal monitor and what it and the camera said, by stamp in ns."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.pictures: dict[int, Image] = {}
        self.rewards: dict[int, Image] = {}
        self.shaded: dict[int, Image] = {}
        self.notices: list[str] = []
        node = client.node
        node.create_subscription(Image, "camera/image", lambda m: self._keep(self.pictures, m), qos.IMAGE_OUT)
        node.create_subscription(Image, "goal_monitor/reward", lambda m: self._keep(self.rewards, m), qos.LATEST)
        node.create_subscription(Image, "goal_monitor/reward_picture", lambda m: self._keep(self.shaded, m), qos.LATEST)
        node.create_subscription(String, "goal_monitor/notice", lambda m: self.notices.append(m.data), qos.LATEST)
        self._set_demo = node.create_client(SetDemo, "goal_monitor/set_demo")
        self._get_reward = node.create_client(GetReward, "goal_monitor/get_reward")
        client.wait(lambda: self._set_demo.service_is_ready() and bool(self.pictures), "a monitor and a camera")

    @staticmethod
    def _keep(found: dict[int, Image], message: Image) -> None:
        found[stamp_to_ns(message.header.stamp)] = message

    def call(self, service: Any, request: Any) -> Any:
        return self.client.ask(service, request, "an answer of the goal monitor")

    def show(self, demo_id: str) -> SetDemo.Response:
        return self.call(self._set_demo, SetDemo.Request(demo_id=demo_id))

    def ask(self) -> GetReward.Response:
        return self.call(self._get_reward, GetReward.Request())

    def next_stamp(self) -> int:
        """Stamp of a picture whose maps come from now on."""
        self.rewards.clear()
        self.shaded.clear()

        def complete() -> set[int]:
            return set(self.rewards) & set(self.shaded) & set(self.pictures)

        self.client.wait(lambda: bool(complete()), "maps of a picture")
        return max(complete())


@pytest.fixture(scope="module")
def monitor(tmp_path_factory: pytest.TempPathFactory, untrained: Callable[[str], Path]) -> Iterator[Monitor]:
    folder = tmp_path_factory.mktemp("monitor")
    library = folder / "library"
    write_grid_demo(library / "way.npz", a_way())
    write_tasks(library / "take.hdf5", [TaskDemos("tabletop-test", (a_recording(),))])
    (library / "noise.npz").write_bytes(b"PK\x03\x04 not an archive")
    overrides = {
        "sim_robot": {"task": "tabletop"},
        "goal_monitor": {"checkpoint": untrained("mandril_tabletop"), "library": library},
    }
    with Graph((SIM_ROBOT, GOAL_MONITOR), params_file("fast"), overrides, folder / "log") as graph:
        with Client(graph.check) as client:
            yield Monitor(client)


def test_nothing_is_claimed_before_a_demonstration(monitor: Monitor) -> None:
    answer = monitor.ask()
    assert not answer.success and "call ~/set_demo" in answer.message
    assert not monitor.rewards


@pytest.mark.parametrize(("demo_id", "demo"), [("way", a_way), ("take", lambda: shown_way(a_recording()))])
def test_the_published_map_is_the_learners(
    monitor: Monitor, untrained: Callable[[str], Path], demo_id: str, demo: Callable[[], GridDemo]
) -> None:
    adapted = load(untrained("mandril_tabletop"), RewardExperiment).algorithm().adapt([demo()])
    response = monitor.show(demo_id)
    assert (response.success, response.message) == (True, "")
    assert response.loss_after == pytest.approx(adapted.loss_after, rel=1e-4)
    stamp_ns = monitor.next_stamp()
    picture = picture_from(monitor.pictures[stamp_ns])
    published = reward_from(monitor.rewards[stamp_ns])
    np.testing.assert_allclose(published, adapted.reward(picture), rtol=1e-4, atol=1e-4)
    shaded = picture_from(monitor.shaded[stamp_ns])
    np.testing.assert_array_equal(shaded, overlay(picture.repeat(4, 0).repeat(4, 1), published))
    twin = monitor.ask()
    assert (twin.success, twin.demo_id) == (True, demo_id)
    np.testing.assert_allclose(reward_from(twin.reward), published, rtol=1e-4, atol=1e-4)


def test_who_comes_late_gets_the_last_map(monitor: Monitor) -> None:
    monitor.show("way")
    late: list[Image] = []
    monitor.client.node.create_subscription(Image, "goal_monitor/reward", late.append, qos.LATEST)
    monitor.client.wait(lambda: bool(late), "the last map")


@pytest.mark.parametrize(
    ("demo_id", "words"),
    [
        ("nobody", "UnknownDemo: .*known demonstrations: noise, take, way"),
        ("../way", "BadId: .*lower-case letters"),
        ("noise", "DemoFileError: .*make the file again"),
    ],
)
def test_a_demonstration_that_cannot_be_used_changes_nothing(monitor: Monitor, demo_id: str, words: str) -> None:
    monitor.show("way")
    response = monitor.show(demo_id)
    assert not response.success and re.search(words, response.message)
    monitor.next_stamp()
    assert monitor.ask().demo_id == "way"


def test_a_camera_of_another_shape_is_told(monitor: Monitor) -> None:
    monitor.show("way")
    monitor.client.reset_scene("place", "test", 7, 0, 1000)
    monitor.client.wait(lambda: any("expected proportions" in notice for notice in monitor.notices), "a notice")
    monitor.client.reset_scene("tabletop", "test", 7, 0, 1000)
    monitor.next_stamp()
