"""ML10 of Meta-World: ten tasks to learn from, five others to be tried in, one demonstration of each.

Description: the suite's Sawyer before a puck, a door, a drawer, a window, a lever and others; its pictures show the
goal where the suite draws one.
Randomisation: identity = which of the suite's tasks; layout = where its object and its goal are, in the suite's box.
Success: the suite's own flag at any step.
Source: Yu et al. 2019, ML10; the package metaworld 3.
Differs: the demonstration never shows the layout that is judged, so that it must be understood and not repeated; 160
of the suite's steps instead of 500. The five tasks for tests occur in neither of the other splits; those of training
and validation are the same ten, in other layouts. Refuses to know how the suite is opened.
"""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from sim.metaworld_goals import OBJECT_TO_GOAL_M
from sim.tasks.metaworld_task import SUITE_RATE_HZ, AbstractMetaworldTask, View

TRAINING = (
    "reach-v3", "push-v3", "pick-place-v3", "door-open-v3", "drawer-close-v3", "button-press-topdown-v3",
    "peg-insert-side-v3", "window-open-v3", "sweep-v3", "basketball-v3",
)  # fmt: skip
TESTING = ("drawer-open-v3", "door-close-v3", "shelf-place-v3", "sweep-into-v3", "lever-pull-v3")
OVER_THE_SHOULDER = View(np.array([0.75, 0.075, 0.7]), np.array([0.0, 0.72, 0.1]), 45.0)
"""From beside the robot: seen over the front wall, shelf and door hide what happens behind them."""
NUMBERS = 10**6
"""Drawings of one task are told apart by a number below this."""


class MetaworldMl10(AbstractMetaworldTask):
    """One of the suite's tasks, in layouts of its own."""

    held_steps = 4
    control_rate_hz = SUITE_RATE_HZ / held_steps
    open_effort, closed_effort = -1.0, 0.7
    """One grip for all of them, with which each of the suite's experts succeeds."""
    camera = OVER_THE_SHOULDER

    def __init__(self, split: Split, suite_name: str, number: int) -> None:
        """Args: suite_name: of the suite. number: tells drawings of the same task apart."""
        self.suite_name = suite_name
        self.task_id = f"{suite_name}-{split}-{number:06d}"

    @classmethod
    def sample(cls, rng: np.random.Generator, split: Split) -> Self:
        """Draw one of the tasks of a split."""
        names = TESTING if split == "test" else TRAINING
        return cls(split, names[rng.integers(len(names))], int(rng.integers(NUMBERS)))

    def draw_layout(
        self, rng: np.random.Generator, low: NDArray[np.float64], high: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Uniform over the box, object and goal apart from each other as the suite wants them."""
        while True:
            layout = rng.uniform(low, high)
            if len(layout) == 3 or np.linalg.norm(layout[:2] - layout[3:5]) >= OBJECT_TO_GOAL_M:
                return layout
