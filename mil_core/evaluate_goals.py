"""How good are goal classifiers on things they never met? Accuracy, ranking and calibration, with intervals over
groups of things.

Knows no simulator: it is handed groups of pictures.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from data_tools.goal_pictures import GoalGroup, GoalTask
from data_tools.statistics import task_bootstrap95
from mil_core.algorithms.goal_learner import GoalLearner
from mil_core.calibration import auroc, balanced_accuracy, calibration_error
from mil_core.goal_tasks import NUM_GOALS, GoalMetaTask
from mil_core.scaling import to_pictures

LEAST_QUERIES = 4
"""Positives of a test task beside its goal pictures, at least."""
METRICS = ("balanced_accuracy", "auroc", "calibration_error")
_STREAM = 0x82


class HeldOutTask(NamedTuple):
    """A task with its goal pictures and the pictures it is judged by."""

    group: GoalGroup
    """The pictures."""
    task: GoalTask
    """What is wanted."""
    goals: NDArray[np.int64]
    """Numbers of the goal pictures."""
    queries: NDArray[np.int64]
    """Numbers of as many positives as negatives; the goals are not among them."""


def held_out_tasks(groups: Sequence[GoalGroup], num_tasks: int, seed: int) -> list[HeldOutTask]:
    """Tasks spread evenly over groups and relations, none twice as long as a group has others.

    A third of the negatives of each shows the same things in another relation, a third other things in the same
    relation, and a third anything else, as far as there are such pictures.
    """
    found: list[HeldOutTask] = []
    used: set[tuple[str, GoalTask]] = set()
    for number in range(num_tasks):
        group = groups[number % len(groups)]
        rng = np.random.default_rng([seed, _STREAM, number])
        known = group.tasks(NUM_GOALS + LEAST_QUERIES)
        wanted = number // len(groups) % (1 + max(task.relation for task in known))
        fresh = [task for task in known if (group.group_id, task) not in used] or known
        choices = [task for task in fresh if task.relation == wanted] or fresh
        task = choices[rng.integers(len(choices))]
        used.add((group.group_id, task))
        found.append(_test_task(group, task, rng))
    return found


def evaluate_goals(learners: Mapping[str, GoalLearner], tasks: Sequence[HeldOutTask], seed: int) -> dict[str, Any]:
    """Balanced accuracy at the stored threshold, area under the ROC curve, expected calibration error.

    Returns: method -> metrics, each with `mean` and `interval95` (whole groups drawn anew, as tasks of one are about
        the same things), shares of pictures judged right without and with distractors, the threshold, and the metrics
        of each task.
    """
    return {name: _method(learner, tasks, seed) for name, learner in learners.items()}


def _method(learner: GoalLearner, tasks: Sequence[HeldOutTask], seed: int) -> dict[str, Any]:
    probabilities = [_probability(learner, test) for test in tasks]
    truths = [test.group.is_positive(test.task)[test.queries] for test in tasks]
    threshold = learner.calibration.threshold
    result = goal_metrics(probabilities, truths, threshold, seed, [test.group.group_id for test in tasks])
    for row, test in zip(result["per_task"], tasks, strict=True):
        row |= {"group": test.group.group_id, "task": list(test.task)}
    return result | _rates(tasks, probabilities, truths, threshold)


def goal_metrics(
    probabilities: Sequence[NDArray[np.float64]],
    truths: Sequence[NDArray[np.bool_]],
    threshold: float,
    seed: int,
    groups: Sequence[str],
) -> dict[str, Any]:
    """The metrics of one method, with intervals over groups of tasks.

    Args: probabilities, truths: of the judged pictures of each task. threshold: above it success is believed.
        groups: to which each task belongs.
    """
    members = [np.flatnonzero(np.array(groups) == group) for group in dict.fromkeys(groups)]
    rows = [
        {"balanced_accuracy": balanced_accuracy(probability, truth, threshold), "auroc": auroc(probability, truth)}
        for probability, truth in zip(probabilities, truths, strict=True)
    ]
    result: dict[str, Any] = {
        name: _summary(np.array([row[name] for row in rows]), members, seed) for name in ("balanced_accuracy", "auroc")
    }
    result["calibration_error"] = _calibration(probabilities, truths, members, seed)
    result["balanced_accuracy_at_half"] = float(
        np.mean([balanced_accuracy(p, truth, 0.5) for p, truth in zip(probabilities, truths, strict=True)])
    )
    return result | {"threshold": threshold, "per_task": rows}


def _rates(
    tasks: Sequence[HeldOutTask],
    probabilities: Sequence[NDArray[np.float64]],
    truths: Sequence[NDArray[np.bool_]],
    threshold: float,
) -> dict[str, float]:
    """Shares of positives found and of negatives refused, without and with things around that do not matter, as far as
    there are such pictures."""
    above, truth = np.concatenate(probabilities) > threshold, np.concatenate(truths)
    crowded = np.concatenate([test.group.has_distractor(test.task)[test.queries] for test in tasks])
    rates = {}
    for place, mask in (("alone", ~crowded), ("among_distractors", crowded)):
        if (mask & truth).any() and (mask & ~truth).any():
            rates[f"found_{place}"] = float(above[mask & truth].mean())
            rates[f"refused_{place}"] = float((~above[mask & ~truth]).mean())
    return rates


def _probability(learner: GoalLearner, test: HeldOutTask) -> NDArray[np.float64]:
    numbers = np.concatenate([test.goals, test.queries])
    places_m = test.group.places_m[numbers]
    apart_m = torch.from_numpy(places_m[:, test.task.first] - places_m[:, test.task.second])
    batch = GoalMetaTask(
        pictures=to_pictures(test.group.pictures[numbers])[None],
        support=torch.arange(NUM_GOALS)[None, None],
        labels=torch.zeros(1, 1, len(numbers)),
        apart_m=apart_m[None, None],
        weight=torch.zeros(1, 1, len(numbers)),
    )
    return learner.calibration.probability(learner.task_scores(batch)[0, 0, NUM_GOALS:].numpy())


def _test_task(group: GoalGroup, task: GoalTask, rng: np.random.Generator) -> HeldOutTask:
    is_positive = group.is_positive(task)
    positives = rng.permutation(np.flatnonzero(is_positive))
    goals, queries = positives[:NUM_GOALS], positives[NUM_GOALS:]
    same_things = ~is_positive & (group.relations[:, task.first, task.second] >= 0)
    same_relation = ~is_positive & ~same_things & (group.relations == task.relation).any((1, 2))
    others = ~is_positive & ~same_things & ~same_relation
    share = -(-len(queries) // 3)
    negatives = np.concatenate(
        [rng.permutation(np.flatnonzero(mask))[:share] for mask in (same_things, same_relation, others)]
    )
    return HeldOutTask(group, task, goals, np.concatenate([queries, rng.permutation(negatives)[: len(queries)]]))


def _summary(values: NDArray[np.float64], members: Sequence[NDArray[np.int64]], seed: int) -> dict[str, Any]:
    """Groups have the same number of tasks, or one more."""
    means = [float(values[group].mean()) for group in members]
    interval = task_bootstrap95(means, np.random.default_rng([seed, _STREAM]))
    return {"mean": float(np.mean(values)), "interval95": list(interval), "n": len(values)}


def _calibration(
    probabilities: Sequence[NDArray[np.float64]],
    truths: Sequence[NDArray[np.bool_]],
    members: Sequence[NDArray[np.int64]],
    seed: int,
) -> dict[str, Any]:
    """Expected calibration error over all pictures of all tasks; a few pictures of one task would fill no bins."""

    def error(chosen: NDArray[np.int64]) -> float:
        probability = np.concatenate([probabilities[k] for k in chosen])
        truth = np.concatenate([truths[k] for k in chosen])
        return calibration_error(probability, truth, np.ones(len(truth)))

    rng = np.random.default_rng([seed, _STREAM])
    drawn = rng.integers(0, len(members), (1000, len(members)))
    redrawn = [error(np.concatenate([members[k] for k in row])) for row in drawn]
    interval = [float(end) for end in np.quantile(redrawn, (0.025, 0.975))]
    return {"mean": error(np.arange(len(truths))), "interval95": interval, "n": len(truths)}
