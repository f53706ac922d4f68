import cv2
import numpy as np
import pytest

from data_tools.errors import GridPathError
from data_tools.grid import GridDemo
from data_tools.reward_pictures import RewardView, reward_sheet
from data_tools.reward_task import RewardScene

EVEN = np.full((4, 4), 1 / 16, np.float32)


def test_a_sheet_shows_each_scene_in_a_row_of_its_own(tmp_path) -> None:
    rng = np.random.default_rng(0)
    way = np.array([[0, 0], [1, 1], [2, 1]])
    heights = []
    for count in (1, 2):
        views = [
            RewardView(f"scene {index}", rng.integers(0, 256, (64, 64, 3)).astype(np.uint8), rng.normal(size=(4, 4)),
                       rng.normal(size=(4, 4)), rng.random((4, 4)), (way,), (way[::-1],))
            for index in range(count)
        ]  # fmt: skip
        reward_sheet(views, tmp_path / "sheet.png")
        heights.append(cv2.imread(str(tmp_path / "sheet.png")).shape[0])
    assert heights[1] == pytest.approx(2 * heights[0], abs=2)


@pytest.mark.parametrize("name", ["true_reward", "start_probability", "visitation"])
@pytest.mark.parametrize("wrong", [EVEN[:3], EVEN.astype(np.float64), EVEN * np.nan])
def test_a_scene_with_a_wrong_grid_is_refused(name: str, wrong: np.ndarray) -> None:
    picture = np.zeros((16, 16, 3), np.uint8)
    grids = {"true_reward": EVEN, "start_probability": EVEN, "visitation": EVEN, name: wrong}
    with pytest.raises(GridPathError, match="float32"):
        RewardScene(picture, **grids, goal=(0, 0), demos=(GridDemo(picture, np.array([[0, 0]])),))
