"""The tabletop task as rewards to learn: pictures from above, true rewards and demonstrated paths, made to order.

No robot stands in these pictures: at home it is outside of the camera's square, so they are what it sees when it asks.
"""

from collections.abc import Iterator
from functools import partial

import mujoco
import numpy as np

from data_tools.demo import Split
from data_tools.grid import GridDemo
from data_tools.reward_task import RewardScene, RewardTask
from sim.collect import layout_rng, task_at
from sim.parallel import in_order
from sim.path_starts import start_probability
from sim.render import Renderer
from sim.spriteworld.expert import SoftOptimalExpert
from sim.spriteworld.task import HORIZON
from sim.tasks.tabletop import GRID, TabletopTask, places_m
from sim.tasks.task import POLICY_CAMERA


def collect_table_tasks(
    split: Split, seed: int, num_tasks: int, num_demos: int = 20, workers: int | None = None
) -> Iterator[RewardTask]:
    """Tasks 0 to `num_tasks` - 1 in their order, whatever the number of workers.

    Args:
        split, seed, num_demos: as for `collect_table_task`.
        num_tasks: how many.
        workers: processes; one a core when None, none but this one when 0.

    Raises: SimError: as drawing layouts and paths does.
    """
    collect_one = partial(collect_table_task, split, seed, num_demos=num_demos)
    return in_order(collect_one, num_tasks, workers)


def collect_table_task(split: Split, seed: int, index: int, num_scenes: int = 2, num_demos: int = 20) -> RewardTask:
    """Tabletop task number `index` in some layouts; the same on every call.

    Args: split, seed, index: as in sim.collect. num_scenes: layouts, from 0. num_demos: paths in each.
    Raises: SimError: as drawing layouts and paths does.
    """
    task = task_at("tabletop", split, seed, index)
    assert isinstance(task, TabletopTask)
    spec = mujoco.MjSpec()
    task.add_to(spec)
    model = spec.compile()
    renderer = Renderer(model)
    rngs = [layout_rng(seed, split, index, k) for k in range(num_scenes)]
    scenes = tuple(_scene(task, model, renderer, rng, num_demos) for rng in rngs)
    renderer.close()
    return RewardTask(task.task_id, HORIZON, scenes)


def _scene(
    task: TabletopTask, model: mujoco.MjModel, renderer: Renderer, rng: np.random.Generator, num_demos: int
) -> RewardScene:
    data = mujoco.MjData(model)
    task.reset(model, data, rng)
    mujoco.mj_forward(model, data)
    picture = renderer.render(data, POLICY_CAMERA, task.image_height, task.image_width)
    now_m = places_m(data)
    reward = task.reward(now_m)
    may_start = ~task.is_forbidden(now_m) & (GRID.distances_m(now_m[0]) >= task.things[0].radius_m)
    start = start_probability(may_start, may_start & task.is_behind_glass(now_m))
    goal = GRID.to_cells(now_m[0])
    expert = SoftOptimalExpert(reward[None].astype(np.float64), HORIZON)
    (paths,) = expert.demonstrations(goal[None] @ (GRID.cells, 1), start[None], [rng], num_demos)
    return RewardScene(
        picture=picture,
        true_reward=reward,
        start_probability=start.astype(np.float32),
        visitation=expert.visitation(start[None])[0].astype(np.float32),
        goal=(int(goal[0]), int(goal[1])),
        demos=tuple(GridDemo(picture, path) for path in paths),
    )
