"""What is shown as a goal: the ends of the expert's successes."""

import numpy as np
import pytest

from sim.collect import task_at
from sim.robots.pr2 import PR2
from sim.robots.pr2_torque_arm import Pr2TorqueArm
from sim.robots.robot import AbstractRobot
from sim.success_pictures import success_pictures


@pytest.mark.parametrize(("name", "robot"), [("place", PR2), ("push", Pr2TorqueArm)])
def test_goal_pictures_show_successes_of_different_scenes(name: str, robot: type[AbstractRobot]) -> None:
    task = task_at(name, "test", 7, 0)
    pictures = success_pictures(task, robot(), 7, "test", 0, 2)
    assert len(pictures) == 2 and pictures[0].shape == (task.image_height, task.image_width, 3)
    assert np.abs(pictures[0].astype(int) - pictures[1]).mean() > 1
    again = success_pictures(task, robot(), 7, "test", 0, 1)
    np.testing.assert_array_equal(again[0], pictures[0])
