"""Laws of where demonstrated paths begin."""

import numpy as np

from data_tools.demo import Split
from sim.path_starts import is_behind, start_probability
from sim.spriteworld.collect import SpriteOrder, collect_tasks
from sim.spriteworld.task import scenes_at


def test_behind_a_wall_is_what_sees_the_goal_through_it() -> None:
    is_avoided = np.zeros((5, 9), bool)
    is_avoided[:, 4] = True
    expected = np.zeros((5, 9), bool)
    expected[:, 4:] = True
    np.testing.assert_array_equal(is_behind(is_avoided, (2, 0)), expected)
    assert not is_behind(np.zeros((5, 9), bool), (2, 0)).any()


def test_half_of_the_paths_start_behind_a_glass_where_one_can() -> None:
    may_start, is_behind = np.ones((4, 4), bool), np.zeros((4, 4), bool)
    np.testing.assert_allclose(start_probability(may_start, is_behind), 1 / 16)
    is_behind[0, :2] = True
    start = start_probability(may_start, is_behind)
    np.testing.assert_allclose(start[is_behind], 1 / 32 + 1 / 4)
    np.testing.assert_allclose(start[~is_behind], 1 / 32)


def test_in_spriteworld_only_training_prefers_starts_behind_obstacles() -> None:
    def starts(split: Split) -> tuple[np.ndarray, np.ndarray]:
        scene = scenes_at(split, 3, range(1), 0)[0]
        avoided = is_behind(scene.is_covered(1) | scene.is_covered(2), scene.centre(0)) & scene.is_free()
        (task,) = collect_tasks(SpriteOrder(split, seed=3), 1)
        return task.scenes[0].start_probability, avoided

    probability, avoided = starts("train")
    assert avoided.any() and probability[avoided].sum() > 0.5
    probability, _ = starts("test")
    assert len(np.unique(probability)) == 2  # none on sprites, equal anywhere else
