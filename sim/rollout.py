"""Lets something act in an environment for one episode and tells how it went.

Whatever acts is a function from observations to actions: an expert, a policy or a random guess look the same here.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Demo, Observation, Video
from sim.env import Environment

Act = Callable[[Observation], NDArray[np.floating]]
Disturb = Callable[[NDArray[np.floating]], NDArray[np.floating]]


@dataclass(frozen=True)
class Rollout:
    """One episode."""

    success_once: bool
    """Whether the task was done after any of the steps."""
    success_at_end: bool
    """Whether the task was done after the last step."""
    chosen: int
    """Index of the candidate that the behaviour ended nearest to; 0 is the target."""
    measures: dict[str, float]
    """Further numbers of the task about the last step, by name."""
    demo: Demo | None
    """Recorded observations and chosen actions, if asked for."""


def rollout(
    env: Environment, act: Act, rng: np.random.Generator, *, record: bool, disturb: Disturb | None = None
) -> Rollout:
    """Draw a layout and act until the task's horizon.

    Args:
        env: where to act; it is reset first.
        act: chooses the action for an observation.
        rng: source of the layout.
        record: whether to keep the episode as a demonstration.
        disturb: changes each action before it is executed; the demonstration keeps the chosen one.

    Returns: how it went. Raises: ActionError, PhysicsDiverged.
    """
    observation = env.reset(rng)
    observations: list[Observation] = []
    actions: list[NDArray[np.floating]] = []
    successes: list[bool] = []
    for _ in range(env.task.horizon_steps):
        action = act(observation)
        if record:
            observations.append(observation)
            actions.append(np.array(action, dtype=np.float32))
        observation = env.step(action if disturb is None else disturb(action))
        successes.append(env.success())
    demo = _demo(env, observations, actions, is_success=successes[-1]) if record else None
    return Rollout(any(successes), successes[-1], env.chosen(), env.measures(), demo)


def _demo(
    env: Environment, observations: list[Observation], actions: list[NDArray[np.floating]], *, is_success: bool
) -> Demo:
    time_s = np.array([observation.time_s for observation in observations])
    return Demo(
        video=Video(np.stack([observation.image for observation in observations]), time_s),
        states=np.stack([observation.state for observation in observations]),
        actions=np.stack(actions).astype(np.float32),
        state_time_s=time_s.copy(),
        action_time_s=time_s.copy(),
        task_id=env.task.task_id,
        robot=env.robot.name,
        outcome="success" if is_success else "failure",
    )
