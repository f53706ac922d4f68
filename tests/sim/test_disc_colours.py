import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.disc_colours import DARKEST_LAB, NEUTRAL_LAB, NUM_COLOURS, colour, colour_distance, colour_ids, lab

SPLITS = ("train", "validation", "test")


@settings(deadline=None)
@given(arrays(np.float64, (5, 3), elements=st.floats(0, 1)))
def test_lab_agrees_with_opencv(rgb):
    reference = cv2.cvtColor(rgb[None].astype(np.float32), cv2.COLOR_RGB2LAB)[0]
    np.testing.assert_allclose(lab(rgb), reference, atol=0.75)  # OpenCV interpolates in tables: 0.69 off at most


def test_lab_of_white_is_its_definition():
    np.testing.assert_allclose(lab(np.ones(3)), [100.0, 0.0, 0.0], atol=1e-3)


def test_splits_share_no_colour_and_leave_none_out():
    ids = np.concatenate([colour_ids(split) for split in SPLITS])
    assert sorted(ids) == list(range(NUM_COLOURS))
    assert [len(colour_ids(split)) for split in SPLITS] == [480, 60, 60]


def test_every_test_colour_is_far_from_every_training_colour():
    assert min(colour_distance(a, b) for a in colour_ids("test") for b in colour_ids("train")) > 8.0


def test_no_colour_is_grey_or_dark():
    places = lab(np.array([colour(index) for index in range(NUM_COLOURS)]))
    assert np.linalg.norm(places[:, 1:], axis=1).min() >= NEUTRAL_LAB
    assert places[:, 0].min() >= DARKEST_LAB


def test_colours_can_be_shown():
    colours = np.array([colour(index) for index in range(NUM_COLOURS)])
    assert colours.min() >= 0.0 and colours.max() <= 1.0
