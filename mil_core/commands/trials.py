"""Scenes to judge policies in, and what happens in them. Every scene follows from seed, task index and trial index."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from data_tools.demo import Demo, Split, TaskDemos, Video
from data_tools.hdf5 import write_tasks
from data_tools.video import write_video
from mil_core.actor import Actor
from mil_core.algorithms.algorithm import AbstractAlgorithm
from mil_core.baselines.random_policy import RandomPolicy
from mil_core.checkpoint import Checkpoint
from mil_core.commands.checked import unchanged_checkpoint
from mil_core.evaluate import Episode
from mil_core.experiments.imitation import ImitationExperiment
from mil_core.support import load_support_demo, load_support_film
from sim.collect import FILM_LAYOUT, TRIAL_LAYOUT, collect_demo, layout_rng, robot_class, task_at
from sim.env import Environment
from sim.environments import open_environment
from sim.errors import PhysicsDiverged
from sim.human import film
from sim.rollout import rollout
from sim.tasks.place import PlaceTask

SPLIT: Split = "test"
"""What results are reported on; the others are for choosing, and for finding out what was not learned."""


@dataclass(frozen=True)
class Rival:
    """A further checkpoint, of another method, in the same table."""

    method: str
    """Its key in the results file."""
    checkpoint: Path
    """Its folder."""
    sha256: str
    """Its hash when the evaluation began."""


@dataclass(frozen=True)
class TrialPlan:
    """What to try on each task; small, so that it travels to worker processes."""

    checkpoint: Path
    """Folder of the checkpoint."""
    sha256: str
    """Its hash when the evaluation began."""
    seed: int
    """Seed of tasks and scenes."""
    trials: int
    """Scenes of each task."""
    shots: int = 1
    """Demonstrations or films to adapt from."""
    rivals: tuple[Rival, ...] = ()
    """Whoever adapts to the same support and acts in the same scenes."""
    split: Split = SPLIT
    """Whose tasks."""


def run_task(plan: TrialPlan, index: int) -> list[Episode]:
    """Adapt to the support of task number `index` once, then let every method act in the same scenes of it.

    Raises: MilError, SimError; CheckpointCorrupt also when a checkpoint changed since the evaluation began.
    """
    torch.set_num_threads(1)  # a process a core: more threads would only get in each other's way
    checkpoint = unchanged_checkpoint(plan.checkpoint, plan.sha256, ImitationExperiment)
    experiment, algorithm = checkpoint.experiment, checkpoint.algorithm()
    learners: dict[str, AbstractAlgorithm] = {key_of(experiment.method, plan.shots): algorithm}
    for rival in plan.rivals:
        theirs = unchanged_checkpoint(rival.checkpoint, rival.sha256, ImitationExperiment)
        learners[key_of(rival.method, plan.shots)] = theirs.algorithm()
    task = task_at(experiment.task, plan.split, plan.seed, index)
    supports = [support_of(experiment, plan.seed, index, shot, plan.split) for shot in range(plan.shots)]
    adapted = {method: learner.adapt(*supports) for method, learner in learners.items()}
    unadapted = algorithm.unadapted()
    episodes = []
    with open_environment(task, robot_class(experiment.robot)()) as env:
        for trial in range(plan.trials):
            actors: dict[str, Actor] = {
                **adapted,
                "unadapted": unadapted,
                "random": _random_policy(checkpoint, plan, index, trial),
            }
            for method, actor in actors.items():
                rng = layout_rng(plan.seed, plan.split, index, TRIAL_LAYOUT + trial)
                episodes.append(Episode(method, index, task.task_id, trial, *outcome(env, actor, rng)))
    return episodes


def key_of(method: str, shots: int) -> str:
    """A method's key in results files; where it adapted to several demonstrations, their number stands behind it."""
    return method if shots == 1 else f"{method}_{shots}shot"


def support_of(
    experiment: ImitationExperiment, seed: int, index: int, shot: int = 0, split: Split = SPLIT
) -> Video | Demo:
    """A film or demonstration of a task that policies adapt from, in a scene that no trial meets.

    It goes through a real file, so that the evaluation sees what a user's file would give.
    """
    with tempfile.TemporaryDirectory(prefix="mil-support-") as folder:
        return load_support(write_support(experiment, Path(folder), seed, index, shot, split), experiment)


def load_support(path: Path, experiment: ImitationExperiment) -> Video | Demo:
    """The first demonstration of a demo file, or a film at the size of the experiment's policy."""
    if path.suffix == ".hdf5":
        return load_support_demo(path)
    return load_support_film(path, experiment.policy.image_height, experiment.policy.image_width)


def write_film(path: Path, task: PlaceTask, seed: int, index: int, shot: int = 0, split: Split = SPLIT) -> None:
    """Write a film of a human doing task number `index` as an mp4 file."""
    video = film(task, layout_rng(seed, split, index, FILM_LAYOUT + shot)).video
    write_video(path, video.frames, capture_time_s=video.capture_time_s)


def write_support(
    experiment: ImitationExperiment, folder: Path, seed: int = 7, index: int = 0, shot: int = 0, split: Split = SPLIT
) -> Path:
    """Write a film, or a demo file, of a task into a folder. Args: shot: which one, from 0. Returns: the file."""
    task = task_at(experiment.task, split, seed, index)
    if experiment.support == "film" and isinstance(task, PlaceTask):
        write_film(folder / "film.mp4", task, seed, index, shot, split)
        return folder / "film.mp4"
    demo = collect_demo(task, robot_class(experiment.robot)(), layout_rng(seed, split, index, shot))
    write_tasks(folder / "demo.hdf5", [TaskDemos(task.task_id, (demo,))])
    return folder / "demo.hdf5"


def outcome(env: Environment, actor: Actor, rng: np.random.Generator) -> tuple[bool, bool, int, dict[str, float]]:
    """Success at any time, success at the end, the candidate that was chosen, and the task's measures."""
    actor.reset()
    try:
        result = rollout(env, actor.act, rng, record=False)
    except PhysicsDiverged:  # a policy that breaks the physics has failed, and is measured as if it had done nothing
        env.reset(rng)
        return False, False, -1, env.measures()
    return result.success_once, result.success_at_end, result.chosen, result.measures


def _random_policy(
    checkpoint: Checkpoint[ImitationExperiment], plan: TrialPlan, index: int, trial: int
) -> RandomPolicy:
    scene = layout_rng(plan.seed, plan.split, index, TRIAL_LAYOUT + trial)
    (rng,) = scene.spawn(1)  # a stream that the scene does not use
    return RandomPolicy(checkpoint.experiment.policy, checkpoint.statistics, rng)
