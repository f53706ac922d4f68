"""`mil bench`: how fast, against which other way, and whether both agree."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from rich.table import Table
from tyro.conf import Positional

from data_tools.demo import Observation
from data_tools.workers import worker_pool
from mil_core.algorithms.daml import Daml
from mil_core.algorithms.mil import Mil
from mil_core.bench.adapt import bench_adapt
from mil_core.bench.comparison import Comparison, Timing, seconds_of
from mil_core.bench.control import bench_control
from mil_core.bench.data import NUM_DEMOS, DataComparison, bench_data
from mil_core.bench.maxent import Peer, bench_maxent, problems, run_peers
from mil_core.bench.maxent_cost import HORIZONS, SIDES, cost_by_size, draw_cost, memory_over_meta_steps
from mil_core.bench.meta_step import bench_meta_step
from mil_core.bench.record import QUICK_SECONDS, SECONDS, bench_record
from mil_core.bench.render import bench_render
from mil_core.checkpoint import Checkpoint
from mil_core.commands.checked import checkpoint_of, experiment_as
from mil_core.commands.output import BadArgument, console, write_json
from mil_core.commands.trials import SPLIT, load_support, write_support
from mil_core.experiments.imitation import ImitationExperiment
from sim.collect import TRIAL_LAYOUT, layout_rng, robot_class, task_at
from sim.env import Environment
from sim.environments import open_environment
from sim.ordinary_renderer import ordinary_pictures

SEED = 7
THREADS = 1
"""Torch threads, as in the policy's ROS node: for networks this small more of them only cost."""


