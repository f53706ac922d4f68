"""What episodes say about a policy: counts, rates and intervals, as they stand in results/*.json.

Refuses to know simulators: it is handed how each episode ended.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from data_tools.statistics import task_bootstrap95, wilson95
from mil_core.checkpoint import Checkpoint

Criterion = Literal["success_once", "success_at_end"]
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
    measures: Mapping[str, float] = field(default_factory=dict)
    """Further numbers of the task about the last step, by name."""
    has_touched: bool | None = None
    """Whether it touched something that breaks; None in tasks where nothing does."""


@dataclass(frozen=True)
class Protocol:
    """What was asked for."""

    seed: int
    """Seed of tasks and scenes."""
    tasks: int
    """Number of tasks."""
    trials: int
    """Scenes of each task."""
    criterion: Criterion
    """Which of the two successes the rates count."""


def method_result(episodes: Sequence[Episode], protocol: Protocol) -> dict[str, Any]:
    """One method's entry of a results file.

    Returns: successes, n, rate, wilson95, task_bootstrap95; the share of episodes done at any time and at the end; the
        failures by kind (went to another object, or failed at the right one); the counts of every task; and where
        things break, the same failures by cause, see `_causes`; where the task measures more, see `_measured`.
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
        **_causes(failed, episodes),
        **_measured(episodes, protocol),
    }


def results(checkpoint: Checkpoint, protocol: Protocol, episodes: Sequence[Episode]) -> dict[str, Any]:
    """The content of results/<experiment>.json; methods in the order of their first episode."""
    methods = dict.fromkeys(episode.method for episode in episodes)
    return {
        **checkpoint.origin(),
        "seed": protocol.seed,
        "tasks": protocol.tasks,
        "trials": protocol.trials,
        "criterion": protocol.criterion,
        "methods": {
            method: method_result([episode for episode in episodes if episode.method == method], protocol)
            for method in methods
        },
    }


def _causes(failed: Sequence[Episode], episodes: Sequence[Episode]) -> dict[str, dict[str, int]]:
    """`causes` of failures where things break: touched one, whatever else; else ended at a wrong goal; else short."""
    if all(episode.has_touched is None for episode in episodes):
        return {}
    touched = sum(bool(episode.has_touched) for episode in failed)
    wrong = sum(episode.chosen > 0 and not episode.has_touched for episode in failed)
    return {"causes": {"touched_fragile": touched, "wrong_goal": wrong, "stopped_short": len(failed) - touched - wrong}}


def _measured(episodes: Sequence[Episode], protocol: Protocol) -> dict[str, Any]:
    """`measures` of the task by name: mean, and its interval by drawing whole tasks anew."""
    measures = {}
    for name in episodes[0].measures:
        rng = np.random.default_rng([protocol.seed, _BOOTSTRAP_STREAM])
        means = [float(np.mean([episode.measures[name] for episode in group])) for group in _by_task(episodes)]
        measures[name] = {"mean": float(np.mean(means)), "task_bootstrap95": list(task_bootstrap95(means, rng))}
    return {"measures": measures} if measures else {}


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
