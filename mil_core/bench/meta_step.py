"""One outer step of meta-training at the thesis's size, against two libraries for differentiable inner loops.

The thesis's pushing network: 125x125 pictures, 100 frames in each loss, 5 tasks, second order. All three ways take
turns in one process with the same parameters and numbers; the meta-gradient is timed, not the optimiser behind it.
The C library's memory is left at its defaults: kept as in training (mil_core.freed_memory), every way gains, on one
thread ours a quarter (0.75 s a task to 0.56 s) and `higher` a third (1.63 s to 1.10 s).
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import Tensor

from data_tools.normalizer import Normalizer
from data_tools.workers import worker_pool
from mil_core.algorithms.mil import Mil
from mil_core.bench.comparison import Agreement, Comparison, Timing, seconds_of
from mil_core.bench.meta_step_peers import by_higher, by_torchopt, in_plain_pytorch, peer_module
from mil_core.episodes import MetaTask, Steps
from mil_core.experiments.imitation import ImitationExperiment
from mil_core.experiments.mil_push_presets import mil_push_released
from mil_core.policies.policy import Policy, PolicyConfig
from mil_core.scaling import Scaling, to_pictures

TASKS, FRAMES = 5, 100
TOLERANCE = 1e-4
"""Largest relative difference of any parameter's meta-gradient, in double precision: in single precision a unit at the
edge of its ReLU may fall to either side."""
BUDGET_S = 10.0
"""What one step may take on two cores."""


@dataclass(frozen=True)
class MetaStepComparison(Comparison):
    """A comparison with the faster peer and what else was measured."""

    details: dict[str, Any]
    """Further content of the results file."""

    def to_dict(self) -> dict[str, Any]:
        """The content of the results file."""
        return super().to_dict() | self.details


def experiment() -> ImitationExperiment:
    """`mil_push_released` without the clip, which the libraries do not have, and with a step that needs none."""
    released = mil_push_released()
    inner = dataclasses.replace(released.learning.inner, clip=None, step_size=1e-4)
    return dataclasses.replace(released, learning=dataclasses.replace(released.learning, inner=inner))


def drawn_tasks(rng: np.random.Generator, num_tasks: int, num_frames: int) -> list[MetaTask]:
    """Meta-tasks of chance pictures, states and actions: time depends on sizes alone."""
    config = experiment().policy

    def numbers(*shape: int) -> Tensor:
        return torch.from_numpy(rng.normal(size=shape).astype(np.float32))

    def steps() -> Steps:
        frames = rng.integers(256, size=(num_frames, config.image_height, config.image_width, 3), dtype=np.uint8)
        states, actions = numbers(num_frames, config.state_inputs), numbers(num_frames, config.action_size)
        return Steps(to_pictures(frames), states, actions, numbers(config.end_pose_size))

    return [MetaTask(steps(), [steps()]) for _ in range(num_tasks)]


def bench_meta_step(
    peers: Path, repeats: int, rng: np.random.Generator, num_tasks: int = TASKS, num_frames: int = FRAMES
) -> MetaStepComparison:
    """Ours against the faster of both peers.

    Args:
        peers: folder with the packages of the peers.
        repeats: steps that are timed, after one that is thrown away.
        rng: draws parameters and tasks.
        num_tasks, num_frames: size of the step.

    Raises: PeerMissing: a peer is not in the folder.
    """
    torch.set_flush_denormal(True)  # as training does, and for all ways alike
    ways, policies = _ways(peers, rng)
    tasks = drawn_tasks(rng, num_tasks, num_frames)
    difference = _difference(ways, policies, drawn_tasks(rng, 1, min(num_frames, 10)))
    memory = {name: _peak_memory_mib(peers, name, num_frames) for name in ways}
    turns = [{name: seconds_of(partial(way, tasks)) for name, way in ways.items()} for _ in range(repeats)]
    seconds = {name: [turn[name] for turn in turns] for name in ways}
    faster = min(("higher", "torchopt"), key=lambda name: median(seconds[name]))
    timings = {name: Timing.of(_WHAT[name], values) for name, values in seconds.items()}
    agreement = Agreement("largest relative difference of meta-gradients, in double precision", difference, TOLERANCE)
    details = {
        "peers": {name: asdict(timings[name]) for name in ("higher", "torchopt")},
        "faster_peer": faster,
        "size": {"tasks": num_tasks, "frames": num_frames, "threads": torch.get_num_threads()},
        "peak_memory_mib": memory,
        "memory_ratio": memory["ours"] / memory[faster],
    }
    return MetaStepComparison("meta-step", timings["ours"], timings[faster], agreement, BUDGET_S, "p50_s", details)


_WHAT = {
    "ours": "meta-gradient of the thesis's pushing network",
    "higher": "higher's innerloop_ctx over the network in plain PyTorch",
    "torchopt": "torchopt's FuncOptimizer over the network in plain PyTorch",
}
Way = Callable[[list[MetaTask]], None]


def _ways(peers: Path, rng: np.random.Generator) -> tuple[dict[str, Way], dict[str, Policy]]:
    """Each way to leave the meta-gradient of some tasks in its policy's parameters, and these policies."""
    config = experiment()
    torch.manual_seed(int(rng.integers(2**31)))
    policy = Policy(config.policy)
    plain = in_plain_pytorch(policy)
    ours = Mil(policy, _unit_scaling(config.policy), config.learning)
    losses: dict[str, Callable[[MetaTask], Tensor]] = {
        "ours": lambda task: ours.meta_loss(task).total,
        "higher": partial(by_higher, peer_module("higher", peers), config.learning, plain),
        "torchopt": partial(by_torchopt, peer_module("torchopt", peers), config.learning, plain),
    }
    policies = {"ours": policy, "higher": plain, "torchopt": plain}

    def step(name: str) -> Way:
        def run(tasks: list[MetaTask]) -> None:
            policies[name].zero_grad()
            for task in tasks:
                (losses[name](task) / len(tasks)).backward()

        return run

    return {name: step(name) for name in losses}, policies


