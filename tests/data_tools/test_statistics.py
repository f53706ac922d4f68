"""Intervals are those of the formula, and they cover what they promise to cover."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from data_tools.errors import DataError
from data_tools.statistics import task_bootstrap95, wilson95

counts = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts)
def test_wilson_is_the_formula_of_wilson(count):
    successes, n = count
    z, rate = 1.959963984540054, successes / n
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    np.testing.assert_allclose(wilson95(successes, n), (centre - half, centre + half), atol=1e-9)


@given(counts)
def test_wilson_mirrors_and_stays_within_bounds(count):
    successes, n = count
    low, high = wilson95(successes, n)
    mirrored_low, mirrored_high = wilson95(n - successes, n)
    np.testing.assert_allclose((low, high), (1 - mirrored_high, 1 - mirrored_low), atol=1e-9)
    assert 0 <= low <= successes / n <= high <= 1


@pytest.mark.parametrize("rate", [0.33, 0.7, 0.9])
def test_wilson_covers_the_true_rate_about_19_times_in_20(rate):
    weights = binom.pmf(np.arange(121), 120, rate)
    covered = [low <= rate <= high for low, high in (wilson95(k, 120) for k in range(121))]
    assert 0.93 < weights[covered].sum() < 0.97


@pytest.mark.parametrize("count", [(1, 0), (0, 0), (-1, 5), (6, 5)])
def test_impossible_counts_are_refused(count):
    with pytest.raises(DataError, match="0 <= successes <= n"):
        wilson95(*count)


def test_bootstrap_of_equal_tasks_has_no_width():
    assert task_bootstrap95([0.5] * 8, np.random.default_rng(0)) == (0.5, 0.5)


def test_bootstrap_of_single_trials_agrees_with_the_binomial():
    low, high = task_bootstrap95([1.0] * 70 + [0.0] * 30, np.random.default_rng(0))
    np.testing.assert_allclose((low, high), binom.ppf((0.025, 0.975), 100, 0.7) / 100, atol=0.011)


def test_bootstrap_is_wider_when_the_trials_of_a_task_agree():
    def width(rates):
        low, high = task_bootstrap95(rates, np.random.default_rng(0))
        return high - low

    assert width([1.0] * 20 + [0.0] * 20) > 2 * width([2 / 3] * 20 + [1 / 3] * 20)


@given(st.integers(0, 2**32))
def test_bootstrap_repeats_with_its_seed(seed):
    first, second = (task_bootstrap95([0.0, 0.5, 1.0], np.random.default_rng(seed), 50) for _ in range(2))
    assert first == second


def test_bootstrap_without_tasks_is_refused():
    with pytest.raises(DataError, match="at least one task"):
        task_bootstrap95([], np.random.default_rng(0))
