"""The nodes as separate processes over DDS: episodes, and every request that must be refused."""

from collections.abc import Iterator

import pytest
from mil_bringup.bringup import BringupError
from mil_interfaces.action import Adapt, RunPolicy
from mil_interfaces.msg import SafetyState
from rig import MANY_STEPS, Rig, rig

pytestmark = pytest.mark.ros


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig(tmp_path_factory.mktemp("graph"), "fast") as ready:
        yield ready


def test_nothing_moves_before_somebody_arms_the_gate(running: Rig) -> None:
    client = running.client
    client.reset_scene("place", "test", 7, 0, 1000)
    ended = client.run_policy("unadapted", 3)
    assert client.outcome().steps == 0
    assert (ended.termination_reason, ended.ended_by, ended.steps) == (RunPolicy.Result.DISARMED, "safety_gate", 0)
    assert "found UNARMED" in ended.message and "arm the gate" in ended.message
    assert running.safety.state == SafetyState.UNARMED


def test_one_film_one_episode_every_step_carried_out(running: Rig) -> None:
    client = running.client
    adapted = client.adapt("bright")
    assert (adapted.termination_reason, adapted.message) == (Adapt.Result.SUCCEEDED, "")
    assert adapted.loss_after < adapted.loss_before
    running.begin()
    before = list(running.states[-1])
    steps: list[int] = []
    ended = client.run_policy(adapted.adapted_id, 12, lambda feedback: steps.append(feedback.step))
    assert (ended.termination_reason, ended.steps, ended.message) == (RunPolicy.Result.COMPLETED, 12, "")
    client.wait(lambda: client.outcome().steps >= 12, "the last command to reach the simulator")
    assert client.outcome().steps == 12
    assert len(ended.latency_ms) == 12
    assert 0 < ended.latency_ms_p50 <= ended.latency_ms_p99
    assert steps == sorted(steps)
    # The policy moves down at 0.05 m/s for 12 steps of 0.1 s; points are (x, y, z) triples.
    client.wait(lambda: running.states[-1][2] < before[2] - 0.05, "the gripper to have moved down")


def test_the_same_request_gives_the_same_scene(running: Rig) -> None:
    def first_state() -> list[float]:
        seen = len(running.states)
        running.client.reset_scene("place", "test", 7, 1, 1001)
        running.client.wait(lambda: len(running.states) > seen + 1, "states of the new scene")
        return running.states[-1]

    once = first_state()
    running.client.reset_scene("place", "test", 7, 2, 1001)
    assert first_state() == once


def test_episodes_are_numbered_upwards(running: Rig) -> None:
    ids = [running.client.reset_scene("place", "test", 7, 0, layout).episode_id for layout in (1000, 1001, 1000)]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize(
    ("film", "reason", "words"),
    [
        ("no-such-film", Adapt.Result.UNKNOWN_DEMO, "bright"),
        ("../../etc/passwd", Adapt.Result.BAD_ID, "lower-case letters"),
        ("/etc/passwd", Adapt.Result.BAD_ID, "lower-case letters"),
        ("cut", Adapt.Result.BAD_VIDEO, "cut"),
    ],
)
def test_a_film_that_cannot_be_used_is_refused_with_words(running: Rig, film: str, reason: int, words: str) -> None:
    result = running.client.adapt(film)
    assert (result.termination_reason, result.adapted_id) == (reason, "")
    assert words in result.message


@pytest.mark.parametrize(
    ("policy", "reason"),
    [("never-adapted", RunPolicy.Result.UNKNOWN_POLICY), ("../bright-1", RunPolicy.Result.BAD_ID)],
)
def test_a_policy_that_is_not_there_does_not_move_the_robot(running: Rig, policy: str, reason: int) -> None:
    running.begin()
    result = running.client.run_policy(policy)
    assert (result.termination_reason, result.steps) == (reason, 0)
    assert running.client.outcome().steps == 0


def test_a_policy_that_answers_nan_never_moves_the_robot(running: Rig) -> None:
    adapted = running.client.adapt("dark")
    running.begin()
    result = running.client.run_policy(adapted.adapted_id)
    assert result.termination_reason == RunPolicy.Result.NON_FINITE
    assert "finite" in result.message
    assert running.client.outcome().steps == 0


@pytest.mark.parametrize(
    ("task", "split", "words"), [("fly", "test", "place"), ("place", "holiday", "test"), ("reach", "test", "periods")]
)
def test_a_scene_that_nobody_knows_is_refused_and_the_old_one_stays(
    running: Rig, task: str, split: str, words: str
) -> None:
    running.begin()
    before = running.client.outcome()
    with pytest.raises(BringupError, match=words):
        running.client.reset_scene(task, split, 7, 0, 0)
    assert running.client.outcome() == before


def test_a_second_goal_is_rejected_and_the_first_can_be_canceled(running: Rig) -> None:
    client = running.client
    running.begin()
    refusals: list[str] = []
    client.run_later("unadapted", MANY_STEPS)
    for second in (lambda: client.run_policy("unadapted"), lambda: client.adapt("bright")):
        with pytest.raises(BringupError, match="rejected") as refusal:
            second()
        refusals.append(str(refusal.value))
    client.wait(lambda: bool(running.notices), "a word about it")
    assert "expected no other goal, found run_policy running" in running.notices[-1]
    ended = client.cancel()
    assert ended.termination_reason == RunPolicy.Result.CANCELED
    assert client.adapt("bright").termination_reason == Adapt.Result.SUCCEEDED


def test_the_clock_never_ran_backwards_in_all_these_episodes(running: Rig) -> None:
    assert len(running.stamps_ns) > 20
    assert running.stamps_ns == sorted(set(running.stamps_ns))
