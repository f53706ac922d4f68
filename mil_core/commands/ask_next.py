"""Is the demonstration that a learned reward asks for worth more than any other? In SpriteWorld, on validation tasks.

    python -m mil_core.commands.ask_next --checkpoint checkpoints/mandril_spriteworld --out results/ask_next.json

One way is shown. Then a second one is shown in the same scene, from a start drawn at random or from the one where
`mil_core.asking` expects to learn most; both by the same soft-optimal person. The first tasks of the seed are left for
trying things out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import tyro
from numpy.typing import NDArray

from data_tools.asking_pictures import AskingView, asking_sheet
from data_tools.grid import GridDemo
from data_tools.reward_task import RewardTask
from data_tools.statistics import task_bootstrap95
from mil_core import checkpoint as checkpoints
from mil_core.algorithms.mandril import Mandril
from mil_core.asking import PRIOR_STD, Question, question
from mil_core.commands.exits import exit_code
from mil_core.commands.output import BadArgument, console, module_command, require_at_least, write_json
from mil_core.commands.reward_evaluation import SIDE_BY_SIDE
from mil_core.experiments.reward import RewardExperiment
from mil_core.value_difference import value_difference
from sim.spriteworld.collect import SpriteOrder, collect_tasks
from sim.spriteworld.expert import SoftOptimalExpert

SPLIT = "validation"
PLACES = {"same_scene": 0, "other_scene": 1}
"""Where a reward is judged -> number of the scene; demonstrations are in scene 0."""
FIRST_TASK = 48
_TOLD = ("checkpoint", "tasks", "trials", "seed", "first", "prior_std")
"""Settings that a results file depends on."""
_ASKED_STREAM, _BOOTSTRAP_STREAM = 0xA5, 0x95


@dataclass(frozen=True)
class AskNext:
    """Compare one more demonstration from the start that is asked for with one from a random start."""

    checkpoint: Path = Path("checkpoints/mandril_spriteworld")
    """Folder of a checkpoint of the method mandril."""
    tasks: int = 100
    """Number of tasks."""
    trials: int = 2
    """Second demonstrations of each kind for each task."""
    seed: int = 0
    """Seed of tasks and demonstrations."""
    first: int = FIRST_TASK
    """Number of the first task."""
    prior_std: float = PRIOR_STD
    """See mil_core.asking."""
    out: Path = Path("results/ask_next.json")
    """Results file; a picture goes beside it."""

    def measure(self) -> int:
        """Measure, write, draw. Returns: the exit code. Raises: MilError, SimError."""
        require_at_least(1, {"tasks": self.tasks, "trials": self.trials})
        torch.set_num_threads(1)
        checkpoint = checkpoints.load(self.checkpoint, RewardExperiment)
        learner = checkpoint.algorithm()
        if not isinstance(learner, Mandril) or checkpoint.experiment.world != "spriteworld":
            raise BadArgument(f"--checkpoint: expected mandril in SpriteWorld, found {checkpoint.experiment.name}.")
        tasks = collect_tasks(SpriteOrder(SPLIT, "seen", self.seed, 2, 1 + self.trials), self.tasks, self.first)
        questions = ask(learner, tasks, self.seed, self.prior_std)
        asked = shown_from(tasks, [found.start for found in questions], self.seed, self.trials)
        origin = checkpoint.origin() | {"command": module_command("mil_core.commands.ask_next", self, _TOLD)}
        found = compare(learner, tasks, asked, self.seed)
        about = {"seed": self.seed, "tasks": self.tasks, "trials": self.trials, "prior_std": self.prior_std}
        write_json(self.out, origin | about | {"asking": found})
        views = [
            AskingView(task.scenes[0].picture, task.scenes[0].demos[0].cells, demos[0].cells, *why)
            for task, demos, why in zip(tasks[:3], asked, questions, strict=False)
        ]
        asking_sheet(views, self.out.with_suffix(".png"))
        for place, row in found.items():
            console.print(place, {name: round(cell["mean"], 2) for name, cell in row.items()})
        return 0


def ask(learner: Mandril, tasks: Sequence[RewardTask], seed: int, prior_std: float) -> list[Question]:
    """Where the second demonstration of each task shall begin, after the first one of its first scene."""
    generator = torch.Generator().manual_seed(seed)
    first = [[task.scenes[0].demos[0]] for task in tasks]
    adapted = [reward for part in _parts(first) for reward in learner.adapt_all(part)]
    return [
        question(learner, demos, reward, scene.picture, scene.start_probability > 0, generator, prior_std)
        for demos, reward, scene in zip(first, adapted, (task.scenes[0] for task in tasks), strict=True)
    ]


def shown_from(
    tasks: Sequence[RewardTask], starts: Sequence[tuple[int, int]], seed: int, count: int
) -> list[list[GridDemo]]:
    """What the person of each task shows who begins in a given cell of the first scene."""
    scenes = [task.scenes[0] for task in tasks]
    rewards = np.stack([scene.true_reward for scene in scenes]).astype(np.float64)
    begin = np.zeros_like(rewards)
    begin[np.arange(len(tasks)), *np.transpose(starts)] = 1.0
    goals = np.array([scene.goal for scene in scenes]) @ (rewards.shape[2], 1)
    rngs = [np.random.default_rng([seed, _ASKED_STREAM, index]) for index in range(len(tasks))]
    paths = SoftOptimalExpert(rewards, tasks[0].horizon).demonstrations(goals, begin, rngs, count)
    return [[GridDemo(scene.picture, way) for way in ways] for scene, ways in zip(scenes, paths, strict=True)]


def compare(
    learner: Mandril, tasks: Sequence[RewardTask], asked: Sequence[Sequence[GridDemo]], seed: int
) -> dict[str, dict[str, dict[str, Any]]]:
    """Expected value difference after one demonstration, and after a second one of either kind.

    Returns: place -> `one`, `random`, `asked`, and `gain` = random less asked -> mean, interval over tasks, n, seed.
    """
    trials = range(len(asked[0]))
    supports = {
        "one": [[[task.scenes[0].demos[0]] for task in tasks]],
        "random": [
            [list(task.scenes[0].demos[:1] + task.scenes[0].demos[k + 1 : k + 2]) for task in tasks] for k in trials
        ],
        "asked": [
            [[task.scenes[0].demos[0], demos[k]] for task, demos in zip(tasks, asked, strict=True)] for k in trials
        ],
    }
    missed = {kind: np.mean([_missed(learner, tasks, one) for one in several], 0) for kind, several in supports.items()}
    missed["gain"] = missed["random"] - missed["asked"]
    return {
        place: {kind: _summary(values[:, column], seed) for kind, values in missed.items()}
        for place, column in PLACES.items()
    }


def _missed(
    learner: Mandril, tasks: Sequence[RewardTask], supports: Sequence[Sequence[GridDemo]]
) -> NDArray[np.float64]:
    """Value difference of each task in both scenes, shape (len(tasks), 2)."""
    rewards = [reward for part in _parts(supports) for reward in learner.adapt_all(part)]
    columns = []
    for number in PLACES.values():
        scenes = [task.scenes[number] for task in tasks]
        learned = np.stack([reward.reward(scene.picture) for reward, scene in zip(rewards, scenes, strict=True)])
        true, start = (np.stack([getattr(s, name) for s in scenes]) for name in ("true_reward", "start_probability"))
        tensors = (torch.from_numpy(values) for values in (true, learned, start))
        columns.append(value_difference(*tensors, tasks[0].horizon).numpy())
    return np.stack(columns, axis=1)


def _parts(supports: Sequence[Sequence[GridDemo]]) -> list[Sequence[Sequence[GridDemo]]]:
    return [supports[begin : begin + SIDE_BY_SIDE] for begin in range(0, len(supports), SIDE_BY_SIDE)]


def _summary(values: NDArray[np.float64], seed: int) -> dict[str, Any]:
    interval = task_bootstrap95(values.tolist(), np.random.default_rng([seed, _BOOTSTRAP_STREAM]))
    return {"mean": float(values.mean()), "interval95": list(interval), "n": len(values), "seed": seed}


def main() -> int:
    """Run the command line. Returns: the exit code."""
    return exit_code(lambda: tyro.cli(AskNext, prog="python -m mil_core.commands.ask_next").measure())


if __name__ == "__main__":
    raise SystemExit(main())
