"""Trials with and without a second attempt that a goal classifier asks for, in the same scenes."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mil_core.actor import Actor
from mil_core.adapted_goal import Judge, Picture, Sighting
from mil_core.commands.checked import unchanged_checkpoint
from mil_core.commands.trials import SPLIT, Rival, outcome, support_of
from mil_core.errors import UnusablePicture
from mil_core.evaluate import Episode
from mil_core.experiments.classifier import ClassifierExperiment
from mil_core.experiments.imitation import ImitationExperiment
from mil_core.goal_tasks import NUM_GOALS
from mil_core.retry import RetryRule, Verdict, with_retry
from mil_core.second_look import second_look
from sim.collect import TRIAL_LAYOUT, home_rng, layout_rng, robot_class, task_at
from sim.env import Environment
from sim.errors import PhysicsDiverged
from sim.success_pictures import success_pictures

REST_STEPS = 10
"""Control steps without motion after a run that the classifier ended, so that a falling item lands before it counts."""


@dataclass(frozen=True)
class RetryPlan:
    """What to try on each task; small, so that it travels to worker processes."""

    checkpoint: Path
    """Folder of the policy's checkpoint."""
    sha256: str
    """Its hash when the evaluation began."""
    goal_checkpoint: Path
    """Folder of the goal classifiers' checkpoint."""
    goal_sha256: str
    """Its hash when the evaluation began."""
    seed: int
    """Seed of tasks and scenes."""
    trials: int
    """Scenes of each task."""
    failure_below: float
    """See RetryRule."""
    second: Rival | None = None
    """Who acts in a second attempt, if it is not the same policy after a second look."""


def run_retry_task(plan: RetryPlan, index: int) -> list[Episode]:
    """Adapt policy and classifier to test task number `index`, then act in the same scenes without and with a retry.

    Methods: that of the policy, and the same followed by `_retry`, which adapts anew for its second attempt (see
    second_look), or leaves it to `plan.second`, which then acts alone, too, to be compared with. The classifier sees
    five ends of the expert's episodes in scenes that no trial meets. Measures of the retrying method: `attempts`, and
    shares of runs that it ended (`ended_early`), called a sure failure at first (`missed`), and called so wrongly
    (`missed_wrongly`).

    Raises: MilError, SimError.
    """
    torch.set_num_threads(1)  # a process a core: more threads would only get in each other's way
    checkpoint = unchanged_checkpoint(plan.checkpoint, plan.sha256, ImitationExperiment)
    goals = unchanged_checkpoint(plan.goal_checkpoint, plan.goal_sha256, ClassifierExperiment)
    experiment = checkpoint.experiment
    task = task_at(experiment.task, SPLIT, plan.seed, index)
    algorithm, support = checkpoint.algorithm(), support_of(experiment, plan.seed, index)
    alone: dict[str, Actor] = {experiment.method: algorithm.adapt(support)}
    if plan.second is None:
        second = algorithm.adapt(second_look(support, experiment.learning))
    else:
        theirs = unchanged_checkpoint(plan.second.checkpoint, plan.second.sha256, ImitationExperiment)
        second = alone[plan.second.method] = theirs.algorithm().adapt(support)
    robot = robot_class(experiment.robot)
    judge = goals.algorithm().adapt(success_pictures(task, robot(), plan.seed, SPLIT, index, NUM_GOALS))
    rule = RetryRule(judge.calibration.threshold, plan.failure_below)
    episodes = []
    with Environment(task, robot()) as env:
        for trial in range(plan.trials):
            numbers = plan.seed, SPLIT, index, TRIAL_LAYOUT + trial
            for method, actor in alone.items():
                plain = outcome(env, actor, layout_rng(*numbers))
                episodes.append(Episode(method, index, task.task_id, trial, *plain))
            run = WatchedTrial(env, (alone[experiment.method], second), judge, rule, home_rng(*numbers))
            retried = run.outcome(layout_rng(*numbers))
            episodes.append(Episode(f"{experiment.method}_retry", index, task.task_id, trial, *retried))
    return episodes


class WatchedTrial:
    """One trial that a classifier watches, as the node policy_runner does it (mil_nodes/watched_run.py)."""

    def __init__(
        self, env: Environment, actors: tuple[Actor, Actor], judge: Judge, rule: RetryRule, rng: np.random.Generator
    ) -> None:
        """Args: actors: of the first and of the second attempt. rng: of home poses."""
        self._env, self._actors, self._judge, self._rule, self._rng = env, iter(actors), judge, rule, rng
        self._successes: list[bool] = []
        self._ended_early = False

    def outcome(self, rng: np.random.Generator) -> tuple[bool, bool, int, dict[str, float]]:
        """Success at any time and at the end, the candidate that was chosen, and measures. Args: rng: of the layout."""
        env, was_done = self._env, []
        self._observation = env.reset(rng)

        def go_home() -> bool:
            was_done.append(env.success())
            self._observation = env.go_home(self._rng)
            return True

        try:
            verdicts = with_retry(self._attempt, go_home)
            self._rest()
        except PhysicsDiverged:  # a policy that breaks the physics has failed
            env.reset(rng)
            return False, False, -1, _measures([], was_done, ended_early=False)
        measures = _measures(verdicts, was_done, ended_early=self._ended_early)
        return any(self._successes), self._successes[-1], env.chosen(), measures

    def _attempt(self) -> Verdict:
        actor = next(self._actors)
        actor.reset()
        sightings = [self._look(self._observation.image)]
        for step in range(self._env.task.horizon_steps):
            self._step(actor.act(self._observation))
            sightings.append(self._look(self._observation.image))
            if self._rule.may_end(sightings, self._gripper()):
                self._ended_early = step + 1 < self._env.task.horizon_steps
                break
        return self._rule.verdict(sightings)

    def _rest(self) -> None:
        """After an early end the robot stands still, its gripper as it was."""
        if self._ended_early:
            hold = np.zeros_like(self._action)
            hold[-1] = self._action[-1]
            for _ in range(REST_STEPS):
                self._step(hold)

    def _gripper(self) -> float:
        """Its last command, 0 open to 1 closed; 1 where there is none: what is pushed is never let go, and a picture
        on the way may look like the end, so that such a run ends by itself."""
        return float(self._action[-1]) if self._env.robot.has_gripper else 1.0

    def _step(self, action: np.ndarray) -> None:
        self._action = action
        self._observation = self._env.step(action)
        self._successes.append(self._env.success())

    def _look(self, picture: Picture) -> Sighting:
        try:
            return self._judge.look(picture)
        except UnusablePicture:
            return Sighting(math.nan, math.inf)


def _measures(verdicts: list[Verdict], was_done: list[bool], *, ended_early: bool) -> dict[str, float]:
    """Numbers of one watched trial. Args: was_done: whether the task was done when the robot went home."""
    return {
        "attempts": float(max(len(verdicts), 1)),
        "ended_early": float(ended_early),
        "missed": float(bool(was_done)),
        "missed_wrongly": float(any(was_done)),
    }
