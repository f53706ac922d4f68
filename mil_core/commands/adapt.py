"""`mil adapt`: one film or demonstration in, a policy for its task out."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from data_tools.atomic import file_sha256
from data_tools.demo import Demo, Video
from data_tools.limited import open_limited
from data_tools.pictures import contact_sheet
from data_tools.provenance import code_version
from mil_core.adapted_files import ADAPTED, save_adapted
from mil_core.algorithms.algorithm import Adapted
from mil_core.checkpoint import Checkpoint, load
from mil_core.commands.output import BadArgument, console, refuse_existing, write_json
from mil_core.experiments.imitation import ImitationExperiment
from mil_core.support import load_support_film

SHEET, REPORT = "support.png", "adapt.json"


@dataclass(frozen=True)
class Adapt:
    """Adapt a checkpoint to one film or demonstration; writes the adapted policy and a contact sheet to look at."""

    checkpoint: Path
    """Folder of the checkpoint."""
    out: Path
    """Folder of the adapted policy."""
    video: Path | None = None
    """Film of the task, in any usual video format."""
    demo: Path | None = None
    """Demo file with the robot's demonstration of the task."""
    demo_id: str = "demo_0"
    """Which demonstration of the demo file, as `mil inspect` lists them."""
    overwrite: bool = False
    """Replace an adapted policy in --out."""
    quick: bool = False
    """Without --video and --demo: make the support in the simulator."""

    def run(self) -> int:
        """Read the support, adapt, write and print what was measured."""
        refuse_existing(self.out / ADAPTED, overwrite=self.overwrite)
        checkpoint = load(self.checkpoint, ImitationExperiment)
        algorithm = checkpoint.algorithm()
        with tempfile.TemporaryDirectory(prefix="mil-support-") as folder:
            path = self._support_file(checkpoint, Path(folder))
            started = time.perf_counter()
            support = self._read(path, checkpoint)
            adapted = algorithm.adapt(support)
            seconds = time.perf_counter() - started
            self._write(checkpoint, path, support, adapted, seconds)
        console.print(
            f"adapted in {seconds:.2f} s: inner loss {adapted.loss_before:.4g} -> {adapted.loss_after:.4g}, "
            f"uncertainty {adapted.uncertainty:.3g} (0 = sure, 1 = the halves of the support tell different things)"
        )
        console.print(
            f"look at {self.out / SHEET}; try it with: mil rollout --adapted {self.out} "
            f"--experiment {checkpoint.experiment.name} --checkpoint {self.checkpoint}"
        )
        return 0

    def _support_file(self, checkpoint: Checkpoint, folder: Path) -> Path:
        given = [path for path in (self.video, self.demo) if path is not None]
        if len(given) == 1:
            return given[0]
        if given or not self.quick:
            raise BadArgument(f"expected either --video FILE or --demo FILE, found {'both' if given else 'neither'}.")
        from mil_core.commands.trials import write_support  # the simulator, which adapting needs only here

        return write_support(checkpoint.experiment, folder)

    def _read(self, path: Path, checkpoint: Checkpoint) -> Video | Demo:
        """A demo file or a film, by what was asked for or, with --quick, by what was made."""
        if path == self.demo or (path != self.video and path.suffix == ".hdf5"):
            return open_limited("demo", path, {"name": self.demo_id})
        policy = checkpoint.experiment.policy
        return load_support_film(path, policy.image_height, policy.image_width)

    def _write(
        self, checkpoint: Checkpoint, path: Path, support: Video | Demo, adapted: Adapted, seconds: float
    ) -> None:
        sha256 = file_sha256(path)
        save_adapted(self.out, adapted, checkpoint.sha256, sha256)
        contact_sheet(support.video if isinstance(support, Demo) else support, self.out / SHEET)
        write_json(
            self.out / REPORT,
            {
                "experiment": checkpoint.experiment.name,
                "checkpoint_sha256": checkpoint.sha256,
                "support": path.name,
                "support_sha256": sha256,
                "code_version": code_version(),
                "seconds": seconds,
                "loss_before": adapted.loss_before,
                "loss_after": adapted.loss_after,
                "uncertainty": adapted.uncertainty,
            },
        )
