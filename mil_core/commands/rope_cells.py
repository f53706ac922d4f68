"""One cell of the table of rope policies: one policy, learned for one shape from one kind of reward, and judged."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from data_tools.demo import Split
from data_tools.rope_pictures import RopePictures
from data_tools.rope_shapes import shape_distance_m
from mil_core.algorithms.goal_learner import GoalLearner
from mil_core.goal_rewards import BatchReward, Gain, Observations, Shaping, Worth, classifier_reward, nearness, seen
from mil_core.goal_tasks import NUM_GOALS
from mil_core.ppo import Observe, PpoConfig, learn
from sim.collect import task_at
from sim.robots.table_gripper import TableGripper
from sim.rope_gym import STATE_SIZE, RopeGym, beads_of
from sim.tasks.rope import RopeTask

NUM_EPISODES = 5
"""Episodes that a policy is judged by."""
FIRST_EPISODE = 10_000
"""Seed of the first of them; all methods begin them alike."""


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
    observe, size = _observer(given) if column.from_features else (_full_state, STATE_SIZE)

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


def _full_state(observations: Observations) -> NDArray[np.float32]:
    return observations["state"].astype(np.float32)


def _observer(given: Setting) -> tuple[Observe, int]:
    """The autoencoder's code of the picture with the gripper's own state, and how many numbers that is."""
    learner = given.learners["autoencoder"]

    def observe(observations: Observations) -> NDArray[np.float32]:
        gripper = torch.from_numpy(observations["state"][:, : TableGripper.state_size]).float()
        return torch.cat([seen(learner, observations["image"]), gripper], dim=1).numpy()

    size = seen(learner, given.goals).shape[1] + TableGripper.state_size
    return observe, size
