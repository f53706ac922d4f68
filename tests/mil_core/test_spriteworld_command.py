"""SpriteWorld's experiment from end to end, with a method that needs no training."""

from collections.abc import Sequence

import cv2
import numpy as np

from data_tools.grid import GridDemo
from data_tools.reward_pictures import PANELS
from mil_core.commands.spriteworld import draw_test_task, evaluate_spriteworld


def visited_cells(supports: Sequence[Sequence[GridDemo]]):
    """What a method without eyes can learn: that is good where somebody went."""
    return [reward_of_visits(demos) for demos in supports]


def reward_of_visits(demos: Sequence[GridDemo]):
    reward = np.zeros((20, 20))
    for demo in demos:
        np.add.at(reward, tuple(demo.cells.T), 1.0 / len(demos))
    return lambda picture: reward


def test_who_has_no_eyes_learns_the_scene_of_the_demonstrations_and_no_other() -> None:
    results = evaluate_spriteworld({"visited_cells": visited_cells}, 7, num_tasks=8, num_demos=(10,))
    mean = {panel: results["methods"]["visited_cells"][panel]["value_difference"]["10"]["mean"] for panel in PANELS}
    assert 0 < mean["adaptation_scene"] < 0.1 * min(mean["test_scene"], mean["unseen_sprites"])
    assert results == evaluate_spriteworld({"visited_cells": visited_cells}, 7, num_tasks=8, num_demos=(10,))


def test_a_task_is_drawn(tmp_path) -> None:
    draw_test_task(visited_cells, tmp_path / "task.png", seed=7, index=2, cast="novel", num_demos=2)
    assert cv2.imread(str(tmp_path / "task.png")).std() > 20
