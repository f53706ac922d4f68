"""The one meta-training loop, for every algorithm: resumable, logged, with a learning curve that shows the plateau."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch.utils.tensorboard import SummaryWriter

from mil_core.algorithms.algorithm import MetaLearner
from mil_core.errors import NonFiniteLoss
from mil_core.freed_memory import keep_freed_memory
from mil_core.stop_request import StopRequest
from mil_core.team import ALONE, Team
from mil_core.training_state import TrainingState

LOG = "log.jsonl"
VALIDATION_SEED = 20_000
"""Validation draws the same frames every time, so that its curve moves only when the model does."""


class Sampler(Protocol):
    """Draws the tasks of a meta-batch; what a task is, the learner knows."""

    def __len__(self) -> int: ...

    def sample(self, rng: np.random.Generator) -> Any:
        """Any task, with fresh support and query."""
        ...

    def draw(self, index: int, rng: np.random.Generator) -> Any:
        """The task with this number, with fresh support and query."""
        ...


@dataclass(frozen=True)
class TrainingConfig:
    """How long, how fast, and how often to look."""

    iterations: int
    """Outer steps in all."""
    meta_batch: int
    """Tasks in one outer step."""
    learning_rate: float = 1e-3
    """Adam's rate beta; the released code has 1e-3."""
    decay_from: float = 0.6
    """Fraction of the iterations after which the rate falls along a half cosine to a twentieth."""
    clip_norm: float = 10.0
    """Limit of the outer gradient's norm. The released code has none; without it one bad batch can undo hours."""
    average: float = 0.998
    """Decay of the running mean of the meta-parameters; that mean is what is validated and saved."""
    validate_every: int = 100
    """Iterations between validations."""
    save_every_s: float = 120.0
    """Seconds between checkpoints of the run."""
    threads: int = 2
    """Torch threads."""
    seed: int = 0
    """Seeds initial weights and every draw."""
    start_from: str | None = None
    """Checkpoint folder whose parameters are the initial ones, as far as names and shapes agree; None = random ones."""


def train(
    algorithm: MetaLearner,
    training: Sampler,
    validation: Sampler,
    config: TrainingConfig,
    run: Path,
    *,
    resume: bool,
    save: Callable[[MetaLearner, int], None],
    team: Team = ALONE,
) -> None:
    """Minimise the meta-loss by Adam over batches of tasks.

    Source: thesis Algorithm 10 line 6. Differs: outer norm clip, averaged parameters and a falling rate, all in
    TrainingConfig.

    Args:
        algorithm: whose parameters are learned, in place; holds the averaged parameters when done.
        training: draws training tasks.
        validation: draws tasks whose identities never occur in training.
        config: see TrainingConfig.
        run: folder for the log (JSONL and TensorBoard) and the state to resume from.
        resume: continue from the state in `run`, bit for bit as if never stopped but for the time it took.
        save: called with the averaged algorithm and the iteration at every checkpoint and at the end.
        team: processes that share each batch; the first alone logs (its own tasks), validates and saves.

    Raises:
        NonFiniteLoss: the outer loss or gradient is not finite; the last checkpoint stays as it was.
        KeyboardInterrupt: Ctrl-C or TERM came; the step is made and saved, to be gone on from with `resume`.
    """
    torch.set_flush_denormal(True)  # saturated soft-argmax makes denormals, which slow training many times over
    torch.set_num_threads(config.threads)
    keep_freed_memory()
    state = TrainingState(algorithm, config.learning_rate, config.average)
    if resume:
        state.load(run)
    if team.is_first:
        _train_and_log(algorithm, training, validation, state, config, run, save, team)
    while state.iteration < config.iterations:  # the other processes make the same steps in silence
        _outer_step(algorithm, training, state, config, team)
    state.use_average()


