"""Rope: bring a rope of beads into a shape, wherever on the table (thesis 8.2.6.2).

Description: a rope of ten beads lies straight on a table under a camera that looks straight down; a parallel-jaw
gripper takes beads and drags them.
Randomisation: an identity is a goal shape, found by random actions (sim.rope_play); a layout is where the straight rope
lies, to the centimetre.
Success: mean distance to the goal's beads at most 0.01 m after the last step, middles laid on each other.
Source: thesis 8.2.6.2. Differs: beads slide on the table and cannot be lifted.
"""

import hashlib
from typing import Self

import mujoco
import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from data_tools.rope_shapes import centred, shape_distance_m
from sim.rope import NUM_BEADS, add_rope, beads_m, bent, lay, straight
from sim.tasks.task import POLICY_CAMERA, AbstractTask

SUCCESS_M = 0.01
"""Greatest mean distance of beads that counts as the goal's shape."""
VIEW_M = 0.64
"""Side of the square of table in the picture."""
START_JITTER_M = 0.01
"""The straight rope starts within this of the middle of the table along each axis."""
START_BEND_RAD = 0.02
"""Standard deviation of the angles between its links."""
_TABLE = [0.78, 0.80, 0.76, 1.0]


class RopeTask(AbstractTask):
    """One goal shape."""

    horizon_steps = 20
    control_rate_hz = 4.0
    settle_s = 0.0
    image_height = 64
    image_width = 64
    num_candidates = 1
    criterion = "success_at_end"

    def __init__(self, split: Split, goal_m: NDArray[np.float64]) -> None:
        """Take the goal shape, shape (NUM_BEADS, 2), metres."""
        self.goal_m = centred(goal_m)
        identity = np.round(self.goal_m, 6).tobytes()
        self.task_id = f"rope-{split}-{hashlib.sha256(identity).hexdigest()[:12]}"

    @classmethod
    def sample(cls, rng: np.random.Generator, split: Split) -> Self:
        """Play with the rope until a shape is found; the random numbers of splits differ, and so do their shapes."""
        from sim.rope_play import explore  # here: playing takes an environment, and environments know tasks

        return cls(split, explore(cls(split, straight()), rng).goal_m)

    def add_to(self, spec: mujoco.MjSpec) -> None:
        """Table, rope and camera."""
        spec.visual.headlight.ambient = [0.7, 0.7, 0.7]
        spec.visual.headlight.diffuse = [0.4, 0.4, 0.4]
        spec.visual.headlight.specular = [0.0, 0.0, 0.0]
        # Few facets and no smoothing: a frame takes a third of the time.
        spec.visual.quality.offsamples = 0
        spec.visual.quality.numslices, spec.visual.quality.numstacks, spec.visual.quality.numquads = 8, 6, 1
        spec.worldbody.add_geom(name="table", type=mujoco.mjtGeom.mjGEOM_BOX, size=[1.0, 1.0, 0.01],
                                pos=[0.0, 0.0, -0.02], rgba=_TABLE, contype=0, conaffinity=0)  # fmt: skip
        add_rope(spec)
        # Orthographic: `fovy` is then the height of the picture in metres; x is to the right, y up in the picture.
        spec.worldbody.add_camera(name=POLICY_CAMERA, pos=[0.0, 0.0, 1.0], orthographic=True, fovy=VIEW_M)

    def reset(self, model: mujoco.MjModel, data: mujoco.MjData, rng: np.random.Generator) -> None:
        """Lay the rope straight, nearly."""
        rope = straight() + rng.uniform(-START_JITTER_M, START_JITTER_M, 2)
        lay(data, bent(rope, rng.normal(0.0, START_BEND_RAD), rng.normal(0.0, START_BEND_RAD, NUM_BEADS - 2)))

    def success(self, model: mujoco.MjModel, data: mujoco.MjData) -> bool:
        """The shape is the goal's."""
        return self.distance_m(data) <= SUCCESS_M

    def chosen(self, model: mujoco.MjModel, data: mujoco.MjData) -> int:
        """There is one rope only."""
        return 0

    def measures(self, model: mujoco.MjModel, data: mujoco.MjData) -> dict[str, float]:
        """Mean distance of beads, metres."""
        return {"bead_distance_m": self.distance_m(data)}

    def distance_m(self, data: mujoco.MjData) -> float:
        """Mean distance between the rope's beads and the goal's, middles laid on each other."""
        return float(shape_distance_m(beads_m(data), self.goal_m))
