"""`mil evaluate --retry`: what is gained by a second attempt that a goal classifier asks for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mil_core import checkpoint as checkpoints
from mil_core.checkpoint import Checkpoint
from mil_core.commands.checked import default_checkpoint
from mil_core.commands.output import BadArgument
from mil_core.commands.retry_trials import RetryPlan
from mil_core.commands.trials import Rival
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
    second_folder: Path | None,
    asked: Protocol,
    failure_below: float,
) -> RetryPlan:
    """What to try on each task.

    Args:
        folder: of the policy's checkpoint. goal_folder: of the classifiers'; the default one when None. second_folder:
            of who acts in a second attempt; the same policy, adapted anew, when None. failure_below: see RetryRule.

    Raises:
        BadArgument: nobody judges this task. BadThreshold: `failure_below` is none. MilError: a checkpoint is none, or
            the second policy cannot act in the first one's place.
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
    second = None if second_folder is None else _second(checkpoint.experiment, second_folder)
    return RetryPlan(
        folder, checkpoint.sha256, goal_folder, goals.sha256, asked.seed, asked.trials, failure_below, second
    )


def _second(first: ImitationExperiment, folder: Path) -> Rival:
    """Who acts in a second attempt. Raises: SupportMismatch: not where the first one does, or after something else."""
    second = checkpoints.load(folder, ImitationExperiment)
    second.experiment.check_replaces(first)
    method = second.experiment.method
    return Rival(f"{method}_second" if method == first.method else method, folder, second.sha256)


def retry_results(
    checkpoint: Checkpoint[ImitationExperiment], plan: RetryPlan, asked: Protocol, episodes: Sequence[Episode]
) -> dict[str, Any]:
    """The content of the results file: all methods, and under `retry` what a second attempt gains and how that was
    measured; under `second_attempt` in it, if somebody else makes it, what is gained over him alone."""
    content = results(checkpoint, asked, episodes)
    method = checkpoint.experiment.method
    gain = compare(content, f"{method}_retry", content, method)
    about: dict[str, Any] = {"goal_checkpoint_sha256": plan.goal_sha256, "failure_below": plan.failure_below}
    if plan.second is not None:
        about["second_attempt"] = {
            "learned_as": checkpoints.load(plan.second.checkpoint).experiment.name,
            "checkpoint_sha256": plan.second.sha256,
            **compare(content, f"{method}_retry", content, plan.second.method).to_dict(),
        }
    return content | {"retry": about | gain.to_dict()}
