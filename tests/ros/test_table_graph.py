"""Round the glasses over DDS: one way shown, then the simulated PR2 on its own way, behind the safety gate."""

from collections.abc import Iterator

import numpy as np
import pytest
from mil_bringup.bringup import Graph
from mil_bringup.client import Client
from mil_bringup.environment import ROOT
from mil_bringup.processes import ROUND_THE_GLASSES, params_file
from mil_interfaces.action import Adapt, RunPolicy
from mil_interfaces.msg import RobotState, VelocityCommand
from mil_nodes import qos
from mil_nodes.conversions import reward_from
from sensor_msgs.msg import Image

from data_tools.grid import GridDemo
from data_tools.grid_file import write_grid_demo
from mil_core.checkpoint import load
from mil_core.commands.table_trials import SPLIT, table_scene, table_support, table_task
from mil_core.commands.table_way import planned_way
from mil_core.experiments.reward import RewardExperiment
from sim.collect import TRIAL_LAYOUT
from sim.env import Environment
from sim.robots.pr2 import PR2
from sim.tabletop_path import drive
from sim.tasks.task import TOOL_SITE

pytestmark = pytest.mark.ros
CHECKPOINT = ROOT / "checkpoints" / "mandril_tabletop"
SEED, INDEX = 7, 0
STEPS = 60
SAME_M = 0.002
"""States travel in single precision; over a way that adds up to less than this."""


class Table:
    """A running graph, and what the robot was told and did."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.tool_xy_m: list[tuple[float, float]] = []
        self.sources: set[str] = set()
        self.rewards: list[Image] = []
        node = client.node
        node.create_subscription(RobotState, "robot/state", self._on_state, qos.RECORD)
        node.create_subscription(VelocityCommand, "robot/command", lambda m: self.sources.add(m.source), qos.RECORD)
        node.create_subscription(Image, "goal_monitor/reward", self.rewards.append, qos.LATEST)

    def _on_state(self, message: RobotState) -> None:
        self.tool_xy_m.append((message.state[0], message.state[1]))

    def begin(self) -> None:
        """A fresh scene, and nothing seen of it yet but its first state."""
        self.client.reset_scene("tabletop", SPLIT, SEED, INDEX, TRIAL_LAYOUT)
        self.client.arm()


@pytest.fixture(scope="module")
def demo() -> GridDemo:
    return table_support(table_task(SEED, INDEX), SEED, INDEX)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory, demo: GridDemo) -> Iterator[Table]:
    folder = tmp_path_factory.mktemp("table")
    library = folder / "library"
    write_grid_demo(library / "way.npz", demo)
    write_grid_demo(library / "outside.npz", GridDemo(demo.picture, demo.cells + 20))
    (library / "noise.npz").write_bytes(b"PK\x03\x04 not an archive")
    learner = {"checkpoint": CHECKPOINT, "library": library}
    scene = {"task": "tabletop", "seed": SEED, "index": INDEX, "layout": TRIAL_LAYOUT}
    overrides = {"sim_robot": scene, "policy_runner": learner, "goal_monitor": learner | {"demo": "way"}}
    with Graph(ROUND_THE_GLASSES, params_file("fast"), overrides, folder / "log") as graph:
        with Client(graph.check) as client:
            client.wait_ready()
            yield Table(client)


def test_the_tool_goes_the_planned_way_and_the_map_is_the_one_it_was_planned_by(table: Table, demo: GridDemo) -> None:
    adapted = load(CHECKPOINT, RewardExperiment).algorithm().adapt([demo])
    with Environment(table_task(SEED, INDEX), PR2()) as env:
        reward = adapted.reward(table_scene(env, SEED, INDEX, trial=0))
        way = planned_way(reward, env.data.site(TOOL_SITE).xpos[:2])
        expected_m = drive(env, way).tool_xy_m
    done = table.client.adapt("way")
    assert (done.termination_reason, done.message) == (Adapt.Result.SUCCEEDED, "")
    assert done.loss_after == pytest.approx(adapted.loss_after, rel=1e-4)
    table.begin()
    table.client.wait(lambda: bool(table.rewards), "a map of the scene")
    np.testing.assert_allclose(reward_from(table.rewards[0]), reward, rtol=1e-4, atol=1e-4)
    table.tool_xy_m.clear()
    ended = table.client.run_policy(done.adapted_id, STEPS)
    assert (ended.termination_reason, ended.steps, ended.message) == (RunPolicy.Result.COMPLETED, STEPS, "")
    table.client.wait(lambda: table.client.outcome().steps >= STEPS, "the last command to reach the simulator")
    assert table.client.outcome().steps == STEPS
    seen_m = np.unique(np.array(table.tool_xy_m), axis=0)
    apart_m = np.linalg.norm(seen_m[:, None] - expected_m[None], axis=-1).min(axis=1)
    assert len(seen_m) > STEPS / 2 and apart_m.max() < SAME_M
    assert np.linalg.norm(np.array(table.tool_xy_m[-1]) - expected_m[STEPS]) < SAME_M
    assert table.sources == {"safety_gate"}


def test_a_tool_that_stands_in_the_picture_is_told_to_lift_first(table: Table) -> None:
    adapted_id = table.client.adapt("way").adapted_id
    table.begin()
    table.client.run_policy(adapted_id, STEPS)
    ended = table.client.run_policy(adapted_id, STEPS)
    assert (ended.termination_reason, ended.steps) == (RunPolicy.Result.FAILED, 0)
    assert "lift the arm out of the picture" in ended.message


@pytest.mark.parametrize(
    ("demo_id", "reason", "words"),
    [
        ("nobody", Adapt.Result.UNKNOWN_DEMO, "known demonstrations: noise, outside, way"),
        ("../way", Adapt.Result.BAD_ID, "lower-case letters"),
        ("noise", Adapt.Result.BAD_VIDEO, "make the file again"),
        ("outside", Adapt.Result.BAD_VIDEO, "cells of a 20 x 20 grid"),
    ],
)
def test_a_way_that_cannot_be_used_is_refused_with_words(table: Table, demo_id: str, reason: int, words: str) -> None:
    done = table.client.adapt(demo_id)
    assert (done.termination_reason, done.adapted_id) == (reason, "")
    assert words in done.message


def test_another_scene_than_the_table_moves_nothing(table: Table) -> None:
    adapted_id = table.client.adapt("way").adapted_id
    table.client.reset_scene("place", SPLIT, SEED, INDEX, TRIAL_LAYOUT)
    table.client.arm()
    ended = table.client.run_policy(adapted_id, STEPS)
    assert (ended.termination_reason, ended.steps) == (RunPolicy.Result.FAILED, 0)
    assert "expected proportions" in ended.message and table.client.outcome().steps == 0
