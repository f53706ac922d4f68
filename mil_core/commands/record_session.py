"""A session of recording in simulation: take after take, kept, done again or labelled, as the operator wishes.

Knows no devices by name and no files beyond the folder of takes.
"""

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Observation, Outcome
from data_tools.journal import StreamSpec
from data_tools.recorder import RecorderLimits, Take
from data_tools.recorder_takes import Episode, Takes
from data_tools.recorder_watch import EndReason, WatchLimits
from mil_core.commands.record_view import View
from sim.env import Environment
from sim.teleop.teleop import AbstractTeleop, Wish

SPECTATOR = "spectator"
SPECTATOR_SCALE = 3
"""Side of the second camera's picture in sides of the policy's own."""
LIMITS = RecorderLimits(watch=WatchLimits(silence_s=10.0))
"""A simulated camera cannot be unplugged: only a world that hangs is silent."""
REVIEW_POLL_S = 0.05
VIEW_PERIOD_S = 0.2


@dataclass(frozen=True)
class SessionOptions:
    """How a session goes."""

    max_steps: int
    """Longest episode."""
    with_spectator: bool
    """Record a second, larger picture of the scene."""
    clock: str = "simulated"
    """Name of the clock of all capture times."""


@dataclass
class _Run:
    """One take as it goes on."""

    take: Take
    observation: Observation
    successes: list[bool] = field(default_factory=list)
    wish: Wish | None = None
    label: Outcome | None = None
    shown_s: float = 0.0


class Session:
    """Records episodes of one task.

    Args: env: the scene. device: who moves the robot. takes: where episodes go. view: tells the operator how it goes.
    """

    def __init__(
        self,
        env: Environment,
        device: AbstractTeleop,
        takes: Takes,
        view: View,
        options: SessionOptions,
        device_name: str,
    ) -> None:
        self._env, self._device, self._takes, self._view = env, device, takes, view
        self._options, self._device_name = options, device_name

    def record(self, rng: np.random.Generator) -> tuple[Episode | None, Wish | None]:
        """Record one take. Returns: the episode, None when it was discarded; and what the operator asked for."""
        run = self._begin(rng)
        try:
            self._act(run)
            self._review(run)
            if run.wish is Wish.REDO:
                self._takes.discard(run.take)
                return None, run.wish
        except BaseException as error:
            self._takes.keep(run.take, "unknown", "nobody", EndReason.OPERATOR, f"{type(error).__name__}: {error}")
            raise
        outcome, label_by = self._label(run)
        reason = EndReason.COMPLETE if run.wish is None else EndReason.OPERATOR
        return self._takes.keep(run.take, outcome, label_by, reason), run.wish

    def _begin(self, rng: np.random.Generator) -> _Run:
        observation = self._env.reset(rng)
        self._device.reset(self._env, rng)
        self._device.wishes()  # what was asked for before the take began does not count
        names = {"task_id": self._env.task.task_id, "robot": self._env.robot.name}
        names |= {"clock": self._options.clock, "device": self._device_name}
        return _Run(self._takes.begin(names, self._streams(observation), LIMITS), observation)

    def _streams(self, observation: Observation) -> list[StreamSpec]:
        rate_hz, height, width = self._env.task.control_rate_hz, *observation.image.shape[:2]
        streams = [
            StreamSpec("image", (height, width, 3), "uint8", rate_hz),
            StreamSpec("state", observation.state.shape, "float32", rate_hz),
            StreamSpec("action", (self._env.robot.action_size,), "float32", rate_hz),
        ]
        if self._options.with_spectator:
            shape = (SPECTATOR_SCALE * height, SPECTATOR_SCALE * width, 3)
            streams.append(StreamSpec(SPECTATOR, shape, "uint8", rate_hz))
        return streams

    def _act(self, run: _Run) -> None:
        """Until the longest episode is over, the operator wishes otherwise, or the recording fails."""
        started_s = time.monotonic()
        while len(run.successes) < self._options.max_steps and not self._is_over(run):
            # What is executed is what is recorded, bit for bit.
            action = self._device.act(self._env).astype(np.float32)
            self._put(run, action)
            run.observation = self._env.step(action)
            run.successes.append(self._env.success())
            if self._device.is_human:
                due_s = started_s + len(run.successes) / self._env.task.control_rate_hz
                time.sleep(max(0.0, due_s - time.monotonic()))
            else:
                run.take.wait_for_room()

    def _put(self, run: _Run, action: NDArray[np.float32]) -> None:
        observation = run.observation
        run.take.put("image", observation.time_s, observation.image)
        run.take.put("state", observation.time_s, observation.state)
        if self._options.with_spectator:
            height, width = (SPECTATOR_SCALE * side for side in observation.image.shape[:2])
            run.take.put(SPECTATOR, observation.time_s, self._env.render(height=height, width=width))
        run.take.put("action", observation.time_s, action)

    def _is_over(self, run: _Run) -> bool:
        """Hear the operator, and look whether the recording goes on."""
        self._hear(run)
        return run.wish is not None or run.take.fault() is not None

    def _hear(self, run: _Run) -> None:
        """Hear the operator, and show how the take goes."""
        for wish in self._device.wishes():
            if wish in (Wish.SUCCESS, Wish.FAILURE):
                run.label = "success" if wish is Wish.SUCCESS else "failure"
            else:
                run.wish = wish
        now_s = time.monotonic()
        if now_s - run.shown_s >= VIEW_PERIOD_S:
            run.shown_s = now_s
            self._view.show(run.take, run.observation.image, run.label)

    def _review(self, run: _Run) -> None:
        """At the end of the time a person decides what to do with the episode, and may think for long."""
        while self._device.is_human and run.wish is None and run.take.known_fault is None:
            self._view.ask()
            time.sleep(REVIEW_POLL_S)
            self._hear(run)

    def _label(self, run: _Run) -> tuple[Outcome, str]:
        """The operator's label; without one, the task's own rule; nobody's when the take was cut short by a fault."""
        if run.label is not None:
            return run.label, "operator"
        if run.take.known_fault is not None or not run.successes:
            return "unknown", "nobody"
        at_any_time = self._env.task.criterion == "success_once"
        is_success = any(run.successes) if at_any_time else run.successes[-1]
        return "success" if is_success else "failure", "task"
