"""Every task by name. A new task is one file and one line here."""

from sim.tasks.arrange import ArrangeTask
from sim.tasks.metaworld import (
    MetaworldPickPlace,
    MetaworldPickPlaceHidden,
    MetaworldPush,
    MetaworldPushHidden,
    MetaworldReach,
    MetaworldReachHidden,
)
from sim.tasks.metaworld_ml10 import MetaworldMl10
from sim.tasks.place import PlaceTask
from sim.tasks.push import PushTask, SmallPushTask
from sim.tasks.reach import ReachStatesTask, ReachTask
from sim.tasks.rope import RopeTask
from sim.tasks.tabletop import TabletopTask
from sim.tasks.task import AbstractTask

TASKS: dict[str, type[AbstractTask]] = {
    "place": PlaceTask, "push": PushTask, "push_small": SmallPushTask, "reach": ReachTask, "tabletop": TabletopTask,
    "reach_states": ReachStatesTask, "arrange": ArrangeTask, "rope": RopeTask,
    "metaworld_reach": MetaworldReach, "metaworld_reach_hidden": MetaworldReachHidden,
    "metaworld_push": MetaworldPush, "metaworld_push_hidden": MetaworldPushHidden,
    "metaworld_pick_place": MetaworldPickPlace, "metaworld_pick_place_hidden": MetaworldPickPlaceHidden,
    "metaworld_ml10": MetaworldMl10,
}  # fmt: skip
