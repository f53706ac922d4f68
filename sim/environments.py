"""Opens the simulation that a task lives in: ours, or that of a suite that brings its own."""

from sim.env import Environment
from sim.metaworld_env import MetaworldEnvironment
from sim.robots.robot import AbstractRobot
from sim.tasks.metaworld_task import AbstractMetaworldTask
from sim.tasks.task import AbstractTask


def open_environment(task: AbstractTask, robot: AbstractRobot) -> Environment:
    """A robot doing a task; close it, or use it in a `with` block. Raises: SimError: the two do not fit."""
    if isinstance(task, AbstractMetaworldTask):
        return MetaworldEnvironment(task, robot)
    return Environment(task, robot)
