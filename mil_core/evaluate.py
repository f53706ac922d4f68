"""What episodes say about a policy: counts, rates and intervals, as they stand in results/*.json.

Refuses to know simulators: it is handed how each episode ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from data_tools.provenance import code_version
from mil_core.checkpoint import Checkpoint

Criterion = Literal["success_once", "success_at_end"]
BOOTSTRAP_DRAWS = 10_000
_NORMAL_975 = 1.959963984540054  # 97.5% point of the standard normal distribution: two-sided 95%
_BOOTSTRAP_STREAM = 95  # keeps the bootstrap's draws apart from every other stream of the same seed


@dataclass(frozen=True)
class Episode:
    """How one policy did in one scene."""

    method: str
    """Key in the results file."""
    task_index: int
    """Number of the task under the evaluation's seed."""
    task_id: str
    """Identity of the task."""
    trial: int
    """Number of the scene of this task; all methods meet the same scenes."""
    success_once: bool
    """Done after any of the steps."""
    success_at_end: bool
    """Done after the last step."""
    chosen: int
    """Candidate that the behaviour ended nearest to, 0 is the target; -1 where the physics broke down."""


@dataclass(frozen=True)
class Protocol:
    """What was asked for."""

    seed: int
    """Seed of tasks and scenes."""
    tasks: int
    """Number of test tasks."""
    trials: int
    """Scenes of each task."""
    criterion: Criterion
    """Which of the two successes the rates count."""


def wilson95(successes: int, count: int) -> tuple[float, float]:
    """95% score interval of a success rate.

    Source: Wilson 1927, the roots of (p - rate)^2 = z^2 p (1 - p) / n. Differs: nothing.

    Args: successes, count: 0 <= successes <= count, count >= 1.
    Returns: lower and upper end, within [0, 1].
    """
    rate, shrink = successes / count, _NORMAL_975**2 / count
    centre = (rate + shrink / 2) / (1 + shrink)
    half = _NORMAL_975 / (1 + shrink) * float(np.sqrt(rate * (1 - rate) / count + shrink / (4 * count)))
    return max(0.0, min(rate, centre - half)), min(1.0, max(rate, centre + half))  # rounding must not lose an end


def task_bootstrap95(rates: Sequence[float], rng: np.random.Generator) -> tuple[float, float]:
    """95% interval of the mean rate when whole tasks, not trials, are drawn again: trials of one task are alike.

    Args: rates: success rate of each task, at least one. rng: source of the draws.
    Returns: percentiles 2.5 and 97.5 of the redrawn means.
    """
    drawn = rng.choice(np.asarray(rates, np.float64), (BOOTSTRAP_DRAWS, len(rates)))
    low, high = np.percentile(drawn.mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def method_result(episodes: Sequence[Episode], protocol: Protocol) -> dict[str, Any]:
    """One method's entry of a results file.

    Returns: successes, n, rate, wilson95, task_bootstrap95; the share of episodes done at any time and at the end; the
        failures by kind (went to another object, or failed at the right one); and the counts of every task.
    """
    done = [getattr(episode, protocol.criterion) for episode in episodes]
    tasks = [_task_result(group, protocol) for group in _by_task(episodes)]
    rng = np.random.default_rng([protocol.seed, _BOOTSTRAP_STREAM])
    failed = [episode for episode, is_done in zip(episodes, done, strict=True) if not is_done]
    num_other = sum(episode.chosen > 0 for episode in failed)
    return {
        "successes": sum(done),
        "n": len(done),
        "rate": sum(done) / len(done),
        "wilson95": list(wilson95(sum(done), len(done))),
        "task_bootstrap95": list(task_bootstrap95([task["successes"] / task["n"] for task in tasks], rng)),
        "success_once": sum(episode.success_once for episode in episodes) / len(done),
        "success_at_end": sum(episode.success_at_end for episode in episodes) / len(done),
        "failures": {"task_identification": num_other, "control": len(failed) - num_other},
        "per_task": tasks,
    }


def results(checkpoint: Checkpoint, protocol: Protocol, episodes: Sequence[Episode]) -> dict[str, Any]:
    """The content of results/<experiment>.json; methods in the order of their first episode."""
    methods = dict.fromkeys(episode.method for episode in episodes)
    return {
        "experiment": checkpoint.experiment.name,
        "checkpoint_sha256": checkpoint.sha256,
        "iteration": checkpoint.iteration,
        "code_version": code_version(),
        "seed": protocol.seed,
        "tasks": protocol.tasks,
        "trials": protocol.trials,
        "criterion": protocol.criterion,
        "methods": {
            method: method_result([episode for episode in episodes if episode.method == method], protocol)
            for method in methods
        },
    }


def _by_task(episodes: Sequence[Episode]) -> list[list[Episode]]:
    indices = sorted({episode.task_index for episode in episodes})
    return [[episode for episode in episodes if episode.task_index == index] for index in indices]


def _task_result(episodes: Sequence[Episode], protocol: Protocol) -> dict[str, Any]:
    return {
        "task_id": episodes[0].task_id,
        "successes": sum(getattr(episode, protocol.criterion) for episode in episodes),
        "n": len(episodes),
        "chosen": [episode.chosen for episode in episodes],
    }