@dataclass(frozen=True)
class Bench:
    """Time one thing against another way to do it; prints and writes both, the ratio and the agreement."""

    name: Positional[Literal["adapt", "control", "render", "maxent", "record", "data", "meta-step"]]
    """adapt: film file to policy. control: observation to action. render: one picture of the policy camera. maxent:
    soft values and visits of a grid. record: two cameras at 30 Hz. data: windows of 40 pictures. meta-step: the
    meta-gradient of five tasks."""
    experiment: str = "daml_place"
    """Name of the experiment."""
    checkpoint: Path | None = None
    """Folder of the checkpoint; checkpoints/EXPERIMENT when left out."""
    repeats: int = 20
    """Measurements: adaptations, episodes of control steps, tens of pictures."""
    out: Path | None = None
    """Results file; results/bench_NAME.json when left out (out/quick/bench_NAME.json with --quick)."""
    peer: Peer = "imitation"
    """Of maxent: the other way of the ratio; both are measured."""
    peers: Path = Path("out/peers")
    """Of maxent and meta-step: folder that the peers' packages are installed in."""
    seconds: float = SECONDS
    """Of record: length of the recording."""
    quick: bool = False
    """Two measurements, in seconds."""

    def run(self) -> int:
        """Measure, print, write. Exit code 1 when the two ways do not agree."""
        if self.repeats < 1:
            raise BadArgument(f"--repeats: expected at least 1, found {self.repeats}; type a larger number.")
        torch.set_num_threads(THREADS)
        ways = {
            "adapt": self._adapt,
            "control": self._control,
            "render": self._render,
            "maxent": self._maxent,
            "record": self._record,
            "data": self._data,
            "meta-step": self._meta_step,
        }
        comparison = ways[self.name]()
        out = self.out or Path("out/quick" if self.quick else "results") / f"bench_{self.name.replace('-', '_')}.json"
        content = comparison.to_dict()
        write_json(out, content)
        if "cost" in content:
            draw_cost(content["cost"], out.with_suffix(".png"))
        console.print(table_of(comparison))
        console.print(f"{comparison.agreement.what}: {comparison.agreement.difference:.2g}; written to {out}")
        return 0 if comparison.agreement.is_close else 1

    def _record(self) -> Comparison:
        return bench_record(QUICK_SECONDS if self.quick else self.seconds)

    def _data(self) -> Comparison:
        with tempfile.TemporaryDirectory(prefix="mil-bench-") as folder:
            num_demos = 2 if self.quick else NUM_DEMOS
            return bench_data(Path(folder), 10 * self._num_repeats, np.random.default_rng(SEED), num_demos)

    def _meta_step(self) -> Comparison:
        torch.set_num_threads(min(2, len(os.sched_getaffinity(0))))
        rng = np.random.default_rng(SEED)
        if self.quick:
            return bench_meta_step(self.peers, 2, rng, num_tasks=1, num_frames=10)
        return bench_meta_step(self.peers, max(2, self.repeats // 4), rng)

    @property
    def _num_repeats(self) -> int:
        return 2 if self.quick else self.repeats

    def _adapt(self) -> Comparison:
        checkpoint = checkpoint_of(self.experiment, self.checkpoint, ImitationExperiment)
        experiment = checkpoint.experiment
        steps = 2 if self.quick else task_at(experiment.task, SPLIT, SEED, 0).horizon_steps
        with tempfile.TemporaryDirectory(prefix="mil-bench-") as folder:
            path = write_support(experiment, Path(folder), SEED)
            peer_repeats = max(2, self._num_repeats // 5)
            return bench_adapt(
                _algorithm(checkpoint), lambda: load_support(path, experiment), steps, self._num_repeats, peer_repeats
            )

    def _control(self) -> Comparison:
        checkpoint = checkpoint_of(self.experiment, self.checkpoint, ImitationExperiment)
        experiment, algorithm = checkpoint.experiment, _algorithm(checkpoint)
        with tempfile.TemporaryDirectory(prefix="mil-bench-") as folder:
            support = load_support(write_support(experiment, Path(folder), SEED), experiment)
        episode = self._episode(checkpoint)
        return bench_control(algorithm, support, episode, self._num_repeats, max(1, self._num_repeats // 5))

    def _episode(self, checkpoint: Checkpoint) -> list[Observation]:
        """What the unadapted policy sees in one episode."""
        task = task_at(checkpoint.experiment.task, SPLIT, SEED, 0)
        policy = checkpoint.algorithm().unadapted()
        with open_environment(task, robot_class(checkpoint.experiment.robot)()) as env:
            seen = [env.reset(layout_rng(SEED, SPLIT, 0, TRIAL_LAYOUT))]
            while len(seen) < task.horizon_steps:
                seen.append(env.step(policy.act(seen[-1])))
        return seen

    def _render(self) -> Comparison:
        experiment, count = experiment_as(self.experiment, ImitationExperiment), 10 * self._num_repeats
        # Each way in a process of its own: two OpenGL contexts in one process slow each other down.
        with worker_pool(1) as pool:
            peer = pool.submit(draw_ordinarily, experiment, count).result()
        return bench_render(draw(experiment, count), peer)

    def _maxent(self) -> Comparison:
        rng = np.random.default_rng(SEED)
        given = problems(rng)
        theirs = run_peers(given, self._num_repeats, self.peers)
        sides, horizons, steps = (SIDES[:2], HORIZONS[:2], 10) if self.quick else (SIDES, HORIZONS, 1000)
        details = {"cost": cost_by_size(sides, horizons, rng), "memory": memory_over_meta_steps(steps, rng)}
        return bench_maxent(theirs, given, self._num_repeats, self.peer, details)


def draw(experiment: ImitationExperiment, count: int) -> tuple[list[float], NDArray[np.uint8]]:
    """Seconds for each of `count` pictures by our renderer, and one of them."""
    with _scene(experiment) as env:
        picture = env.render()
        return [seconds_of(env.render) for _ in range(count)], picture


def draw_ordinarily(experiment: ImitationExperiment, count: int) -> tuple[list[float], NDArray[np.uint8]]:
    """The same by mujoco.Renderer."""
    with _scene(experiment) as env:
        return ordinary_pictures(env, count)


def _scene(experiment: ImitationExperiment) -> Environment:
    env = open_environment(task_at(experiment.task, SPLIT, SEED, 0), robot_class(experiment.robot)())
    env.reset(layout_rng(SEED, SPLIT, 0, TRIAL_LAYOUT))
    return env


def table_of(comparison: Comparison) -> Table:
    """A comparison for people."""
    table = Table("", "p50", "p99", "max", "n", title=f"bench {comparison.name}: ratio {comparison.ratio:.1f}")
    for side, timing in (("ours", comparison.ours), ("peer", comparison.peer)):
        table.add_row(f"{side}: {timing.what}", *_milliseconds(timing), str(timing.count))
    for timing in comparison.others if isinstance(comparison, DataComparison) else ():
        table.add_row(f"also: {timing.what}", *_milliseconds(timing), str(timing.count))
    return table


def _algorithm(checkpoint: Checkpoint) -> Mil | Daml:
    algorithm = checkpoint.algorithm()
    if not isinstance(algorithm, Mil | Daml):
        raise BadArgument(
            f"--experiment: expected one with an inner loop, found {checkpoint.experiment.name!r}; type daml_place."
        )
    return algorithm


def _milliseconds(timing: Timing) -> list[str]:
    return [f"{1e3 * seconds:.1f} ms" for seconds in (timing.p50_s, timing.p99_s, timing.max_s)]
