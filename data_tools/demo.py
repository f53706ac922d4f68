"""The data contract: what one observation, one film, one demonstration and one task are.

Frozen and checked on construction, so that whoever holds one of these may trust it. SI units, radians, quaternions
wxyz. A film has no actions and a demonstration always has them: the two are different types on purpose.
This file refuses to know how anything is stored, rendered or learned.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data_tools.errors import DemoShapeMismatch

Outcome = Literal["success", "failure", "unknown"]
Split = Literal["train", "validation", "test"]


@dataclass(frozen=True)
class Observation:
    """What a policy sees at one control step."""

    image: NDArray[np.uint8]
    """Camera picture, shape (height, width, 3), RGB."""
    state: NDArray[np.float32]
    """Robot state, shape (S,), SI units; its meaning belongs to the robot."""
    time_s: float
    """Capture time in the clock of the robot."""

    def __post_init__(self) -> None:
        _check_pictures("Observation.image", self.image, 3)
        _check_real("Observation.state", self.state, 1)


@dataclass(frozen=True)
class VideoSource:
    """Where a film came from."""

    path: str = ""
    """File it was read from, or an empty string for pictures that never were in a file."""
    codec: str = "raw"
    """Codec name as the container states it, or "raw"."""
    rotation_deg: int = 0
    """Clockwise rotation that the file asked for and that has been applied already."""
    sha256: str = ""
    """Hash of the file, or an empty string."""


@dataclass(frozen=True)
class Video:
    """Pictures with the times at which they were taken."""

    frames: NDArray[np.uint8]
    """Shape (T, height, width, 3), RGB, T >= 1."""
    capture_time_s: NDArray[np.float64]
    """Shape (T,), strictly increasing."""
    source: VideoSource = VideoSource()
    """Provenance of the film."""

    def __post_init__(self) -> None:
        _check_pictures("Video.frames", self.frames, 4)
        _check_times("Video.capture_time_s", self.capture_time_s, len(self.frames))

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True)
class Demo:
    """A demonstration by a robot: its film, its states and the actions that it took.

    Observation t is taken before action t is applied.
    """

    video: Video
    """What the policy camera saw."""
    states: NDArray[np.float32]
    """Shape (T, S), finite."""
    actions: NDArray[np.float32]
    """Shape (T, A), finite."""
    state_time_s: NDArray[np.float64]
    """Capture time of each state, shape (T,), strictly increasing."""
    action_time_s: NDArray[np.float64]
    """Time at which each action was sent, shape (T,), strictly increasing."""
    task_id: str
    """Identity of the task; demonstrations with the same id ask for the same thing."""
    robot: str
    """Name of the robot."""
    outcome: Outcome = "unknown"
    """How the demonstration ended."""
    clock: str = "simulated"
    """Name of the clock that all times of this demonstration were read from."""

    def __post_init__(self) -> None:
        _check_real("Demo.states", self.states, 2)
        _check_real("Demo.actions", self.actions, 2)
        lengths = {"frames": len(self.video), "states": len(self.states), "actions": len(self.actions)}
        if len(set(lengths.values())) != 1:
            raise DemoShapeMismatch(f"Demo {self.task_id!r}: expected equal lengths, found {lengths}; record it again.")
        _check_times("Demo.state_time_s", self.state_time_s, len(self.states))
        _check_times("Demo.action_time_s", self.action_time_s, len(self.actions))

    def __len__(self) -> int:
        return len(self.actions)

    def observation(self, step: int) -> Observation:
        """The observation before action `step`, 0 <= step < len(self)."""
        return Observation(self.video.frames[step], self.states[step], float(self.state_time_s[step]))


@dataclass(frozen=True)
class Film:
    """A film of somebody else doing the task, with what the film maker happened to know about it."""

    video: Video
    """The film."""
    hand_xy: NDArray[np.float32] | None = None
    """Picture position of the demonstrator's hand, shape (T, 2), fractions of the picture in [-0.5, 0.5), x to the
    right, y down, NaN where it is out of sight; None when unknown, as in every film that was not rendered."""
    goal_xy: NDArray[np.float32] | None = None
    """Picture position at which the thing that was moved came to rest, shape (2,), as `hand_xy`."""

    def __post_init__(self) -> None:
        shapes = {"hand_xy": (len(self.video), 2), "goal_xy": (2,)}
        for name, shape in shapes.items():
            known = getattr(self, name)
            if known is not None and known.shape != shape:
                raise DemoShapeMismatch(f"Film.{name}: expected {shape}, found {known.shape}; pass None if unknown.")


@dataclass(frozen=True)
class TaskDemos:
    """All demonstrations of one task: support and query are drawn from different members."""

    task_id: str
    """Identity of the task."""
    demos: tuple[Demo, ...]
    """Demonstrations by the robot."""
    films: tuple[Film, ...] = ()
    """Films of somebody else doing the same task."""

    def __post_init__(self) -> None:
        strangers = sorted({demo.task_id for demo in self.demos} - {self.task_id})
        if strangers:
            raise DemoShapeMismatch(f"TaskDemos {self.task_id!r}: expected demos of this task only, found {strangers}.")


def _check_pictures(name: str, value: NDArray[np.uint8], ndim: int) -> None:
    expected = "(T, height, width, 3)" if ndim == 4 else "(height, width, 3)"
    if value.dtype != np.uint8 or value.ndim != ndim or value.shape[-1] != 3 or 0 in value.shape:
        raise DemoShapeMismatch(f"{name}: expected uint8 {expected}, no side zero; found {value.dtype} {value.shape}.")


def _check_real(name: str, value: NDArray[np.float32], ndim: int) -> None:
    if value.dtype != np.float32 or value.ndim != ndim:
        raise DemoShapeMismatch(f"{name}: expected float32 with {ndim} dimensions, found {value.dtype} {value.shape}.")
    if not np.isfinite(value).all():
        first = np.argwhere(~np.isfinite(value))[0].tolist()
        raise DemoShapeMismatch(f"{name}: expected finite numbers, found NaN or infinity at {first}.")


def _check_times(name: str, value: NDArray[np.float64], length: int) -> None:
    if value.dtype != np.float64 or value.shape != (length,):
        raise DemoShapeMismatch(f"{name}: expected float64 ({length},), found {value.dtype} {value.shape}.")
    if not np.isfinite(value).all() or (np.diff(value) <= 0).any():
        raise DemoShapeMismatch(f"{name}: expected finite, strictly increasing seconds, found a step back or NaN.")
