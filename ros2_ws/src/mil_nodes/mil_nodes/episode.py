"""One episode of a policy driving the robot, on a thread of its own. Knows no ROS beyond the messages it is fed."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Observation
from mil_nodes.command import Command
from mil_nodes.conversions import command_from_action
from mil_nodes.errors import NonFiniteAction
from mil_nodes.observation_feed import ObservationFeed, Pair

POLL_S = 0.1
"""How often a wait for observations looks whether it should end."""
IsDone = Callable[[int, float], bool]
"""From an observation's stamp and the last command's gripper, 0 open to 1 closed: whether the episode ends here."""


class RunEnd(IntEnum):
    """How an episode ended; the numbers are those of mil_interfaces/action/RunPolicy."""

    COMPLETED = 0
    CANCELED = 1
    BAD_ID = 2
    UNKNOWN_POLICY = 3
    NO_OBSERVATION = 4
    OVERTIME = 5
    NON_FINITE = 6
    FAILED = 7
    UNKNOWN_CLASSIFIER = 8
    NO_MONITOR = 9
    DISARMED = 10


class ActingPolicy(Protocol):
    """The part of an adapted policy that an episode needs."""

    def reset(self) -> None:
        """Forget the episode before."""
        ...

    def act(self, observation: Observation) -> NDArray[np.float32]:
        """Action for an observation."""
        ...


@dataclass(frozen=True)
class EpisodeLimits:
    """When an episode ends by itself."""

    max_steps: int
    """Control steps."""
    max_duration_s: float
    """Steady time."""
    observation_timeout_s: float
    """Silence of the camera."""
    max_observation_age_s: float
    """An older observation is not acted on."""
    since_ns: int = 0
    """Nor is one with an earlier stamp."""


@dataclass
class EpisodeReport:
    """How an episode went."""

    end: RunEnd = RunEnd.COMPLETED
    message: str = ""
    latency_ms: list[float] = field(default_factory=list)
    """Per step, from the picture's arrival to the command's departure."""
    last_ns: int = 0
    """Stamp of the last observation; zero without one."""
    is_done_early: bool = False
    """Whether `is_done` ended it."""

    def percentile_ms(self, percent: float) -> float:
        """A percentile of the latencies; NaN without steps."""
        return float(np.percentile(self.latency_ms, percent)) if self.latency_ms else math.nan


class Episode:
    """Acts on each new observation until something ends it.

    An observation that comes again is one whose answer was lost on the way or too late. It gets the same answer: a step
    is counted, and a policy with a memory asked, once for each moment of the world.

    Args:
        policy: acts. feed: observations. decode: two messages to an observation. send: publishes a command.
        next_seq: numbers for commands. source: name of the sender. stop: set by whoever wants the episode to end.
        is_done: asked before each observation is answered.
    """

    def __init__(
        self,
        policy: ActingPolicy,
        feed: ObservationFeed,
        decode: Callable[[Pair], tuple[Observation, int]],
        send: Callable[[Command], None],
        next_seq: Callable[[], int],
        source: str,
        stop: threading.Event,
        is_done: IsDone = lambda *_: False,
    ) -> None:
        self._policy, self._feed, self._decode = policy, feed, decode
        self._send, self._next_seq, self._source = send, next_seq, source
        self._stop, self._is_done = stop, is_done
        self._answered: tuple[Command, int] | None = None

    def run(self, limits: EpisodeLimits, on_step: Callable[[int, float], None]) -> EpisodeReport:
        """Act until the end; commands stop with the return, whatever happened."""
        report = EpisodeReport()
        try:
            self._policy.reset()
            self._act(limits, report, on_step)
        except NonFiniteAction as error:
            report.end, report.message = RunEnd.NON_FINITE, str(error)
        except Exception as error:  # Whatever a policy raises, the robot must stop and the client must learn why.
            report.end, report.message = RunEnd.FAILED, f"{type(error).__name__}: {error}"
        return report

    def _act(self, limits: EpisodeLimits, report: EpisodeReport, on_step: Callable[[int, float], None]) -> None:
        deadline_s = time.monotonic() + limits.max_duration_s
        last_ns = None
        while True:
            pair = self._next_pair(last_ns, limits, deadline_s, report)
            if pair is None:
                return
            last_ns = report.last_ns = pair.stamp_ns
            command, moment_ns = self._answered or (None, None)
            if command is not None and moment_ns == pair.moment_ns:
                self._send(replace(command, seq=self._next_seq(), observation_ns=last_ns))
                continue
            gripper = 0.0 if command is None else command.gripper
            report.is_done_early = self._is_done(last_ns, gripper) and len(report.latency_ms) < limits.max_steps
            # The observation after the last command shows that the last command was carried out.
            if report.is_done_early or len(report.latency_ms) == limits.max_steps:
                return
            self._answer(pair, report)
            on_step(len(report.latency_ms), report.latency_ms[-1])

    def _next_pair(
        self, last_ns: int | None, limits: EpisodeLimits, deadline_s: float, report: EpisodeReport
    ) -> Pair | None:
        """The next observation, or None after writing into the report why there is none."""
        silent_s = time.monotonic() + limits.observation_timeout_s
        while True:
            now_s = time.monotonic()
            if self._stop.is_set():
                report.end, report.message = RunEnd.CANCELED, "canceled"
            elif now_s > deadline_s:
                report.end, report.message = RunEnd.OVERTIME, f"expected an end within {limits.max_duration_s} s"
            elif now_s > silent_s:
                report.end = RunEnd.NO_OBSERVATION
                report.message = f"expected a picture and a state within {limits.observation_timeout_s} s, found none"
            else:
                pair = self._feed.wait(last_ns, limits.max_observation_age_s, POLL_S, limits.since_ns)
                if pair is None:
                    continue
                return pair
            return None

    def _answer(self, pair: Pair, report: EpisodeReport) -> None:
        observation, episode_id = self._decode(pair)
        action = self._policy.act(observation)
        command = command_from_action(action, self._next_seq(), self._source, pair.stamp_ns, episode_id)
        self._send(command)
        self._answered = command, pair.moment_ns
        report.latency_ms.append(1000.0 * (time.monotonic() - pair.arrival_s))
