"""Goal classifiers over DDS: probabilities of pictures, runs that they end, and runs that they ask to repeat."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from goal_pictures import CALIBRATION_ERROR, goal_checkpoint, place_pictures
from mil_bringup.processes import GOAL_MONITOR
from mil_interfaces.action import RunPolicy
from mil_interfaces.msg import GoalProbability, RecordedFrame
from mil_interfaces.srv import SetGoal, UseGoal
from mil_nodes import qos
from mil_nodes.conversions import image_message, picture_from, stamp_to_ns
from rig import MANY_STEPS, Rig, rig
from sensor_msgs.msg import Image
from simple_runner import HELD_STEPS

from data_tools.demo import Demo, TaskDemos, Video
from data_tools.hdf5 import write_tasks
from mil_core.checkpoint import load
from mil_core.experiments.classifier import ClassifierExperiment

pytestmark = pytest.mark.ros
ANYTHING, NOTHING = 1e-9, 1 - 1e-9
"""Thresholds that every picture is above, and none."""
STEPS = 12


class Watched:
    """A running graph with a goal monitor, and what both said, by stamp in ns."""

    def __init__(self, ready: Rig) -> None:
        self.rig, self.client = ready, ready.client
        self.pictures: dict[int, Image] = {}
        self.said: list[GoalProbability] = []
        self.feedback: list[RunPolicy.Feedback] = []
        node = self.client.node
        node.create_subscription(Image, "camera/image", self._keep, qos.IMAGE_OUT)
        node.create_subscription(GoalProbability, "goal_monitor/probability", self.said.append, qos.STATE)
        self._set = node.create_client(SetGoal, "goal_monitor/set_goal")
        self._use = node.create_client(UseGoal, "goal_monitor/use_goal")
        self.client.wait(self._set.service_is_ready, "a goal monitor")

    def _keep(self, message: Image) -> None:
        self.pictures[stamp_to_ns(message.header.stamp)] = message

    def show(self, pictures: np.ndarray, threshold: float | None = None) -> SetGoal.Response:
        messages = [image_message(picture, 0) for picture in pictures]
        return self.call(
            self._set, SetGoal.Request(pictures=messages, threshold=[] if threshold is None else [threshold])
        )

    def use(self, classifier_id: str) -> UseGoal.Response:
        return self.call(self._use, UseGoal.Request(classifier_id=classifier_id))

    def call(self, service: Any, request: Any) -> Any:
        return self.client.ask(service, request, "an answer of the goal monitor")

    def frames(self, *frames: RecordedFrame) -> SetGoal.Response:
        return self.call(self._set, SetGoal.Request(frames=frames))

    def run(self, classifier_id: str, steps: int = STEPS) -> RunPolicy.Result:
        self.rig.begin()
        self.feedback.clear()
        return self.client.run_policy("unadapted", steps, self._on_feedback, classifier_id)

    def _on_feedback(self, feedback: RunPolicy.Feedback) -> None:
        self.feedback.append(feedback)


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return place_pictures()


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory, pictures: np.ndarray) -> Path:
    return goal_checkpoint(tmp_path_factory.mktemp("goals"), pictures)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, pictures: np.ndarray, checkpoint: Path) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    times, nothing = np.arange(5) / 10, np.zeros((5, 7), np.float32)
    take = Demo(Video(pictures[:5], times), nothing, nothing, times, times, "t", "pr2")
    write_tasks(folder / "demos" / "take.hdf5", [TaskDemos("t", (take,))])
    goals = {"checkpoint": checkpoint, "library": folder / "demos"}
    params = {"goal_monitor": goals, "policy_runner": {"retry_below": 0.999999}}
    with rig(folder, "fast", (GOAL_MONITOR,), params) as ready:
        yield Watched(ready)


def test_what_is_said_of_each_picture_is_the_classifiers(
    watched: Watched, pictures: np.ndarray, checkpoint: Path
) -> None:
    adapted = load(checkpoint, ClassifierExperiment).algorithm().adapt(list(pictures[:5]))
    watched.rig.begin()
    shown = watched.show(pictures[:5])
    calibration = adapted.calibration
    assert (shown.success, shown.message, list(shown.unfamiliar)) == (True, "", [])
    assert (shown.temperature, shown.threshold) == (1 / calibration.slope, calibration.threshold)
    assert shown.calibration_error == CALIBRATION_ERROR and shown.seconds > 0
    watched.said.clear()
    watched.client.wait(lambda: len(watched.said) >= 4, "probabilities")
    for said in watched.said:
        seen = adapted.look(picture_from(watched.pictures[stamp_to_ns(said.header.stamp)]))
        assert said.probability == pytest.approx(seen.probability, abs=1e-5)
        assert said.novelty == pytest.approx(seen.novelty, rel=1e-4)
        assert (said.classifier_id, said.is_unfamiliar) == (shown.classifier_id, seen.is_novel)
    stamps = [stamp_to_ns(said.header.stamp) for said in watched.said]
    assert stamps == sorted(set(stamps))


def test_frames_of_recordings_make_the_same_classifier_as_their_pictures(
    watched: Watched, pictures: np.ndarray
) -> None:
    frames = [RecordedFrame(demo_id="take", number=number) for number in (0, 1, 2, -2, -1)]
    assert watched.frames(*frames).classifier_id == watched.show(pictures[:5]).classifier_id
    refused = watched.frames(RecordedFrame(demo_id="nobody"))
    assert not refused.success and "known demonstrations: take" in refused.message


def test_requests_that_cannot_be_met_are_told_and_change_nothing(watched: Watched, pictures: np.ndarray) -> None:
    watched.rig.begin()
    good = watched.show(pictures[:5]).classifier_id
    black, broken = np.zeros_like(pictures[:2]), image_message(pictures[0], 0)
    broken.data = broken.data[:100]
    refused = [
        (watched.show(pictures[:0]), "expected 5 of them"),
        (watched.show(pictures[:1]), "expected 5 of them"),
        (watched.show(black), "expected something to see"),
        (watched.show(pictures[:5], 1.0), "between 0 and 1"),
        (watched.show(pictures[:5, :80]), "expected proportions"),
        (watched.call(watched._set, SetGoal.Request(pictures=[broken] * 5)), "height x step bytes"),
        (watched.use("goal-000000000000"), "expected an id from the service set_goal"),
        (watched.use("../goal"), "lower-case letters"),
    ]
    for response, words in refused:
        assert not response.success and words in response.message
    watched.said.clear()
    watched.client.wait(lambda: len(watched.said) >= 2, "probabilities")
    assert {said.classifier_id for said in watched.said} == {good}


def test_unfamiliar_goal_pictures_are_told_and_nothing_counts_as_reached(
    watched: Watched, pictures: np.ndarray
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, pictures[:1].shape, dtype=np.uint8)
    shown = watched.show(np.concatenate([pictures[:4], noise]), ANYTHING)
    assert shown.success and list(shown.unfamiliar) == [4] and "nothing will count as reached" in shown.message
    ended = watched.run(shown.classifier_id)
    assert (ended.ended_by, ended.verdicts) == ("steps", ["unsure"])
    assert all(said.is_unfamiliar and not said.is_reached for said in watched.said[-3:])


def test_a_classifier_that_believes_anything_ends_the_run_when_the_gripper_has_opened(
    watched: Watched, pictures: np.ndarray
) -> None:
    goal = watched.show(pictures[:5], ANYTHING).classifier_id
    ended = watched.run(goal, MANY_STEPS)  # on a busy machine the word of a picture takes many steps to come
    assert (ended.termination_reason, ended.ended_by, ended.verdicts) == (0, "classifier", ["reached"])
    assert HELD_STEPS < ended.steps < MANY_STEPS and len(ended.probabilities) == 1 and 0 < ended.probabilities[0] < 1
    assert any(said.is_reached for said in watched.said)


def test_a_classifier_that_believes_nothing_asks_for_one_more_attempt_from_home(
    watched: Watched, pictures: np.ndarray
) -> None:
    goal = watched.show(pictures[:5], NOTHING).classifier_id
    watched.rig.begin()
    first = list(watched.rig.states[-1])
    watched.rig.states.clear()
    ended = watched.run(goal)
    assert (ended.termination_reason, ended.ended_by, ended.verdicts) == (0, "steps", ["missed", "missed"])
    assert ended.steps == len(ended.latency_ms) == 2 * STEPS and len(ended.probabilities) == 2
    stages = [(one.stage, one.attempt) for one in watched.feedback]
    order = [stage for k, stage in enumerate(stages) if k == 0 or stage != stages[k - 1]]
    assert order == [("acting", 1), ("judging", 1), ("going home", 1), ("acting", 2), ("judging", 2)]
    # The policy goes down at a constant speed: the height rises once, from the end of the first attempt to home.
    heights_m = np.array(watched.rig.states)[:, 2]
    ups = np.flatnonzero(np.diff(heights_m) > 0.02)
    assert len(ups) == 1 and abs(heights_m[ups[0] + 1] - first[2]) < 0.03


def test_the_second_attempt_acts_by_a_policy_of_its_own(watched: Watched, pictures: np.ndarray) -> None:
    goal = watched.show(pictures[:5], NOTHING).classifier_id
    adapted_id = watched.client.adapt("bright").adapted_id
    watched.rig.begin()
    watched.rig.commands.clear()
    ended = watched.client.run_policy(adapted_id, STEPS, watched._on_feedback, goal)
    assert ended.verdicts == ["missed", "missed"]
    ways = [command.linear_m_s for command in watched.rig.commands if any(command.linear_m_s)]
    goes_down = [way[2] < 0 for way in ways]
    assert True in goes_down and False in goes_down and goes_down == sorted(goes_down, reverse=True)
    assert all(way[1] < 0 == way[2] for way, is_down in zip(ways, goes_down, strict=True) if not is_down)


@pytest.mark.parametrize(
    ("classifier_id", "reason", "words"),
    [
        ("goal-000000000000", RunPolicy.Result.UNKNOWN_CLASSIFIER, "expected an id from the service set_goal"),
        ("../goal", RunPolicy.Result.BAD_ID, "lower-case letters"),
    ],
)
def test_a_classifier_that_is_not_there_moves_nothing(
    watched: Watched, classifier_id: str, reason: int, words: str
) -> None:
    ended = watched.run(classifier_id)
    assert (ended.termination_reason, ended.steps) == (reason, 0) and words in ended.message
    assert watched.client.outcome().steps == 0


def test_a_run_without_a_classifier_is_judged_by_nobody(watched: Watched, pictures: np.ndarray) -> None:
    watched.show(pictures[:5], ANYTHING)
    ended = watched.run("")
    assert (ended.ended_by, list(ended.verdicts), ended.steps) == ("steps", [], STEPS)


def test_a_monitor_that_dies_is_no_success_and_a_missing_one_is_told(watched: Watched, pictures: np.ndarray) -> None:
    """The last test of this file: nobody starts the monitor again."""
    goal = watched.show(pictures[:5], NOTHING).classifier_id
    watched.rig.is_death_expected = True
    watched.rig.begin()
    ended = watched.client.run_policy("unadapted", STEPS, watched.rig.kill_at(2, "goal_monitor"), goal)
    assert (ended.ended_by, ended.verdicts) == ("steps", ["unsure"])
    ended = watched.run(goal)
    assert (ended.termination_reason, ended.steps) == (RunPolicy.Result.NO_MONITOR, 0)
    assert "start one with a checkpoint of goal classifiers" in ended.message
