"""Statistics that LeRobot keeps beside its data."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from data_tools.convert.lerobot_stats import of_numbers, of_pictures, together


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(0, 99))
def test_statistics_of_parts_together_are_those_of_the_whole(lengths, seed):
    parts = [np.random.default_rng(seed + i).normal(i, 1 + i, (n, 3)) for i, n in enumerate(lengths)]
    found, expected = together([of_numbers(part) for part in parts]), of_numbers(np.concatenate(parts))
    for name in ("min", "max", "mean", "std", "count"):
        np.testing.assert_allclose(found[name], expected[name], atol=1e-12)


@given(hnp.arrays(np.uint8, st.tuples(*[st.integers(1, 6)] * 3, st.just(3))))
def test_statistics_of_pictures_are_those_of_their_values(frames):
    found, expected = of_pictures(frames), of_numbers(frames.reshape(-1, 3) / 255)
    for name in expected.keys() - {"count"}:
        np.testing.assert_allclose(found[name].ravel(), expected[name], atol=1e-12, err_msg=name)
    assert found["count"] == [len(frames)]


def test_statistics_of_pictures_are_by_channel_between_0_and_1():
    frames = np.zeros((4, 200, 300, 3), np.uint8)
    frames[..., 1], frames[2:, ..., 2] = 255, 255
    stats = of_pictures(frames)
    assert {name: value.shape for name, value in stats.items() if name != "count"} == dict.fromkeys(
        ("min", "max", "mean", "std", "q01", "q10", "q50", "q90", "q99"), (3, 1, 1)
    )
    np.testing.assert_allclose(stats["mean"].ravel(), [0, 1, 0.5])
