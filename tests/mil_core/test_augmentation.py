import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from mil_core.augmentation import reframed, relit

seeds = st.integers(0, 2**32 - 1)


@given(seeds, st.floats(-0.45, 0.45), st.floats(-0.45, 0.45))
def test_a_point_stays_on_the_same_spot_of_the_clip_or_leaves_it(seed, x, y):
    height, width = 90, 100
    rows, columns = np.mgrid[:height, :width]
    distance = (columns + 0.5 - (x + 0.5) * width) ** 2 + (rows + 0.5 - (y + 0.5) * height) ** 2
    clip = torch.from_numpy(np.exp(-distance / 8)).float().expand(2, 3, height, width)
    points = torch.tensor([[x, y], [torch.nan, torch.nan]])
    moved, seen = reframed(clip, points, np.random.default_rng(seed))
    assert moved.shape == clip.shape and seen is not None and torch.isnan(seen[1]).all()
    if torch.isfinite(seen[0]).all() and (seen[0].abs() < 0.45).all():
        brightest = int(moved[0, 0].argmax())
        found_xy = [(brightest % width + 0.5) / width - 0.5, (brightest // width + 0.5) / height - 0.5]
        np.testing.assert_allclose(seen[0].numpy(), found_xy, atol=0.04)


@given(seeds)
def test_all_frames_of_a_clip_get_the_same_light_and_stay_in_range(seed):
    clip = torch.full((3, 3, 4, 5), 0.9)
    lit = relit(clip, np.random.default_rng(seed))
    assert torch.equal(lit[0], lit[1]) and torch.equal(lit[0], lit[2])
    assert lit.max() <= 1 and lit.min() > 0.9 * 0.8
