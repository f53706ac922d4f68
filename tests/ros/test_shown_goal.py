"""From goal pictures to a classifier under an id: which names are equal, and what is refused with which words."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from goal_pictures import CALIBRATION_ERROR, goal_checkpoint, overview_picture, place_pictures
from mil_nodes.errors import BadId, GoalError, MessageError, ParameterError, UnknownClassifier, UnknownDemo
from mil_nodes.shown_goal import MAX_GOALS, CheckpointGoals, Frame, recorded_pictures

from data_tools.demo import Demo, TaskDemos, Video
from data_tools.errors import DemoFileError
from data_tools.hdf5 import write_tasks
from mil_core.errors import BadThreshold, SupportMismatch, UnusablePicture


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return place_pictures()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, pictures: np.ndarray) -> Path:
    return goal_checkpoint(tmp_path_factory.mktemp("goals"), pictures)


@pytest.fixture
def goals(folder: Path) -> CheckpointGoals:
    return CheckpointGoals(folder)


def test_equal_pictures_in_any_order_have_one_name_and_anything_else_another(
    goals: CheckpointGoals, folder: Path, pictures: np.ndarray, tmp_path: Path
) -> None:
    name = goals.show(list(pictures[:5]), None).classifier_id
    assert goals.show(list(pictures[4::-1]), None).classifier_id == name
    assert CheckpointGoals(folder).show(list(pictures[:5]), None).classifier_id == name
    own = goals.show(list(pictures[:5]), 0.7)
    assert own.adapted.calibration.threshold == 0.7 and own.classifier_id != name
    assert goals.show(list(pictures[1:6]), None).classifier_id != name
    assert goals.calibration_error == CALIBRATION_ERROR
    assert goals.of_id(name).adapted.calibration.threshold == 0.5
    assert goals.of_id(own.classifier_id) is own


def test_a_name_says_nothing_about_the_classifier_but_finds_it(goals: CheckpointGoals, pictures: np.ndarray) -> None:
    first = goals.show(list(pictures[:5]), None)
    assert goals.of_id(first.classifier_id) is first and first.doubt == ""
    for k in range(MAX_GOALS):
        goals.show(list(pictures[:2]), (k + 1) / (MAX_GOALS + 2))
    with pytest.raises(UnknownClassifier, match="known: goal-"):
        goals.of_id(first.classifier_id)


def test_larger_pictures_of_the_same_proportions_are_scaled(goals: CheckpointGoals, pictures: np.ndarray) -> None:
    large = [picture.repeat(3, 0).repeat(3, 1) for picture in pictures[:5]]
    seen = goals.show(large, None).adapted.look(goals.picture(large[0]))
    assert seen == goals.show(list(pictures[:5]), None).adapted.look(pictures[0])


def test_a_checkpoint_of_something_else_is_refused(untrained: Callable[[str], Path]) -> None:
    with pytest.raises(ParameterError, match="expected a learner of goal classifiers, found mandril_tabletop"):
        CheckpointGoals(untrained("mandril_tabletop"))


@pytest.mark.parametrize("number", [0, 1, 6])
def test_too_few_and_too_many_pictures_are_refused(goals: CheckpointGoals, pictures: np.ndarray, number: int) -> None:
    with pytest.raises(SupportMismatch, match=f"expected 5 of them, at least 2, found {number}"):
        goals.show(list(pictures[:number]), None)


def test_pictures_that_do_not_go_together_or_show_nothing_are_refused(
    goals: CheckpointGoals, pictures: np.ndarray
) -> None:
    four = list(pictures[:4])
    with pytest.raises(GoalError, match="expected one size"):
        goals.show([*four, pictures[4].repeat(2, 0).repeat(2, 1)], None)
    with pytest.raises(MessageError, match="expected proportions 90 x 100"):
        goals.show([picture[:80] for picture in four], None)
    with pytest.raises(UnusablePicture, match="goal picture 4"):
        goals.show([*four, np.zeros_like(pictures[0])], None)


@pytest.mark.parametrize("threshold", [0.0, 1.0, -0.5, 1.5, math.nan, math.inf])
def test_a_threshold_outside_is_refused(goals: CheckpointGoals, pictures: np.ndarray, threshold: float) -> None:
    with pytest.raises(BadThreshold, match="between 0 and 1"):
        goals.show(list(pictures[:5]), threshold)


@pytest.mark.parametrize("source", ["noise", "overview"])
def test_pictures_of_another_camera_are_doubted_by_number(
    goals: CheckpointGoals, pictures: np.ndarray, source: str
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, pictures[0].shape, dtype=np.uint8)
    strange = noise if source == "noise" else overview_picture()
    shown = goals.show([*pictures[:3], strange, pictures[4]], None)
    assert shown.adapted.novel_goals == (3,) and "unfamiliar ones: 3" in shown.doubt


@pytest.mark.parametrize(
    ("name", "error"), [("goal-0123456789ab", UnknownClassifier), ("../goal", BadId), ("", BadId), ("Goal", BadId)]
)
def test_an_id_that_is_none_is_refused(goals: CheckpointGoals, name: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        goals.of_id(name)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, pictures: np.ndarray) -> Path:
    folder = tmp_path_factory.mktemp("library")
    times, nothing = np.arange(4) / 10, np.zeros((4, 7), np.float32)
    takes = [Demo(Video(pictures[k : k + 4], times), nothing, nothing, times, times, "t", "pr2") for k in (0, 10)]
    write_tasks(folder / "take.hdf5", [TaskDemos("t", tuple(takes))])
    (folder / "noise.hdf5").write_bytes(b"\x89HDF\r\n\x1a\n nothing else")
    return folder


def test_frames_are_the_recorded_ones_counted_from_either_end(library: Path, pictures: np.ndarray) -> None:
    frames = [Frame("take", 0, 0), Frame("take", 0, -1), Frame("take", 1, 2), Frame("take", 1, -4)]
    np.testing.assert_array_equal(recorded_pictures(library, frames), pictures[[0, 3, 12, 10]])


@pytest.mark.parametrize(
    ("frame", "error", "words"),
    [
        (Frame("take", 0, 4), GoalError, "from -4 to 3"),
        (Frame("take", 0, -5), GoalError, "from -4 to 3"),
        (Frame("take", 2, 0), DemoFileError, "demo_2"),
        (Frame("other", 0, 0), UnknownDemo, "known demonstrations: noise, take"),
        (Frame("../take", 0, 0), BadId, "lower-case letters"),
        (Frame("noise", 0, 0), DemoFileError, "noise"),
    ],
)
def test_a_frame_that_is_not_there_is_refused(library: Path, frame: Frame, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        recorded_pictures(library, [frame])
