"""`mil replay`: a recorded demonstration again in the simulator, and how far it gets away from the recording."""

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from tyro.conf import Positional

from data_tools.demo import Demo, Video
from data_tools.doctor_survey import facts_of
from data_tools.hdf5 import list_tasks, read_provenance
from data_tools.hdf5_recording import read_label_by
from data_tools.pictures import side_by_side
from data_tools.provenance import code_version
from mil_core.commands.output import console, write_json
from mil_core.evaluate import Criterion
from mil_core.support import load_support_demo
from sim.collect import task_class
from sim.replay import By, Origin, replay
from sim.replay import Replay as Replayed

NOTE = (
    "by action the robot gets no help from the recording; where collection disturbs what is executed and records what "
    "the expert meant, as for the task place, the divergence is what the disturbances did"
)


@dataclass(frozen=True)
class Replay:
    """Replay a demonstration of `mil collect` or `mil record`; exit code 1 when it ends otherwise than it did."""

    file: Positional[Path]
    """Demo file."""
    demo: str = "demo_0"
    """Name of the demonstration, as `mil inspect` lists them."""
    by: By = "state"
    """state: put the robot to each recorded state. action: only execute the recorded actions."""
    video: Path | None = None
    """Film of the recording and the replay beside each other, ending in .mp4."""
    out: Path | None = None
    """JSON file for the numbers."""

    def run(self) -> int:
        """Find the task and layout, replay, measure."""
        demo = load_support_demo(self.file, self.demo)
        origin = self._origin()
        result = replay(demo, origin, self.by, self._rank(demo))
        criterion = self._criterion(origin)
        is_same = getattr(result, criterion) == (demo.outcome == "success")
        if self.video is not None:
            again = Video(result.frames, demo.video.capture_time_s)
            side_by_side(demo.video, again, self.video, ("recorded", f"replayed by {self.by}"))
        if self.out is not None:
            write_json(self.out, self._report(demo, origin, result, criterion, is_same))
        self._print(demo, origin, result, criterion, is_same)
        return 0 if is_same else 1

    def _origin(self) -> Origin:
        provenance = read_provenance(self.file)
        if provenance.seed >= 0:
            return Origin(provenance.task, provenance.split, provenance.seed)
        facts = facts_of(self.file)  # a merged file: each demonstration keeps its own seed
        demo = next(demo for demo in facts.demos if demo.name == self.demo)
        return Origin(provenance.task, facts.split_of(demo), int(demo.claims.get("seed", -1)))

    def _rank(self, demo: Demo) -> int:
        """Number of the demonstration among those of its task: the layout, unless some were deleted before it."""
        names = next(entry.demo_names for entry in list_tasks(self.file) if entry.task_id == demo.task_id)
        return names.index(self.demo)

    def _criterion(self, origin: Origin) -> Criterion:
        """By what the outcome was told: a recording by the task's own rule, a collection by its end alone."""
        is_recorded = bool(read_label_by(self.file, self.demo))
        return task_class(origin.task).criterion if is_recorded else "success_at_end"

    def _report(
        self, demo: Demo, origin: Origin, result: Replayed, criterion: Criterion, is_same: bool
    ) -> dict[str, object]:
        return {
            "file": str(self.file),
            "demo": self.demo,
            "by": self.by,
            "task": origin.task,
            "task_id": demo.task_id,
            "robot": demo.robot,
            "split": origin.split,
            "seed": origin.seed,
            "task_index": result.task_index,
            "layout_index": result.layout_index,
            "state_distance": result.state_distance.tolist(),
            "picture_distance": result.picture_distance.tolist(),
            "recorded_outcome": demo.outcome,
            "success_once": result.success_once,
            "success_at_end": result.success_at_end,
            "criterion": criterion,
            "is_outcome_reproduced": is_same,
            "mujoco": metadata.version("mujoco"),
            "code_version": code_version(),
        }

    def _print(self, demo: Demo, origin: Origin, result: Replayed, criterion: Criterion, is_same: bool) -> None:
        console.print(
            f"{self.demo}, {demo.task_id}: task {result.task_index}, layout {result.layout_index} of seed {origin.seed}"
        )
        for name, values in (("state", result.state_distance), ("picture, of 255", result.picture_distance)):
            console.print(
                f"distance of {name}: mean {values.mean():.4g}, worst {values.max():.4g}, last {values[-1]:.4g}"
            )
        ended = "success" if getattr(result, criterion) else "failure"
        when = {"success_once": "at any time", "success_at_end": "at the end"}[criterion]
        verdict = "the same" if is_same else "NOT the same"
        console.print(f"recorded: {demo.outcome}; replayed, {when}: {ended}; {verdict}")
        if self.by == "action":
            console.print(NOTE)
        if self.video is not None:
            console.print(f"film in {self.video}")
