"""Every task by name. A new task is one file and one line here."""

from sim.tasks.arrange import ArrangeTask
from sim.tasks.place import PlaceTask
from sim.tasks.push import PushTask, SmallPushTask
from sim.tasks.reach import ReachTask
from sim.tasks.rope import RopeTask
from sim.tasks.tabletop import TabletopTask
from sim.tasks.task import AbstractTask

TASKS: dict[str, type[AbstractTask]] = {
    "place": PlaceTask, "push": PushTask, "push_small": SmallPushTask, "reach": ReachTask, "tabletop": TabletopTask,
    "arrange": ArrangeTask, "rope": RopeTask,
}  # fmt: skip
