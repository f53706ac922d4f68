"""What reward learning is trained on: legal, the same wish, and free of the things it is judged by."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from data_tools.reward_task import RewardTask
from mil_core.errors import InvalidProblem
from mil_core.reward_augmentation import repainted, turned
from mil_core.reward_sampling import RewardSampler
from mil_core.reward_scenes import RewardMetaTask
from sim.spriteworld.collect import SpriteOrder, collect_tasks

TASKS = collect_tasks(SpriteOrder("train", seed=5, demos_per_scene=4), 5)
HORIZON = TASKS[0].horizon
seeds = st.integers(0, 2**32 - 1)


def plain(seed: int) -> RewardMetaTask:
    return RewardSampler(TASKS, 2, 4, augment=False).sample(np.random.default_rng(seed))


@given(seeds)
def test_a_draw_holds_visits_that_fill_the_horizon_and_starts_that_sum_to_one(seed):
    task = RewardSampler(TASKS, 3, 4, augment=True).sample(np.random.default_rng(seed))
    for scenes in task:
        torch.testing.assert_close(scenes.visitation.sum((2, 3)), torch.full((3, 1), float(HORIZON)))
        torch.testing.assert_close(scenes.start.sum((2, 3)), torch.ones(3, 1))
        assert scenes.pictures.min() >= 0 and scenes.pictures.max() <= 1
    assert 1 <= task.support.paths.shape[1] <= 4 and task.query.paths.shape[1] == 0


@given(seeds)
def test_support_and_query_are_different_scenes_of_the_same_tasks(seed):
    task = plain(seed)
    scenes = {scene.picture.tobytes(): (t.task_id, k) for t in TASKS for k, scene in enumerate(t.scenes)}

    def origin(picture: torch.Tensor) -> tuple[str, int]:
        return scenes[(picture.permute(1, 2, 0) * 255).round().byte().numpy().tobytes()]

    for support, query in zip(task.support.pictures[:, 0], task.query.pictures[:, 0], strict=True):
        assert origin(support)[0] == origin(query)[0] and origin(support)[1] == 0 and origin(query)[1] > 0


@pytest.mark.parametrize("change", [repainted, turned])
@given(seed=seeds)
def test_a_change_keeps_every_path_on_the_cells_that_are_visited(change: Callable, seed):
    task = change(plain(seed), np.random.default_rng(seed))
    visits = torch.zeros_like(task.support.visitation)
    for index, paths in enumerate(task.support.paths):
        for row, col in paths.reshape(-1, 2).tolist():
            visits[index, 0, row, col] += 1 / len(paths)
    torch.testing.assert_close(visits, task.support.visitation)


@given(seed=seeds)
def test_turning_moves_pictures_and_visits_together(seed):
    task = plain(seed)
    marked = task.query._replace(  # the picture shows the visits: four pixels a cell
        pictures=task.query.visitation[:, :, None].repeat(1, 1, 3, 1, 1).repeat_interleave(4, 3).repeat_interleave(4, 4)
    )
    after = turned(RewardMetaTask(task.support, marked), np.random.default_rng(seed)).query
    torch.testing.assert_close(after.pictures[:, :, 0, ::4, ::4], after.visitation)


def test_repainting_paints_both_scenes_with_the_same_colours():
    task = plain(0)
    same = RewardMetaTask(task.support, task.query._replace(pictures=task.support.pictures))
    after = repainted(same, np.random.default_rng(3))
    torch.testing.assert_close(after.support.pictures, after.query.pictures)
    assert not torch.equal(after.support.pictures, task.support.pictures)


def test_validation_draws_every_task_once():
    sampler = RewardSampler(TASKS, 2, 4, augment=False)
    assert len(sampler) == 2
    drawn = torch.cat([sampler.draw(k, np.random.default_rng(0)).support.pictures for k in range(len(sampler))])
    assert len({picture.numpy().tobytes() for picture in drawn}) == 4


def test_tasks_whose_goal_comes_too_late_are_not_trained_on():
    late = [RewardTask(task.task_id, 3, task.scenes) for task in TASKS]
    with pytest.raises(InvalidProblem, match="scene 0: expected to reach goal state .* by step 2, .*longer horizon"):
        RewardSampler(late, 2, 4, augment=False)
