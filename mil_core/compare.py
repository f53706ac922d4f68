"""Is one policy better than another? The difference of two success rates, task by task, and what it allows to say."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from data_tools.statistics import task_bootstrap95
from mil_core.errors import MilError

FEWEST_TASKS = 6
"""Of five tasks that differ, chance alone puts all on one side more often than once in twenty times (2 / 2^5), and then
drawing them anew finds no doubt."""
_BOOTSTRAP_STREAM = 96  # keeps these draws apart from those of the evaluation


class NotComparable(MilError):
    """Two results that were not measured on the same tasks and scenes."""


@dataclass(frozen=True)
class Verdict:
    """What two results say about each other."""

    experiment: str
    """Experiment of both."""
    first: str
    """Method of the first."""
    second: str
    """Method of the second."""
    n: int
    """Trials of each."""
    rates: tuple[float, float]
    """Success rates."""
    difference: float
    """First rate less second rate."""
    difference95: tuple[float, float]
    """Its 95% interval, with whole tasks drawn anew."""
    tasks_that_differ: int
    """Tasks in which one succeeds more often than the other."""

    @property
    def is_first_better(self) -> bool:
        """Whether the interval lies above zero, and does not owe it to a handful of tasks."""
        return self.difference95[0] > 0 and self.tasks_that_differ >= FEWEST_TASKS

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        if self.is_first_better:
            return f"{self.first} is better than {self.second}"
        if self.difference95[1] < 0 and self.tasks_that_differ >= FEWEST_TASKS:
            return f"{self.first} is worse than {self.second}"
        return f"these trials do not tell {self.first} and {self.second} apart"

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers for JSON."""
        return asdict(self) | {"verdict": self.sentence}


def compare(first: dict[str, Any], first_method: str, second: dict[str, Any], second_method: str) -> Verdict:
    """Compare two methods that met the same scenes of the same tasks.

    Tasks are paired: what makes a task hard makes it hard for both, so the interval of the difference is narrower than
    two separate intervals suggest.

    Args: first, second: contents of results files of `mil evaluate`, or the same one twice.

    Raises:
        NotComparable: a method is not there, or experiment, seed, tasks, trials or what counts as success differ.
    """
    for name in ("experiment", "seed", "tasks", "trials", "criterion"):
        if name not in first or name not in second:
            raise NotComparable(f"expected two files of `mil evaluate` with successes, found one without {name!r}.")
        if first[name] != second[name]:
            raise NotComparable(
                f"expected the same {name} in both files, found {first[name]!r} and {second[name]!r}; "
                "evaluate both with the same words."
            )
    rows = _row(first, first_method), _row(second, second_method)
    tasks = [[(task["task_id"], task["n"]) for task in row["per_task"]] for row in rows]
    if tasks[0] != tasks[1]:
        raise NotComparable("expected the same tasks and trials in both, found others; evaluate both anew.")
    per_task = [np.array([task["successes"] / task["n"] for task in row["per_task"]]) for row in rows]
    difference = per_task[0] - per_task[1]
    interval = task_bootstrap95(difference.tolist(), np.random.default_rng([first["seed"], _BOOTSTRAP_STREAM]))
    rates = rows[0]["rate"], rows[1]["rate"]
    experiment, n = first["experiment"], rows[0]["n"]
    num_differ = int(np.count_nonzero(difference))
    return Verdict(experiment, first_method, second_method, n, rates, rates[0] - rates[1], interval, num_differ)


def _row(content: dict[str, Any], method: str) -> dict[str, Any]:
    if method not in content["methods"]:
        known = ", ".join(content["methods"])
        raise NotComparable(f"expected one of the methods {known}, found {method!r}; type one of them.")
    return content["methods"][method]
