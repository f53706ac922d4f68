"""Laws of the colours of objects: disjoint, interleaved, and a distance that behaves like one."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.object_colours import colour_distance, from_oklch, oklab, palette

SPLITS = ("train", "validation", "test")
PAIRS = list(combinations(SPLITS, 2))
unit = st.floats(0.0, 1.0)
colours = st.tuples(unit, unit, unit)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_no_colour_belongs_to_two_splits(one, other):
    closest = min(np.abs(np.subtract(a, b)).max() for a in palette(one) for b in palette(other))
    assert closest > 0.01


def test_sizes_and_range():
    assert [len(palette(split)) for split in SPLITS] == [90, 30, 30]
    every = np.array([rgb for split in SPLITS for rgb in palette(split)])
    assert every.min() >= 0.0 and every.max() <= 1.0
    assert len(np.unique(every, axis=0)) == 150


def test_each_held_out_hue_lies_between_training_hues():
    def hues(split):
        return [np.arctan2(*oklab(rgb)[2:0:-1]) for rgb in palette(split)]

    training = np.array(hues("train"))
    for hue in hues("test"):
        turn = (training - hue + np.pi) % (2 * np.pi) - np.pi
        assert 0 < turn[turn > 0].min() < 0.35 and -0.35 < turn[turn < 0].max() < 0


@given(colours, colours, colours)
def test_distance_is_a_metric(a, b, c):
    assert colour_distance(a, a) == 0.0
    assert colour_distance(a, b) == pytest.approx(colour_distance(b, a))
    assert colour_distance(a, c) <= colour_distance(a, b) + colour_distance(b, c) + 1e-12


def test_oklab_of_white_and_grey_has_no_colour():
    np.testing.assert_allclose(oklab((1.0, 1.0, 1.0)), (1.0, 0.0, 0.0), atol=1e-4)
    np.testing.assert_allclose(oklab((0.4, 0.4, 0.4))[1:], 0.0, atol=1e-4)


@given(st.floats(0.5, 0.8), st.floats(0.0, 0.05), st.floats(-3.0, 3.0))
def test_from_oklch_inverts_oklab(lightness, chroma, hue_rad):
    expected = (lightness, chroma * np.cos(hue_rad), chroma * np.sin(hue_rad))
    np.testing.assert_allclose(oklab(from_oklch(lightness, chroma, hue_rad)), expected, atol=1e-3)


def test_too_colourful_a_colour_keeps_its_lightness_and_hue():
    shown = oklab(from_oklch(0.5, 0.9, 2.0))
    assert shown[0] == pytest.approx(0.5, abs=0.01)
    assert np.arctan2(shown[2], shown[1]) == pytest.approx(2.0, abs=0.02)
