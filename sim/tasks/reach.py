"""Reach: bring the fingertip of a planar arm to the target of one colour and not to two others.

Description: three flat discs lie on a grey floor, seen straight from above; the colour of one of them is the task.
Randomisation: identity = three colours out of the split; layout = positions of the discs.
Success: fingertip within 0.05 m of the target at some time in the last 10 of 50 steps.
Source: evaluation/eval_reach.py of the released MIL code (least distance over the last 10 of 50 steps at most 0.05 m).
Differs: our own arm, floor and colours. It refuses to know how the arm is driven.
"""

from typing import Self

import mujoco
import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from sim.disc_colours import colour, colour_distance, colour_ids
from sim.tasks.task import POLICY_CAMERA, TOOL_SITE, AbstractTask

SUCCESS_M = 0.05
"""Greatest distance from fingertip to target that counts, in the floor's plane."""
LAST_STEPS = 10
"""Success counts during this many steps at the end."""
NEAREST_M, FARTHEST_M = 0.15, 0.26
"""Distances of a disc from the base of the arm: all reachable, none under the folded arm."""
WIDEST_RAD = 1.25
"""Greatest angle of a disc to the direction in which the arm looks."""
APART_M = 0.12
"""Least distance between discs: more than twice the success radius, so that one fingertip means one disc."""
DIFFERENT_LAB = 40.0
"""Least difference of any two of the three colours, CIELAB units."""
_DISC_RADIUS_M = 0.03
_FLOOR = (0.82, 0.82, 0.82, 1.0)


class ReachTask(AbstractTask):
    """One task: the colour to reach and the colours of two distractors."""

    horizon_steps = 50
    control_rate_hz = 20.0
    settle_s = 0.0
    image_height = 64
    image_width = 80
    num_candidates = 3
    criterion = "success_once"

    def __init__(self, split: Split, colours: tuple[int, int, int]) -> None:
        """Take the colour identities, target first."""
        self.colours = colours
        self.task_id = f"reach-{split}-" + "-".join(f"{colour_id:03d}" for colour_id in colours)

    @classmethod
    def sample(cls, rng: np.random.Generator, split: Split) -> Self:
        """Draw three colours of the split, each clearly different from the others."""
        ids = colour_ids(split)
        while True:
            first, second, third = (int(colour_id) for colour_id in rng.choice(ids, size=3, replace=False))
            pairs = ((first, second), (first, third), (second, third))
            if min(colour_distance(*pair) for pair in pairs) >= DIFFERENT_LAB:
                return cls(split, (first, second, third))

    def add_to(self, spec: mujoco.MjSpec) -> None:
        """Add floor, discs (mocap bodies "disc0" = target, "disc1", "disc2"), light and camera."""
        # Light from everywhere: colours look the same all over the floor. Few facets: a frame costs well under 1 ms.
        spec.visual.headlight.ambient = [1.0, 1.0, 1.0]
        spec.visual.headlight.diffuse = [0.0, 0.0, 0.0]
        spec.visual.headlight.specular = [0.0, 0.0, 0.0]
        spec.visual.quality.numslices, spec.visual.quality.numstacks, spec.visual.quality.numquads = 16, 4, 1
        _add_shape(spec.worldbody, "floor", mujoco.mjtGeom.mjGEOM_BOX, [0.6, 0.6, 0.01], [0.0, 0.0, -0.02], _FLOOR)
        for index, colour_id in enumerate(self.colours):
            disc = spec.worldbody.add_body(name=f"disc{index}", mocap=True)
            size = [_DISC_RADIUS_M, 0.005, 0.0]
            rgba = (*colour(colour_id), 1.0)
            _add_shape(disc, f"disc{index}", mujoco.mjtGeom.mjGEOM_CYLINDER, size, [0.0, 0.0, 0.0], rgba)
        # Orthographic: `fovy` is then the height of the picture in metres, and a place on the floor is a picture place.
        # The arm looks along +x, which is up in the picture; its base is near the lower edge.
        spec.worldbody.add_camera(
            name=POLICY_CAMERA,
            pos=[0.14, 0.0, 1.0],
            quat=[0.5**0.5, 0.0, 0.0, -(0.5**0.5)],
            orthographic=True,
            fovy=0.46,
        )

    def reset(self, model: mujoco.MjModel, data: mujoco.MjData, rng: np.random.Generator) -> None:
        """Draw positions of the discs."""
        for index, position in enumerate(_draw_positions(rng)):
            mocap_id = int(model.body(f"disc{index}").mocapid[0])
            data.mocap_pos[mocap_id] = (*position, 0.0)

    def success(self, model: mujoco.MjModel, data: mujoco.MjData) -> bool:
        """True while the fingertip is on the target, in the last 10 steps only."""
        steps = round(data.time * self.control_rate_hz)
        return steps > self.horizon_steps - LAST_STEPS and bool(self.distances_m(data)[0] <= SUCCESS_M)

    def chosen(self, model: mujoco.MjModel, data: mujoco.MjData) -> int:
        """Index of the disc nearest to the fingertip; 0 is the target."""
        return int(self.distances_m(data).argmin())

    def distances_m(self, data: mujoco.MjData) -> NDArray[np.float64]:
        """Distance from the fingertip to each disc in the floor's plane, target first, shape (3,)."""
        places = np.array([data.body(f"disc{index}").xpos[:2] for index in range(self.num_candidates)])
        return np.linalg.norm(places - data.site(TOOL_SITE).xpos[:2], axis=1)


