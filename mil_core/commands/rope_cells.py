"""One cell of the table of rope policies: one policy, learned for one shape from one kind of reward, and judged."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from data_tools.demo import Split
from data_tools.rope_pictures import RopePictures
from data_tools.rope_shapes import centred, shape_distance_m
from mil_core.algorithms.goal_learner import GoalLearner
from mil_core.goal_rewards import BatchReward, Gain, Observations, Shaping, Worth, classifier_reward, nearness, seen
from mil_core.goal_tasks import NUM_GOALS
from mil_core.ppo import Observe, PpoConfig, learn
from sim.collect import task_at
from sim.robots.table_gripper import TableGripper
from sim.rope import NUM_BEADS
from sim.rope_gym import RopeGym, beads_of
from sim.tasks.rope import RopeTask

NUM_EPISODES = 5
"""Episodes that a policy is judged by."""
FIRST_EPISODE = 10_000
"""Seed of the first of them; all methods begin them alike."""
NEAR_M = 0.02
"""Distance at which the fingers count as near a bead: to hold or to miss one is decided within its size."""
FULL_STATE_SIZE = TableGripper.state_size + 1 + 5 * NUM_BEADS


class Column(NamedTuple):
    """A method of the table."""

    reward: str
    """Who rewards: "oracle", or a learner's name."""
    from_features: bool
    """Whether the policy sees the autoencoder's features of the picture and the gripper's state, not the full state."""


COLUMNS: dict[str, Column] = {
    "oracle": Column("oracle", from_features=False),
    "pixel": Column("pixel", from_features=False),
    "autoencoder": Column("autoencoder", from_features=False),
    "flo": Column("flo", from_features=False),
    "autoencoder_features": Column("autoencoder", from_features=True),
    "flo_features": Column("flo", from_features=True),
}
"""Methods of thesis Table 9, by their keys in results files."""


@dataclass(frozen=True)
class Cell:
    """What is learned."""

    method: str
    """A key of COLUMNS."""
    task: int
    """Number of the test task."""
    seed: int
    """Seed of the learning."""


@dataclass(frozen=True)
class Judged:
    """What came of it."""

    method: str
    """See Cell."""
    task: int
    """See Cell."""
    seed: int
    """See Cell."""
    distance_m: float
    """Mean distance of beads after the last step, middles laid on each other, over all episodes (thesis Table 9)."""
    start_m: float
    """The same before the first step."""
    share: float
    """The first over the second: 0 = the goal's shape, 1 = nothing gained."""


class Setting(NamedTuple):
    """What all cells of a task share."""

    task: RopeTask
    """The shape."""
    goals: NDArray[np.uint8]
    """Its five goal pictures, (NUM_GOALS, height, width, 3)."""
    learners: dict[str, GoalLearner]
    """Who rewards, by name."""


def setting(split: Split, seed: int, number: int, pictures: RopePictures, learners: dict[str, GoalLearner]) -> Setting:
    """The task of a split and seed with its first goal pictures."""
    task = task_at("rope", split, seed, number)
    assert isinstance(task, RopeTask)
    return Setting(task, pictures.pictures[pictures.is_goal][:NUM_GOALS], learners)


def learn_cell(
    cell: Cell, given: Setting, num_steps: int, shaping: Shaping, config: PpoConfig, progress: Callable[[int], None]
) -> Judged:
    """Learn the policy of a cell for so many steps and judge it."""
    column, task = COLUMNS[cell.method], given.task
    with_pictures = column.reward != "oracle" or column.from_features
    observe, size = _observer(given) if column.from_features else (full_state, FULL_STATE_SIZE)

    def make() -> RopeGym:
        return RopeGym(task, with_pictures=with_pictures)

    reward = _reward_of(column.reward, given, shaping)
    policy = learn(make, observe, size, reward, num_steps, config, cell.seed, progress)
    env, ends_m, starts_m = RopeGym(task, with_pictures=column.from_features), [], []
    for episode in range(NUM_EPISODES):
        observation, info = env.reset(seed=FIRST_EPISODE + episode)
        starts_m.append(info["distance_m"])
        is_over = False
        while not is_over:
            batch = {name: value[None] for name, value in observation.items()}
            observation, _, _, is_over, info = env.step(policy.act(observe(batch))[0])
        ends_m.append(info["distance_m"])
    env.close()
    shares = np.array(ends_m) / np.array(starts_m)
    return Judged(
        cell.method, cell.task, cell.seed, float(np.mean(ends_m)), float(np.mean(starts_m)), float(shares.mean())
    )


def _reward_of(name: str, given: Setting, shaping: Shaping) -> BatchReward:
    if name == "oracle":
        return Gain(_shape_nearness(given.task))
    learner = given.learners[name]
    return classifier_reward(learner, given.goals, shaping) if name == "flo" else Gain(nearness(learner, given.goals))


def _shape_nearness(task: RopeTask) -> Worth:
    return lambda observations: -shape_distance_m(beads_of(observations["state"]).astype(np.float64), task.goal_m)


def full_state(observations: Observations) -> NDArray[np.float32]:
    """What a policy sees of some environments, shape (environment, FULL_STATE_SIZE): the gripper, how much of the
    episode is over, the beads as seen from the gripper and from their middle, and how near the gripper is to each.

    The same numbers as in "state", but none that moves with the rope over the table, where only the shape counts: a
    network of this size does not find the differences by itself in so few steps. The goal is not among them.
    """
    gripper, beads = observations["state"][:, : TableGripper.state_size], beads_of(observations["state"])
    ways = beads - gripper[:, None, :2]
    near = np.exp(-np.square(ways).sum(-1) / (2 * NEAR_M**2))
    parts = (gripper, observations["elapsed"], _flat(ways), _flat(centred(beads)), near)
    return np.concatenate(parts, axis=1).astype(np.float32)


def _flat(beads: NDArray[np.float32]) -> NDArray[np.float32]:
    return beads.reshape(len(beads), -1)


def _observer(given: Setting) -> tuple[Observe, int]:
    """The autoencoder's code of the picture with the gripper's state and the time, and how many numbers that is."""
    learner = given.learners["autoencoder"]

    def observe(observations: Observations) -> NDArray[np.float32]:
        gripper = torch.from_numpy(observations["state"][:, : TableGripper.state_size]).float()
        elapsed = torch.from_numpy(observations["elapsed"])
        return torch.cat([seen(learner, observations["image"]), gripper, elapsed], dim=1).numpy()

    size = seen(learner, given.goals).shape[1] + TableGripper.state_size + 1
    return observe, size
