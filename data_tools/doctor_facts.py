"""What a demo file turned out to hold, as far as it could be read: the facts that checks, edits and rankings go by.

Unlike `demo.Demo` these types believe nothing: claims stand beside what was found, and a demo that cannot be read is
still listed, with the reason. Refuses to know how files are laid out and what counts as a fault.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from data_tools.provenance import UNKNOWN, Provenance

_NOTHING = np.zeros((0, 0), np.float32)


@dataclass(frozen=True)
class DemoFacts:
    """One demo as it was found."""

    name: str
    """Name of its group, as `demo_<i>`."""
    claims: dict[str, Any] = field(default_factory=dict)
    """Its attributes, as far as they are texts and numbers."""
    fault: str = ""
    """Why it cannot be read; empty when it can. Then nothing below is filled in."""
    num_samples: int = 0
    """Steps, by the length of its actions."""
    picture_shape: tuple[int, ...] = ()
    """Height, width and channels of the policy pictures."""
    states: NDArray[np.float32] = field(default_factory=_NOTHING.copy)
    """Shape (T, S), perhaps not finite."""
    actions: NDArray[np.float32] = field(default_factory=_NOTHING.copy)
    """Shape (T, A), perhaps not finite."""
    times_s: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    """Capture times of pictures, states and actions, each of shape (T,), perhaps in no order."""
    is_repeat: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    """Whether picture t + 1 equals picture t in every bit, shape (T - 1,)."""
    content_sha256: str = ""
    """Hash of its arrays."""

    @property
    def index(self) -> int:
        """Number in its name."""
        return int(self.name.removeprefix("demo_"))

    def label(self, name: str) -> str:
        """A text attribute, or nothing."""
        value = self.claims.get(name, "")
        return value if isinstance(value, str) else ""

    @property
    def task_id(self) -> str:
        """Task that it claims to show."""
        return self.label("task_id")

    @property
    def step_shape(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of picture, state and action of one step; all demos of a file have the same."""
        return self.picture_shape, self.states.shape[1:], self.actions.shape[1:]


@dataclass(frozen=True)
class FilmFacts:
    """One film of a demo file as it is referred to."""

    task_id: str
    """Task that it shows."""
    name: str
    """Name of its group, as `film_<k>`."""
    file_name: str = ""
    """Name inside the film folder."""
    sha256: str = ""
    """Hash that the file should have."""
    fault: str = ""
    """Why the reference cannot be read."""


@dataclass(frozen=True)
class FileFacts:
    """One demo file as it was found."""

    path: Path
    """The file."""
    provenance: Provenance = UNKNOWN
    """Its origin."""
    seal_fault: str = ""
    """Why the bytes are not those that were sealed; empty when they are."""
    is_readable: bool = True
    """Whether HDF5 could open it; when not, only `path`, `seal_fault` and `salvage` say something."""
    salvage: tuple[int, ...] = ()
    """Of a file that was cut short: where its whole demos begin."""
    demos: tuple[DemoFacts, ...] = ()
    """Demos in the order of their numbers."""
    strangers: tuple[str, ...] = ()
    """Names among the demos that no demo has."""
    tasks: tuple[str, ...] = ()
    """Identities of the tasks, in the order in which they were written."""
    films: tuple[FilmFacts, ...] = ()
    """References to films."""
    film_files: dict[str, str] = field(default_factory=dict)
    """Name of each file in the film folder -> its hash, or nothing for a link or a folder."""
    claims: dict[str, Any] = field(default_factory=dict)
    """Attributes of the whole: `total`, and `statistics` where there are any."""
    masks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Filter key -> names of demos."""
    extras: tuple[str, ...] = ()
    """Members of the file that this version does not know; they are kept."""

    @property
    def readable(self) -> tuple[DemoFacts, ...]:
        """Demos without a fault."""
        return tuple(demo for demo in self.demos if not demo.fault)

    @property
    def alike(self) -> tuple[DemoFacts, ...]:
        """Readable demos whose steps have the shapes that most have: all of them, in a file that is sound."""
        shapes = Counter(demo.step_shape for demo in self.readable)
        usual = shapes.most_common(1)[0][0] if shapes else ()
        return tuple(demo for demo in self.readable if demo.step_shape == usual)

    def split_of(self, demo: DemoFacts) -> Split:
        """Split that a demo claims, or that of the file."""
        split = demo.label("split")
        return split if split in ("train", "validation", "test") else self.provenance.split  # type: ignore[return-value]