def _unit_scaling(config: PolicyConfig) -> Scaling:
    unit = [
        Normalizer(np.zeros(size, np.float32), np.ones(size, np.float32))
        for size in (config.state_size, config.velocity_size, config.end_pose_size)
    ]
    return Scaling(*unit)


def _difference(ways: Mapping[str, Way], policies: Mapping[str, Policy], tasks: list[MetaTask]) -> float:
    """Largest relative difference of a peer's meta-gradient from ours, of any parameter; in double precision."""
    found: dict[str, list[Tensor]] = {}
    for policy in policies.values():
        policy.double()
    for name, way in ways.items():
        way([MetaTask(_double(task.support), [_double(query) for query in task.queries]) for task in tasks])
        found[name] = [torch.zeros_like(p) if p.grad is None else p.grad for p in policies[name].parameters()]
    for policy in policies.values():
        policy.float()
    ours = found.pop("ours")
    pairs = (pair for theirs in found.values() for pair in zip(ours, theirs, strict=True))
    return max(float((theirs - mine).norm() / mine.norm()) for mine, theirs in pairs)


def _double(steps: Any) -> Steps:
    return Steps(*(value.double() for value in steps))


def _peak_memory_mib(peers: Path, name: str, num_frames: int) -> float:
    """How far the memory of a fresh process rises in one step of one task; NaN where the system does not tell."""
    with worker_pool(1) as pool:
        return pool.submit(_risen_mib, peers, name, num_frames, torch.get_num_threads()).result()


def _risen_mib(peers: Path, name: str, num_frames: int, threads: int) -> float:
    torch.set_num_threads(threads)
    rng = np.random.default_rng(0)
    ways, _ = _ways(peers, rng)
    ways[name](drawn_tasks(rng, 1, 2))  # what is loaded at the first step is no part of it
    tasks, status = drawn_tasks(rng, 1, num_frames), Path("/proc/self/status")
    if not status.exists():
        return float("nan")

    def kib(field: str) -> int:
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith(field))

    before = kib("VmRSS:")
    ways[name](tasks)
    return (kib("VmHWM:") - before) / 1024
