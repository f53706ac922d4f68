"""`mil rollout`: let an adapted policy act in new scenes of a test task, on film if wanted."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from data_tools.atomic import file_sha256
from data_tools.demo import Observation
from data_tools.video import write_video
from mil_core.adapted_files import ADAPTED, load_adapted
from mil_core.adapted_policy import AdaptedPolicy
from mil_core.commands.checked import checkpoint_of
from mil_core.commands.output import console, require_at_least, write_json
from mil_core.commands.trials import SPLIT, outcome
from mil_core.evaluate import Episode, Protocol, results
from mil_core.experiments.imitation import ImitationExperiment
from sim.collect import TRIAL_LAYOUT, layout_rng, robot_class, task_at
from sim.env import Environment
from sim.environments import open_environment

FILM_SCALE = 3
"""Side of a filmed picture in sides of the policy's own."""


@dataclass(frozen=True)
class Rollout:
    """Run an adapted policy in new scenes of one test task, the scenes that `mil evaluate` uses for the same seed."""

    adapted: Path
    """Folder that `mil adapt` wrote."""
    experiment: str
    """Name of the experiment."""
    checkpoint: Path | None = None
    """Folder of the checkpoint that was adapted; checkpoints/EXPERIMENT when left out."""
    seed: int = 7
    """Seed of test tasks and scenes."""
    task_index: int = 0
    """Number of the test task."""
    episodes: int = 3
    """Scenes to act in."""
    video: Path | None = None
    """mp4 file to film the episodes into."""
    out: Path | None = None
    """JSON file with the same success fields as `mil evaluate`."""
    quick: bool = False
    """One episode, in seconds."""

    def run(self) -> int:
        """Act, print how it went, write what was asked for."""
        require_at_least(1, {"episodes": self.episodes})
        require_at_least(0, {"task_index": self.task_index, "seed": self.seed})
        checkpoint = checkpoint_of(self.experiment, self.checkpoint, ImitationExperiment)
        policy = load_adapted(self.adapted, checkpoint)
        experiment = checkpoint.experiment
        task = task_at(experiment.task, SPLIT, self.seed, self.task_index)
        with open_environment(task, robot_class(experiment.robot)()) as env:
            episodes = self._episodes(env, policy, experiment.method)
        protocol = Protocol(self.seed, 1, len(episodes), task.criterion)
        content = results(checkpoint, protocol, episodes)
        result = content["methods"][experiment.method]
        low, high = result["wilson95"]
        console.print(f"{task.task_id}: success {result['successes']}/{result['n']}, 95% {low:.1%} to {high:.1%}")
        if self.out is not None:
            adapted_sha256 = file_sha256(self.adapted / ADAPTED)
            write_json(self.out, {**content, "task_index": self.task_index, "adapted_sha256": adapted_sha256})
        return 0

    def _episodes(self, env: Environment, policy: AdaptedPolicy, method: str) -> list[Episode]:
        """Act, into a film if one is wanted."""
        episodes: list[Episode] = []
        frames = self._frames(env, policy, method, episodes)
        if self.video is None:
            deque(frames, maxlen=0)  # there are none, but asking for them lets the policy act
        else:
            write_video(self.video, frames, env.task.control_rate_hz)
            console.print(f"film in {self.video}")
        return episodes

    def _frames(
        self, env: Environment, policy: AdaptedPolicy, method: str, episodes: list[Episode]
    ) -> Iterator[NDArray[np.uint8]]:
        """Act in one episode after another, append each to `episodes`, and give its pictures if a film is wanted."""
        number = 1 if self.quick else self.episodes
        for trial in track(range(number), "rollout", console=console):
            actor = _Filmed(policy, env, is_on=self.video is not None)
            rng = layout_rng(self.seed, SPLIT, self.task_index, TRIAL_LAYOUT + trial)
            ending = outcome(env, actor, rng)
            episodes.append(Episode(method, self.task_index, env.task.task_id, trial, *ending))
            yield from actor.frames


class _Filmed:
    """A policy whose every step is filmed."""

    def __init__(self, policy: AdaptedPolicy, env: Environment, *, is_on: bool) -> None:
        self._policy, self._env, self._is_on = policy, env, is_on
        self.frames: list[NDArray[np.uint8]] = []

    def reset(self) -> None:
        self._policy.reset()

    def act(self, observation: Observation) -> NDArray[np.float32]:
        if self._is_on:
            task = self._env.task
            picture = self._env.render(height=FILM_SCALE * task.image_height, width=FILM_SCALE * task.image_width)
            self.frames.append(picture)
        return self._policy.act(observation)
