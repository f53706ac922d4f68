import numpy as np
import pytest
import torch

from data_tools.errors import GridPathError
from data_tools.grid import GridDemo
from mil_core.errors import SupportMismatch
from mil_core.reward_scenes import scenes_of

HERE, THERE = np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)


def demo(*cells, picture=HERE):
    return GridDemo(picture, np.array(cells))


def test_visits_of_a_path_are_counted_and_waiting_at_its_end_too():
    scenes = scenes_of([demo([0, 0], [0, 1], [1, 1])], rows=2, cols=2, horizon=5)
    assert scenes.visitation.tolist() == [[[[1, 1], [0, 3]]]]
    assert scenes.start.tolist() == [[[[1, 0], [0, 0]]]]
    assert scenes.paths.tolist() == [[[[0, 0], [0, 1], [1, 1], [1, 1], [1, 1]]]]


def test_paths_over_one_picture_share_a_scene_and_are_averaged():
    demos = [demo([0, 0], [1, 1]), demo([0, 0], picture=THERE), demo([1, 0], [1, 1]), demo([1, 1])]
    scenes = scenes_of(demos, rows=2, cols=2, horizon=3)
    assert scenes.pictures.shape == (1, 2, 3, 8, 8) and scenes.paths.shape == (1, 4, 3, 2)
    torch.testing.assert_close(scenes.weight, torch.tensor([[0.75, 0.25]]))
    torch.testing.assert_close(scenes.visitation[0, 0], torch.tensor([[1 / 3, 0], [1 / 3, 7 / 3]]))
    torch.testing.assert_close(scenes.start[0, 0], torch.tensor([[1 / 3, 0], [1 / 3, 1 / 3]]))
    assert float(scenes.pictures[0, 1].min()) == 1.0


def test_contradictory_and_too_long_paths_are_refused():
    with pytest.raises(GridPathError, match="one cell"):
        scenes_of([demo([0, 0]), demo([0, 1])], 2, 2, 3)
    with pytest.raises(SupportMismatch, match="at most 2 steps, found 3: state 0 comes at step 2"):
        scenes_of([demo([0, 0], [0, 1], [0, 0])], 2, 2, 2)
    with pytest.raises(SupportMismatch, match="one size"):
        scenes_of([demo([0, 0]), demo([0, 0], picture=np.zeros((4, 4, 3), np.uint8))], 2, 2, 2)
