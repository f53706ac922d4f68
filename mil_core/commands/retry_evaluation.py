"""`mil evaluate --retry`: what is gained by a second attempt that a goal classifier asks for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mil_core import checkpoint as checkpoints
from mil_core.checkpoint import Checkpoint
from mil_core.commands.checked import default_checkpoint
from mil_core.commands.output import BadArgument
from mil_core.commands.retry_trials import RetryPlan
from mil_core.compare import compare
from mil_core.evaluate import Episode, Protocol, results
from mil_core.experiments.classifier import ClassifierExperiment
from mil_core.experiments.imitation import ImitationExperiment
from mil_core.retry import RetryRule

CLASSIFIERS = {"place": "flo_place", "push_small": "flo_push"}
"""Task -> experiment whose classifiers judge it."""


def retry_plan(
    checkpoint: Checkpoint[ImitationExperiment],
    folder: Path,
    goal_folder: Path | None,
    asked: Protocol,
    failure_below: float,
) -> RetryPlan:
    """What to try on each task.

    Args:
        folder: of the policy's checkpoint. goal_folder: of the classifiers'; the default one when None.
        failure_below: see RetryRule.

    Raises:
        BadArgument: nobody judges this task. BadThreshold: `failure_below` is none. MilError: a checkpoint is none.
    """
    task = checkpoint.experiment.task
    if task not in CLASSIFIERS:
        known = ", ".join(CLASSIFIERS)
        raise BadArgument(f"--retry: expected an experiment of task {known}, found task {task}; leave it out.")
    RetryRule(0.5, failure_below)
    goal_folder = goal_folder or default_checkpoint(CLASSIFIERS[task])
    goals = checkpoints.load(goal_folder, ClassifierExperiment)
    if goals.experiment.data.source != task:
        raise BadArgument(
            f"{goal_folder}: expected classifiers of task {task}, found those of {goals.experiment.data.source}; "
            f"type: mil train --experiment {CLASSIFIERS[task]} --out checkpoints/{CLASSIFIERS[task]}"
        )
    return RetryPlan(folder, checkpoint.sha256, goal_folder, goals.sha256, asked.seed, asked.trials, failure_below)


def retry_results(
    checkpoint: Checkpoint[ImitationExperiment], plan: RetryPlan, asked: Protocol, episodes: Sequence[Episode]
) -> dict[str, Any]:
    """The content of the results file: both methods, and under `retry` their difference and how it was measured."""
    content = results(checkpoint, asked, episodes)
    method = checkpoint.experiment.method
    verdict = compare(content, f"{method}_retry", content, method)
    about = {"goal_checkpoint_sha256": plan.goal_sha256, "failure_below": plan.failure_below}
    return content | {"retry": about | verdict.to_dict()}
