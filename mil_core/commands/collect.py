"""`mil collect`: demonstrations by scripted experts, and films of a simulated human."""

from dataclasses import dataclass
from pathlib import Path

from data_tools.demo import Split
from mil_core.commands.output import console, refuse_existing, require_at_least
from sim.collect import Order, collect

QUICK_TASKS, QUICK_DEMOS = 1, 2


@dataclass(frozen=True)
class Collect:
    """Collect demonstrations into a demo file; the same words give the same demonstrations."""

    task: str
    """Name of the task."""
    robot: str
    """Name of the robot."""
    out: Path
    """Demo file to write, ending in .hdf5."""
    demos: int = 2
    """Demonstrations of each task, each in a scene of its own."""
    tasks: int = 1
    """Number of tasks: choices of objects and target."""
    seed: int = 0
    """Seed of tasks and scenes."""
    split: Split = "train"
    """Which objects and colours may occur."""
    human: bool = False
    """Also film a human doing each task; the films lie beside the file."""
    workers: int | None = None
    """Processes; one a core when left out, none but this one when 0."""
    overwrite: bool = False
    """Replace a file that is there."""
    quick: bool = False
    """One task, two demonstrations, in seconds."""

    def run(self) -> int:
        """Collect and say where it is."""
        require_at_least(1, {"tasks": self.tasks, "demos": self.demos})
        require_at_least(0, {"seed": self.seed, "workers": self.workers or 0})
        tasks, demos = (QUICK_TASKS, QUICK_DEMOS) if self.quick else (self.tasks, self.demos)
        order = Order(self.task, self.robot, self.split, self.seed, demos, films_per_task=int(self.human))
        refuse_existing(self.out, overwrite=self.overwrite)
        collect(order, tasks, self.out, workers=0 if self.quick else self.workers, overwrite=self.overwrite)
        console.print(f"{tasks} tasks x {demos} demonstrations in {self.out}; look at them: mil inspect {self.out}")
        return 0
