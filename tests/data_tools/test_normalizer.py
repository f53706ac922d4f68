"""Whitening gives mean zero and deviation one, and can be undone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from data_tools.errors import DemoShapeMismatch
from data_tools.normalizer import STD_FLOOR, Normalizer

shapes = st.tuples(st.integers(1, 30), st.integers(1, 4))
samples = hnp.arrays(np.float32, shapes, elements=st.floats(-50, 50, width=32))


@given(samples)
def test_whitened_training_data_has_mean_zero_and_deviation_at_most_one(values):
    white = Normalizer.fit(values).normalize(values)
    tolerance = 50 * 1e-6 / np.maximum(values.std(0), STD_FLOOR) + 1e-4
    assert (np.abs(white.mean(0)) < tolerance).all()
    assert (white.std(0) < 1 + tolerance).all()
    moving = values.std(0) > 1
    np.testing.assert_allclose(white.std(0)[moving], 1, rtol=1e-3)


@given(samples)
def test_denormalize_undoes_normalize(values):
    normalizer = Normalizer.fit(values)
    np.testing.assert_allclose(normalizer.denormalize(normalizer.normalize(values)), values, atol=1e-4)


def test_a_constant_dimension_is_divided_by_the_floor():
    normalizer = Normalizer.fit(np.full((5, 1), 3.0, np.float32))
    np.testing.assert_allclose(normalizer.normalize(np.array([[3.0 + 2 * STD_FLOOR]], np.float32)), 2, rtol=1e-3)


@pytest.mark.parametrize("std", [[0.0, 1.0], [1.0], [np.nan, 1.0], [-1.0, 1.0]])
def test_statistics_that_cannot_divide_are_refused(std):
    with pytest.raises(DemoShapeMismatch, match="Normalizer"):
        Normalizer(np.zeros(2, np.float32), np.array(std, np.float32))
