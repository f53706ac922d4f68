"""An episode ends for one stated reason, and never sends another command after its end."""

import threading
from collections.abc import Callable

import numpy as np
import pytest
from mil_interfaces.action import RunPolicy
from mil_nodes.command import Command
from mil_nodes.episode import Episode, EpisodeLimits, RunEnd
from mil_nodes.observation_feed import ObservationFeed, Pair

from data_tools.demo import Observation

LIMITS = EpisodeLimits(max_steps=5, max_duration_s=30.0, observation_timeout_s=30.0, max_observation_age_s=30.0)
PICTURE, STATE = np.zeros((2, 2, 3), np.uint8), np.zeros(9, np.float32)


class Policy:
    """Answers with what it was given; counts its resets."""

    def __init__(self, answer: Callable[[int], np.ndarray]) -> None:
        self.answer, self.resets, self.steps = answer, 0, 0

    def reset(self) -> None:
        self.resets += 1

    def act(self, observation: Observation) -> np.ndarray:
        self.steps += 1
        return self.answer(self.steps)


class World:
    """Sends the next observation when a command arrives, as the simulator in fast mode does."""

    def __init__(self, policy: Policy) -> None:
        self.feed: ObservationFeed[np.ndarray, np.ndarray] = ObservationFeed()
        self.commands: list[Command] = []
        self.stop = threading.Event()
        self.episode = Episode(policy, self.feed, self.decode, self.send, self.next_seq, "policy_runner", self.stop)
        self.observe(1)

    def observe(self, stamp_ns: int, moment_ns: int | None = None) -> None:
        self.feed.put_state(stamp_ns, STATE, moment_ns)
        self.feed.put_picture(stamp_ns, PICTURE)

    def decode(self, pair: Pair) -> tuple[Observation, int]:
        return Observation(pair.picture, pair.state, pair.stamp_ns / 1e9), 4

    def next_seq(self) -> int:
        return len(self.commands)

    def send(self, command: Command) -> None:
        self.commands.append(command)
        self.observe(command.observation_ns + 1)


def nothing(step: int, latency_ms: float) -> None:
    del step, latency_ms


def slow(step: int) -> np.ndarray:
    return np.full(7, 0.01, np.float32)


def test_ends_are_those_of_the_action() -> None:
    assert {end.name: end.value for end in RunEnd} == {
        name: getattr(RunPolicy.Result, name) for name in RunEnd.__members__
    }


def test_every_observation_is_answered_once_until_the_last_step() -> None:
    policy = Policy(slow)
    world = World(policy)
    steps = []
    report = world.episode.run(LIMITS, lambda step, latency_ms: steps.append(step))
    assert report.end is RunEnd.COMPLETED
    assert policy.resets == 1
    assert steps == [1, 2, 3, 4, 5]
    assert [command.observation_ns for command in world.commands] == [1, 2, 3, 4, 5]
    assert {command.episode_id for command in world.commands} == {4}
    assert len(report.latency_ms) == 5
    assert 0 <= report.percentile_ms(50) <= report.percentile_ms(99)


class LossyWorld(World):
    """Where the first command of every moment is lost, and the observation is sent again under a later stamp."""

    carried_out: tuple[Command, ...] = ()
    moment_ns = 1

    def send(self, command: Command) -> None:
        self.commands.append(command)
        stamp_ns = command.observation_ns + 1
        if command.observation_ns > self.moment_ns:
            self.carried_out += (command,)
            self.moment_ns = stamp_ns
        self.observe(stamp_ns, self.moment_ns)


def test_a_lost_answer_is_given_again_and_is_neither_a_step_nor_a_question_to_the_policy() -> None:
    policy = Policy(lambda step: np.full(7, step / 100, np.float32))
    world = LossyWorld(policy)
    steps = []
    report = world.episode.run(LIMITS, lambda step, latency_ms: steps.append(step))
    assert report.end is RunEnd.COMPLETED
    assert (policy.steps, len(report.latency_ms), steps) == (5, 5, [1, 2, 3, 4, 5])
    assert [round(command.gripper, 6) for command in world.carried_out] == [0.01, 0.02, 0.03, 0.04, 0.05]
    assert [command.seq for command in world.commands] == list(range(10))
    assert [command.observation_ns for command in world.commands] == list(range(1, 11))


def test_whether_it_is_done_is_asked_with_the_gripper_of_the_last_command() -> None:
    policy = Policy(lambda step: np.array([0, 0, 0, 0, 0, 0, step / 10], np.float32))
    world = World(policy)
    asked = []

    def is_done(stamp_ns: int, gripper: float) -> bool:
        asked.append((stamp_ns, round(gripper, 6)))
        return stamp_ns == 3

    world.episode = Episode(policy, world.feed, world.decode, world.send, world.next_seq, "runner", world.stop, is_done)
    assert world.episode.run(LIMITS, nothing).is_done_early
    assert asked == [(1, 0.0), (2, 0.1), (3, 0.2)]


@pytest.mark.parametrize("bad", [np.full(7, np.nan), np.zeros(6), np.array([0, 0, 0, 0, 0, 0, np.inf])])
def test_an_action_that_is_no_motion_ends_the_episode_unsent(bad: np.ndarray) -> None:
    world = World(Policy(lambda step: bad if step == 3 else slow(step)))
    report = world.episode.run(LIMITS, nothing)
    assert report.end is RunEnd.NON_FINITE
    assert "expected 7 finite numbers" in report.message
    assert len(world.commands) == 2


def test_an_error_of_the_policy_ends_the_episode_with_its_words() -> None:
    def fail(step: int) -> np.ndarray:
        raise RuntimeError("no such layer")

    report = World(Policy(fail)).episode.run(LIMITS, nothing)
    assert report.end is RunEnd.FAILED
    assert "no such layer" in report.message


def test_a_cancel_is_seen_in_the_middle() -> None:
    world = World(Policy(slow))
    report = world.episode.run(LIMITS, lambda step, _: world.stop.set() if step == 2 else None)
    assert report.end is RunEnd.CANCELED
    assert len(world.commands) == 2


def test_a_cancel_before_the_first_observation_sends_nothing() -> None:
    world = World(Policy(slow))
    world.stop.set()
    assert world.episode.run(LIMITS, nothing).end is RunEnd.CANCELED
    assert world.commands == []


@pytest.mark.parametrize(
    ("limits", "end"),
    [
        (EpisodeLimits(5, 0.0, 30.0, 30.0), RunEnd.OVERTIME),
        (EpisodeLimits(5, 30.0, 0.0, 30.0), RunEnd.NO_OBSERVATION),
        (EpisodeLimits(5, 30.0, 0.05, 0.0), RunEnd.NO_OBSERVATION),
    ],
)
def test_an_episode_without_time_or_observations_says_so(limits: EpisodeLimits, end: RunEnd) -> None:
    world = World(Policy(slow))
    report = world.episode.run(limits, nothing)
    assert report.end is end
    assert report.message
    assert world.commands == []
    assert np.isnan(report.percentile_ms(50))
