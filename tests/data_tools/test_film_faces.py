"""Faces are painted over wherever a detector saw one shortly before or after; without a detector nothing is done."""

import numpy as np
import pytest

from data_tools.errors import DataError
from data_tools.film_faces import HOLD_S, blurred_faces, face_detector

RATE_HZ = 10.0


def noise(count: int) -> list[tuple[float, np.ndarray]]:
    rng = np.random.default_rng(0)
    return [(index / RATE_HZ, rng.integers(0, 256, (60, 80, 3), dtype=np.uint8)) for index in range(count)]


def detector(frames: list[tuple[float, np.ndarray]], seen_at: set[int], box=(30, 20, 10, 10)):
    """Sees a face in some of the frames."""
    places = {frame.tobytes(): index for index, (_, frame) in enumerate(frames)}
    return lambda picture: [box] if places[picture.tobytes()] in seen_at else []


def test_a_face_is_covered_also_where_the_detector_missed_it():
    frames = noise(30)
    seen_at = {12, 15}
    covered = list(blurred_faces(frames, detector(frames, seen_at)))
    assert [time_s for time_s, _ in covered] == [time_s for time_s, _ in frames]
    for (time_s, before), (_, after) in zip(frames, covered, strict=True):
        is_near = any(abs(time_s - index / RATE_HZ) <= HOLD_S for index in seen_at)
        assert (after[20:30, 30:40].var((0, 1)).max() == 0) == is_near
        outside = np.ones((60, 80), bool)
        outside[16:35, 26:45] = False
        np.testing.assert_array_equal(after[outside], before[outside])


def test_faces_at_the_rim_and_beyond_it():
    frames = noise(2)
    for box in ((-5, -5, 20, 20), (75, 55, 30, 30), (500, 500, 10, 10)):
        covered = list(blurred_faces(frames, detector(frames, {0, 1}, box)))
        assert [picture.shape for _, picture in covered] == [(60, 80, 3)] * 2


def test_the_frames_that_came_in_are_not_changed():
    frames = noise(3)
    before = [picture.copy() for _, picture in frames]
    list(blurred_faces(frames, detector(frames, {1})))
    assert all(np.array_equal(a, b) for a, (_, b) in zip(before, frames, strict=True))


def test_without_a_detector_there_is_an_honest_error(monkeypatch):
    monkeypatch.delattr("cv2.CascadeClassifier", raising=False)
    with pytest.raises(DataError, match="expected a face detector, found none.*--face-model .*--blur-outside"):
        face_detector(None)


@pytest.mark.parametrize("content", [None, b"not a model"])
def test_a_model_that_cannot_be_used_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(DataError, match="--face-model: expected"):
        face_detector(tmp_path / "model.onnx")
