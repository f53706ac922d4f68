"""What is laid over a picture is ordered as the reward is, and the sheet shows it."""

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from data_tools.grid import GridDemo
from data_tools.reward_overlay import overlay
from data_tools.table_pictures import TableView, table_sheet


@settings(max_examples=30)
@given(st.integers(0, 2**20), st.floats(-1e3, 1e3), st.floats(0.1, 1e3))
def test_colours_depend_on_order_and_not_on_scale(seed: int, offset: float, scale: float) -> None:
    rng = np.random.default_rng(seed)
    picture, reward = rng.integers(0, 256, (20, 20, 3)).astype(np.uint8), rng.integers(0, 9, (5, 5)).astype(float)
    changed = overlay(picture, offset + scale * reward)
    assert np.abs(overlay(picture, reward).astype(int) - changed).max() <= 4  # one step of the colour map


def test_the_best_cell_is_the_yellowest_and_a_flat_reward_is_no_error() -> None:
    picture, reward = np.full((20, 20, 3), 120, np.uint8), np.zeros((5, 5))
    assert len(np.unique(overlay(picture, reward).reshape(-1, 3), axis=0)) == 1
    reward[1, 3] = 1.0
    red_less_blue = overlay(picture, reward)[..., 0].astype(int) - overlay(picture, reward)[..., 2]
    assert (red_less_blue[4:8, 12:16] == red_less_blue.max()).all()
    assert (red_less_blue == red_less_blue.max()).sum() == 16


def test_the_sheet_is_drawn(tmp_path) -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (20, 20, 3)).astype(np.uint8)
    way = np.array([[4, 4], [3, 3], [2, 2]])
    view = TableView("a task", GridDemo(picture, way), picture, rng.normal(size=(5, 5)), way, way + 0.3)
    table_sheet([view, view], tmp_path / "sheet.png")
    drawn = cv2.imread(str(tmp_path / "sheet.png"))
    assert drawn.std() > 20 and drawn.shape[1] > drawn.shape[0]
