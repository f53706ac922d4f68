"""`mil evaluate` for rewards learned on the table: the ordinary success table, and one sheet of pictures."""

from pathlib import Path

import numpy as np

from data_tools.table_pictures import TableView, table_sheet
from mil_core.checkpoint import Checkpoint
from mil_core.commands.table_trials import by_reward, table_scene, table_support, table_task
from mil_core.experiments.reward import RewardExperiment
from sim.env import Environment
from sim.robots.pr2 import PR2
from sim.tabletop_path import drive
from sim.tasks.tabletop import GRID

TABLE_TASKS, TABLE_TRIALS = 50, 1
NUM_DRAWN = 3


def draw_table_tasks(checkpoint: Checkpoint[RewardExperiment], seed: int, num_tasks: int, out: Path) -> Path:
    """Draw the first test tasks beside the results file. Returns: the picture."""
    picture = out.with_name(f"{out.stem}_tasks.png")
    table_sheet([_view(checkpoint, seed, index) for index in range(min(num_tasks, NUM_DRAWN))], picture)
    return picture


def _view(checkpoint: Checkpoint[RewardExperiment], seed: int, index: int) -> TableView:
    task = table_task(seed, index)
    demo = table_support(task, seed, index)
    adapted = checkpoint.algorithm().adapt([demo])
    with Environment(task, PR2()) as env:
        picture = table_scene(env, seed, index, trial=0)
        plan = by_reward(adapted)(env, picture)
        carried = drive(env, plan)
    far_corner_m = np.array(GRID.low_m) + GRID.side_m
    return TableView(
        title=f"test task {index}: {'arrived, no glass touched' if carried.success_at_end else 'failed'}",
        demo=demo,
        picture=picture,
        reward=adapted.reward(picture),
        plan=plan,
        driven=(far_corner_m - carried.tool_xy_m) / GRID.cell_m - 0.5,
    )