def _train_and_log(
    algorithm: MetaLearner,
    training: Sampler,
    validation: Sampler,
    state: TrainingState,
    config: TrainingConfig,
    run: Path,
    save: Callable[[MetaLearner, int], None],
    team: Team,
) -> None:
    """All outer steps, with all that the first process does besides. Args: see `train`."""
    run.mkdir(parents=True, exist_ok=True)
    _forget_after(state.iteration, run / LOG)
    saved_at = time.monotonic()
    with (
        SummaryWriter(str(run / "tensorboard"), purge_step=state.iteration + 1) as board,
        (run / LOG).open("a") as log,
        _progress() as progress,
        StopRequest() as stop,
    ):
        bar = progress.add_task("meta-training", total=config.iterations, completed=state.iteration, loss=float("nan"))
        while state.iteration < config.iterations:
            started = time.monotonic()
            row = _outer_step(algorithm, training, state, config, team)
            row["seconds"] = time.monotonic() - started
            if state.iteration % config.validate_every == 0 or state.iteration == config.iterations:
                row |= state.with_average(lambda: validate(algorithm, validation))
                if not progress.console.is_terminal:  # no bar in a log
                    progress.console.print(_standing(row, state.iteration, config.iterations), soft_wrap=True)
            _write(row, state.iteration, log, board)
            progress.update(bar, completed=state.iteration, loss=row["loss"])
            stops = stop.is_made  # asked once: who wants it while it saves waits for another step
            if stops or time.monotonic() - saved_at > config.save_every_s or state.iteration == config.iterations:
                # The state last: from then on a resumed run may have nothing left to do but to trust the checkpoint.
                state.with_average(lambda: save(algorithm, state.iteration))
                state.save(run)
                saved_at = time.monotonic()
            if stops and state.iteration < config.iterations:
                raise KeyboardInterrupt(f"stopped; step {state.iteration} is saved, --resume goes on from there.")


def _forget_after(iteration: int, path: Path) -> None:
    """Drop what a killed run logged after its last checkpoint: it will be done, and logged, again."""
    if path.exists():
        lines = [line for line in path.read_text().splitlines() if line.endswith("}")]  # the last may be cut off
        kept = [line for line in lines if json.loads(line)["iteration"] <= iteration]
        temporary = path.with_suffix(".partial")
        temporary.write_text("".join(f"{line}\n" for line in kept))
        os.replace(temporary, path)


def _outer_step(
    algorithm: MetaLearner, sampler: Sampler, state: TrainingState, config: TrainingConfig, team: Team
) -> dict[str, float]:
    reports: list[dict[str, float]] = []
    parameters = list(algorithm.parameters())
    state.optimizer.zero_grad(set_to_none=True)
    for number in team.share_of(config.meta_batch):
        # Each draw has a source of its own: tasks are the same however many processes share them.
        loss = algorithm.meta_loss(sampler.sample(np.random.default_rng([config.seed, state.iteration, number])))
        (loss.total / config.meta_batch).backward()  # a task at a time: memory does not grow with the batch
        reports.append(loss.report | {"loss": float(loss.total.detach())})
    team.add_up_gradients(parameters)
    norm = torch.nn.utils.clip_grad_norm_(parameters, config.clip_norm)
    if not torch.isfinite(norm):
        raise NonFiniteLoss(
            f"iteration {state.iteration}: expected a finite outer gradient, found norm {float(norm)}; "
            "resume from the last checkpoint with a lower learning rate."
        )
    state.step(learning_rate(config, state.iteration))
    return {**mean_of(reports), "gradient_norm": float(norm)}


def learning_rate(config: TrainingConfig, iteration: int) -> float:
    """Constant until `decay_from`, then a half cosine down to a twentieth of it."""
    start = config.decay_from * config.iterations
    progress = min(max((iteration - start) / max(config.iterations - start, 1), 0.0), 1.0)
    return config.learning_rate * (0.05 + 0.95 * 0.5 * (1 + float(np.cos(np.pi * progress))))


def validate(algorithm: MetaLearner, sampler: Sampler) -> dict[str, float]:
    """Mean report of every validation task, with fixed draws."""
    reports = []
    for index in range(len(sampler)):
        task = sampler.draw(index, np.random.default_rng([VALIDATION_SEED, index]))
        loss = algorithm.meta_loss(task)
        reports.append({f"validation_{name}": value for name, value in loss.report.items()})
    return mean_of(reports)


def mean_of(reports: list[dict[str, float]]) -> dict[str, float]:
    """Mean of each named number over the reports that have it."""
    names = sorted({name for report in reports for name in report})
    return {name: float(np.mean([report[name] for report in reports if name in report])) for name in names}


def _write(row: dict[str, float], iteration: int, log, board: SummaryWriter) -> None:
    log.write(json.dumps({"iteration": iteration} | {name: round(value, 6) for name, value in row.items()}) + "\n")
    log.flush()
    for name, value in row.items():
        board.add_scalar(name, value, iteration)


def _standing(row: dict[str, float], iteration: int, iterations: int) -> str:
    losses = {name: value for name, value in row.items() if name == "loss" or name.startswith("validation_")}
    words = "  ".join(f"{name} {value:.3f}" for name, value in losses.items())
    return f"step {iteration}/{iterations}  {words}"


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]:.3f}"),
        TimeRemainingColumn(),
    )
