"""Trials of the arrangement task: goal pictures of one or two goals, and a table on which they are still to be reached.

Test blocks and rooms only; a pair of blocks is tried in every relation and from several starts.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from sim.arrange_collect import Arrangement, arrange, roles
from sim.collect import TRIAL_LAYOUT, layout_rng, task_at
from sim.env import Environment
from sim.errors import LayoutFailed
from sim.relations import DIRECTIONS, ON, RELATIONS, way_left_m
from sim.robots.pr2 import PR2
from sim.tasks.arrange import MAX_LAYOUT_ATTEMPTS, ArrangeTask, scattered

Setting = Literal["single", "distractors", "two_tasks"]
SETTINGS: tuple[Setting, ...] = ("single", "distractors", "two_tasks")
NUM_PRESENT: dict[Setting, int] = {"single": 2, "distractors": 4, "two_tasks": 3}
"""Blocks on the table."""
NUM_GOALS = 5
"""Pictures of each goal."""
START_MARGIN_M = 0.06
"""A block begins at least so far from where its goal would hold, about its own width: there is something to do."""


@dataclass(frozen=True)
class ShownGoal:
    """A relation of two blocks and pictures of it."""

    first: int
    """Number of the block that is to stand ..."""
    second: int
    """... to this one ..."""
    relation: int
    """... in this relation."""
    pictures: NDArray[np.uint8]
    """Shape (NUM_GOALS, height, width, 3), the arm and perhaps other blocks anywhere."""
    places_m: NDArray[np.float64]
    """Where the blocks are in them, shape (NUM_GOALS, M, 3)."""

    def holds(self, table: NDArray[np.int8]) -> bool:
        """Whether the relation holds. Args: table: of relations, as sim.tasks.arrange.relations gives it."""
        return bool(table[self.first, self.second] == self.relation)

    def is_far(self, places_m: NDArray[np.float64]) -> bool:
        """Whether blocks at these places, shape (M, 3), are clearly not in the relation."""
        apart_m = places_m[self.first] - places_m[self.second]
        return self.relation == ON or way_left_m(self.relation, apart_m) >= START_MARGIN_M


@dataclass(frozen=True)
class Trial:
    """What is to be done, and from where."""

    goals: tuple[ShownGoal, ...]
    """In their order."""
    start_m: NDArray[np.float64]
    """Where the blocks begin, shape (M, 3)."""


def trial_env(split: Split, seed: int, group: int) -> Environment:
    """The table of a group of blocks; for the caller to close."""
    return Environment(task_at("arrange", split, seed, group), PR2())


def draw_trial(env: Environment, setting: Setting, number: int, rng: np.random.Generator) -> Trial:
    """A trial: relations in turn by `number`; two tasks are to end in a line (thesis 8.2.6.1).

    Args: env: of a group; its state is changed. rng: of everything else.
    Raises: LayoutFailed: there is no room.
    """
    assert isinstance(env.task, ArrangeTask)
    if setting == "two_tasks":
        wanted = [Arrangement(pair, number % len(DIRECTIONS), False) for pair in ((0, 1), (1, 2))]
    else:
        wanted = [Arrangement((0, 1), number % len(RELATIONS), False)]
    goals = tuple(_shown(env, env.task, one, rng) for one in wanted)
    return Trial(goals, _start_m(env.task, setting, goals, rng))


def trial_rng(split: Split, seed: int, group: int, number: int) -> np.random.Generator:
    """Randomness of one trial, the same for every method."""
    return layout_rng(seed, split, group, TRIAL_LAYOUT + number)


def _shown(env: Environment, task: ArrangeTask, wanted: Arrangement, rng: np.random.Generator) -> ShownGoal:
    pictures, places = [], []
    for _ in range(NUM_GOALS):
        places.append(arrange(env.model, env.data, task.blocks, wanted, rng))
        pictures.append(env.render())
    return ShownGoal(*roles(task.blocks, wanted), wanted.number, np.stack(pictures), np.stack(places))


def _start_m(
    task: ArrangeTask, setting: Setting, goals: tuple[ShownGoal, ...], rng: np.random.Generator
) -> NDArray[np.float64]:
    for _ in range(MAX_LAYOUT_ATTEMPTS):
        places_m = scattered(rng, task.blocks, range(NUM_PRESENT[setting]))
        if all(goal.is_far(places_m) for goal in goals):  # flat on the table, so that none is on another
            return places_m
    raise LayoutFailed("Expected a layout in which no goal is nearly reached, found none; use smaller blocks.")
