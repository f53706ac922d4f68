"""From goal pictures, or frames of recordings, to a classifier under an id. Knows no ROS; importing it loads the
learning core.
"""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Demo
from mil_core.adapted_goal import AdaptedGoal
from mil_core.algorithms.goal_learner import GoalLearner
from mil_core.checkpoint import load
from mil_core.support import load_support_demo
from mil_nodes.errors import GoalError, ParameterError, UnknownClassifier
from mil_nodes.library import checked_id, recording_path
from mil_nodes.picture_size import fitted

Picture = NDArray[np.uint8]
MAX_GOALS = 32
"""Classifiers kept in memory; the oldest goes first."""
_LISTED = 8


class Frame(NamedTuple):
    """A picture of a recording."""

    demo_id: str
    """File of the library."""
    take: int
    """Which demonstration of it."""
    number: int
    """Which picture; negative from the end."""


@dataclass(frozen=True)
class ShownGoal:
    """A classifier together with its name."""

    classifier_id: str
    """Hash of goal pictures, checkpoint and threshold."""
    adapted: AdaptedGoal
    """Probabilities of pictures."""
    seconds: float
    """From the pictures to the classifier."""

    @property
    def doubt(self) -> str:
        """Why its probabilities mean little; empty when they do not."""
        if not self.adapted.novel_goals:
            return ""
        numbers = ", ".join(map(str, self.adapted.novel_goals))
        return (
            f"Goal pictures: expected the camera that the classifier was trained with, found unfamiliar ones: "
            f"{numbers}; nothing will count as reached. Take them anew with the policy's camera."
        )


class CheckpointGoals:
    """A meta-trained learner of goal classifiers, and those it made."""

    def __init__(self, checkpoint: Path) -> None:
        """Args: checkpoint: its folder. Raises: MilError; ParameterError: it learned something else."""
        loaded = load(checkpoint)
        self._learner = loaded.algorithm()
        if not isinstance(self._learner, GoalLearner):
            raise ParameterError(
                f"Checkpoint {checkpoint}: expected a learner of goal classifiers, found {loaded.experiment.name}; "
                "name another one, for instance checkpoints/flo_arrange."
            )
        self._sha256 = loaded.sha256
        self.calibration_error = loaded.measured.get("calibration_error", float("nan"))
        """On validation tasks; NaN when the checkpoint does not say."""
        self._kept: dict[str, ShownGoal] = {}

    def show(self, pictures: Sequence[Picture], threshold: float | None) -> ShownGoal:
        """Make the classifier of the goal that these pictures show, and keep it.

        Args: threshold: instead of the calibrated one, unless None.

        Raises:
            GoalError, MessageError: they are of different sizes, or of other proportions than in training.
            MilError: there are too few or too many, one shows nothing, or the threshold is none.
        """
        start_s = time.monotonic()
        sizes = sorted({picture.shape[:2] for picture in pictures})
        if len(sizes) > 1:
            raise GoalError(f"Goal pictures: expected one size, found {sizes}; take them all with the policy's camera.")
        adapted = self._learner.adapt([self.picture(picture) for picture in pictures])
        if threshold is not None:
            adapted.calibration = replace(adapted.calibration, threshold=threshold)
        name = self._name(pictures, adapted.calibration.threshold)
        shown = ShownGoal(name, adapted, time.monotonic() - start_s)
        self._kept.pop(name, None)
        self._kept[name] = shown
        if len(self._kept) > MAX_GOALS:
            self._kept.pop(next(iter(self._kept)))
        return shown

    def of_id(self, classifier_id: str) -> ShownGoal:
        """A classifier that was made before. Raises: BadId, UnknownClassifier."""
        shown = self._kept.get(checked_id(classifier_id))
        if shown is None:
            known = ", ".join(list(self._kept)[-_LISTED:]) or "none"
            raise UnknownClassifier(
                f"Classifier {classifier_id!r}: expected an id from the service set_goal, found none; known: {known}."
            )
        return shown

    def picture(self, picture: Picture) -> Picture:
        """A camera picture as large as the learner wants it. Raises: MessageError: it has other proportions."""
        return fitted(picture, *self._learner.shape[:2])

    def _name(self, pictures: Sequence[Picture], threshold: float) -> str:
        # The order of goal pictures does not matter, so the name does not tell it.
        hashes = sorted(hashlib.sha256(repr(p.shape).encode() + p.tobytes()).hexdigest() for p in pictures)
        words = "|".join([self._sha256, repr(threshold), *hashes])
        return f"goal-{hashlib.sha256(words.encode()).hexdigest()[:12]}"


def recorded_pictures(library: Path, frames: Sequence[Frame]) -> list[Picture]:
    """Pictures of recordings of a library.

    Raises: BadId, UnknownDemo: no such recording. DataError: its file is damaged or holds no such take. GoalError: the
        take holds no such picture.
    """
    takes: dict[tuple[str, int], Demo] = {}
    found = []
    for frame in frames:
        key = frame.demo_id, frame.take
        if key not in takes:
            takes[key] = load_support_demo(recording_path(library, frame.demo_id), f"demo_{frame.take}")
        pictures = takes[key].video.frames
        if not -len(pictures) <= frame.number < len(pictures):
            raise GoalError(
                f"Frame {frame.number} of {frame.demo_id}: expected a number from {-len(pictures)} to "
                f"{len(pictures) - 1}, found another; name one of them."
            )
        found.append(pictures[frame.number])
    return found
