import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from mil_core.goal_view import goal_view

place = st.floats(-0.49, 0.49)


@given(place, place, st.integers(0, 2**32 - 1))
def test_the_goal_stays_on_the_same_spot_of_the_scene(x, y, seed):
    """A bright spot painted at the goal is found, in the view, where the view says the goal is."""
    height, width = 90, 100
    rows, columns = np.mgrid[:height, :width]
    distance = (columns + 0.5 - (x + 0.5) * width) ** 2 + (rows + 0.5 - (y + 0.5) * height) ** 2
    spot = torch.from_numpy(np.exp(-distance / 8)).float().expand(1, 3, height, width)
    view, goal_xy = goal_view(spot, np.array([x, y], np.float32), np.random.default_rng(seed))
    assert view.shape == (1, 3, height, width)
    brightest = int(view[0, 0].argmax())
    found_xy = ((brightest % width + 0.5) / width - 0.5, (brightest // width + 0.5) / height - 0.5)
    np.testing.assert_allclose(goal_xy, found_xy, atol=0.04)
    assert (np.abs(goal_xy) <= 0.5).all()


def test_the_mirror_is_used_about_half_of_the_time():
    picture = torch.zeros(1, 3, 20, 20)
    views = [goal_view(picture, np.array([0.45, 0.0], np.float32), np.random.default_rng(k)) for k in range(200)]
    mirrored = sum(goal_xy[0] < 0 for _, goal_xy in views)
    assert 60 < mirrored < 140
