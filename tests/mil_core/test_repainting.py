"""Groups of pictures in other hues, and in mirrors."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from mil_core.goal_tasks import repainted


@given(st.integers(0, 10**6))
def test_repainting_keeps_grey_grey_and_changes_all_pictures_alike(seed: int) -> None:
    grey = torch.rand(1, 1, 4, 4).expand(2, 3, 4, 4)
    painted = repainted(grey, np.random.default_rng(seed))
    torch.testing.assert_close(painted, painted[:, :1].expand_as(painted), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(painted[0], painted[1])
    first, *others = repainted(torch.rand(1, 3, 4, 4).expand(4, 3, 4, 4), np.random.default_rng(seed))
    assert first.sub(0.5).abs().max() <= 0.5
    for other in others:
        torch.testing.assert_close(first, other)