class ReachStatesTask(ReachTask):
    """The same without looking: the places of the discs are told, but not which of them is the target.

    Identity: the target's number in the list of places, and colours for people who look at recordings, whose pictures
    are small, for no policy takes them. There are three numbers only: a test task is new by its layouts alone.
    Source: thesis B.2.1, non-vision version.
    """

    image_height = 32
    image_width = 40
    object_state_size = 6

    def __init__(self, split: Split, colours: tuple[int, int, int], target_number: int) -> None:
        """Take the colour identities, target first, and the target's number in what is told, from 0."""
        super().__init__(split, colours)
        self.target_number = target_number
        self.task_id = self.task_id.replace("reach", f"reach_states-{target_number}", 1)

    @classmethod
    def sample(cls, rng: np.random.Generator, split: Split) -> Self:
        """Draw colours of the split and the number of the target."""
        colours = ReachTask.sample(rng, split).colours  # the same as where one looks
        return cls(split, colours, int(rng.integers(cls.num_candidates)))

    def object_state(self, model: mujoco.MjModel, data: mujoco.MjData) -> NDArray[np.float32]:
        """Places of the discs in the floor's plane, m, shape (6,): x and y of each in turn."""
        del model
        order = [*range(1, self.num_candidates)]
        order.insert(self.target_number, 0)
        return np.concatenate([data.body(f"disc{index}").xpos[:2] for index in order]).astype(np.float32)


def _draw_positions(rng: np.random.Generator) -> NDArray[np.float64]:
    """Three places, uniform over the reachable sector and redrawn until they are apart, shape (3, 2), metres."""
    while True:
        # The square root makes places uniform in area, not in radius.
        radius = np.sqrt(rng.uniform(NEAREST_M**2, FARTHEST_M**2, size=3))
        angle = rng.uniform(-WIDEST_RAD, WIDEST_RAD, size=3)
        places = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
        gaps = np.linalg.norm(places - np.roll(places, 1, axis=0), axis=1)
        if gaps.min() >= APART_M:
            return places


def _add_shape(
    body: mujoco.MjsBody,
    name: str,
    kind: mujoco.mjtGeom,
    size: list[float],
    position_m: list[float],
    rgba: tuple[float, ...],
) -> None:
    body.add_geom(name=name, type=kind, size=size, pos=position_m, rgba=list(rgba), contype=0, conaffinity=0)
