"""How good are goal classifiers on shapes they never met? The metrics of mil_core.evaluate_goals.

Knows no simulator: it is handed pictures.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from data_tools.rope_pictures import RopePictures
from mil_core.algorithms.goal_learner import GoalLearner
from mil_core.evaluate_goals import goal_metrics
from mil_core.goal_tasks import NUM_GOALS, GoalMetaTask
from mil_core.rope_tasks import rope_batch

_STREAM = 0x84


class ShapeTests(NamedTuple):
    """Test tasks with their goal pictures and the pictures that each is judged by."""

    task_ids: tuple[str, ...]
    """Of each task."""
    batch: GoalMetaTask
    """All pictures of all tasks."""
    queries: tuple[NDArray[np.int64], ...]
    """Numbers of the judged pictures of each task among those of the batch."""
    shows: NDArray[np.bool_]
    """Whether a picture of the batch shows the goal of the task that it was taken for."""

    def truths(self) -> list[NDArray[np.bool_]]:
        """Whether the judged pictures of each task show its goal."""
        labels = self.batch.labels[0].numpy() > 0.5
        return [labels[number][queries] for number, queries in enumerate(self.queries)]


def shape_tests(tasks: Sequence[RopePictures], seed: int) -> ShapeTests:
    """Each task is judged by all of its goal pictures but the five that it is told by, by all of its small moves, and
    by as many goal pictures of other tasks, of clearly other shapes."""
    rng, numbers = np.random.default_rng([seed, _STREAM]), []
    for task in tasks:
        shown = [rng.permutation(np.flatnonzero(task.is_goal)), np.flatnonzero(~task.is_goal)]
        numbers.append(np.concatenate(shown))
    batch = rope_batch(tasks, numbers)
    labels, counts = batch.labels[0].numpy() > 0.5, batch.weight[0].numpy() > 0
    shows = np.concatenate([task.is_goal[own] for task, own in zip(tasks, numbers, strict=True)])
    owner, queries = np.repeat(np.arange(len(tasks)), [len(own) for own in numbers]), []
    for number in range(len(tasks)):
        small = np.flatnonzero((owner == number) & ~shows & counts[number])
        others = rng.permutation(np.flatnonzero((owner != number) & shows & counts[number]))[: len(small)]
        queries.append(np.concatenate([np.flatnonzero(labels[number] & counts[number]), small, others]))
    return ShapeTests(tuple(task.task_id for task in tasks), batch, tuple(queries), shows)


def evaluate_shapes(learners: Mapping[str, GoalLearner], tests: ShapeTests, seed: int) -> dict[str, Any]:
    """As mil_core.evaluate_goals.evaluate_goals, with shares of goals found, and of small moves and of other tasks'
    shapes refused."""
    return {name: _method(learner, tests, seed) for name, learner in learners.items()}


def probabilities_of(learner: GoalLearner, tests: ShapeTests) -> list[NDArray[np.float64]]:
    """Of the judged pictures of each task."""
    scores = learner.task_scores(tests.batch)[0].numpy()
    return [learner.calibration.probability(row[queries]) for row, queries in zip(scores, tests.queries, strict=True)]


def _method(learner: GoalLearner, tests: ShapeTests, seed: int) -> dict[str, Any]:
    probabilities, truths = probabilities_of(learner, tests), tests.truths()
    threshold = learner.calibration.threshold
    result = goal_metrics(probabilities, truths, threshold, seed, tests.task_ids)
    for row, task_id in zip(result["per_task"], tests.task_ids, strict=True):
        row["task"] = task_id
    above, truth = np.concatenate(probabilities) > threshold, np.concatenate(truths)
    shows = np.concatenate([tests.shows[queries] for queries in tests.queries])
    shares = {"found": above[truth], "refused_small": ~above[~shows], "refused_other": ~above[shows & ~truth]}
    return result | {name: float(share.mean()) for name, share in shares.items()}


def shown_goals(tests: ShapeTests, number: int) -> NDArray[np.int64]:
    """Numbers of the goal pictures of a task among those of the batch, (NUM_GOALS,)."""
    return tests.batch.support[0, number, :NUM_GOALS].numpy()
