"""The ways to read windows of pictures bring the same pictures, and one that does not is found out."""

import numpy as np
import pytest

from data_tools.hdf5_windows import WindowReader
from mil_core.bench import data
from mil_core.bench.data import bench_data


@pytest.fixture(autouse=True)
def short_demos(monkeypatch):
    monkeypatch.setattr(data, "NUM_STEPS", 45)


def test_all_ways_bring_the_same_clips(tmp_path, rng):
    result = bench_data(tmp_path, 3, rng, num_demos=2)
    content = result.to_dict()
    timings = [result.ours, result.peer, *result.others]
    assert result.agreement.is_close and all(timing.count == 3 for timing in timings)
    assert len({timing.what for timing in timings}) == len(content["frames_per_second"]) == len(timings)
    assert result.peer.p50_s == min(timing.p50_s for timing in timings if not timing.what.startswith("WindowReader"))
    assert content["frames_per_second"][result.ours.what] == round(40 / result.ours.p50_s)


def test_other_pictures_do_not_agree(tmp_path, rng, monkeypatch):
    read = WindowReader.read
    monkeypatch.setattr(WindowReader, "read", lambda *words: 255 - read(*words))
    assert not bench_data(tmp_path, 1, rng, num_demos=1).agreement.is_close


def test_the_pictures_move_and_are_drawn_by_the_generator():
    first, again, other = (data.moving_demo(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first.video.frames, again.video.frames)
    assert not np.array_equal(first.video.frames, other.video.frames)
    assert not np.array_equal(first.video.frames[0], first.video.frames[30])
