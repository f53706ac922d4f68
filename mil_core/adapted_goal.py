"""A goal classifier after adaptation, and the reward that comes of it: what planners, learners and nodes know."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mil_core.calibration import Calibration
from mil_core.errors import SupportMismatch, UnusablePicture
from mil_core.novelty import Novelty

Picture = NDArray[np.uint8]
Score = Callable[[NDArray[np.uint8]], NDArray[np.floating]]
"""From pictures (N, height, width, 3) to raw scores (N,)."""
LEAST_CONTRAST = 2.0
"""Standard deviation of a picture's values, of 255, below which it shows nothing."""
NUM_FRAMES = 2
"""Consecutive frames that must be above the threshold before anything is rewarded (thesis 8.2.4.2)."""


class Sighting(NamedTuple):
    """What a classifier makes of one picture."""

    probability: float
    """Calibrated probability that the goal is reached."""
    novelty: float
    """How unlike the training pictures it is, over the greatest value that counts as known."""

    @property
    def is_novel(self) -> bool:
        """Whether the picture seems to come from another camera: the probability means nothing then."""
        return self.novelty > 1.0


class Judge(Protocol):
    """Whoever can say how a picture looks."""

    calibration: Calibration
    """With the threshold."""

    def look(self, picture: Picture) -> Sighting:
        """Judge one picture."""
        ...


class AdaptedGoal:
    """A function from pictures to the probability of success."""

    def __init__(self, score: Score, calibration: Calibration, novelty: Novelty, goals: Sequence[Picture]) -> None:
        """Args: score: of the adapted classifier. goals: the pictures that it was adapted to, checked already."""
        self.calibration, self.shape = calibration, goals[0].shape
        self._score, self._novelty = score, novelty
        self.novel_goals = tuple(np.flatnonzero(novelty.distance(np.stack(goals)) > 1.0).tolist())
        """Numbers of goal pictures that seem to come from another camera."""

    def look(self, picture: Picture) -> Sighting:
        """Probability of success and novelty of a picture.

        Raises:
            SupportMismatch: its size or type is another than in training.
            UnusablePicture: it is black or of one colour.
        """
        check_picture(picture, self.shape, "the picture")
        seen = picture[None]
        probability = float(self.calibration.probability(self._score(seen))[0])
        return Sighting(probability, float(self._novelty.distance(seen)[0]))

    def probability(self, picture: Picture) -> float:
        """Calibrated probability of success. Raises: as `look`."""
        return self.look(picture).probability


class GoalReward:
    """Reward of each picture of an episode: the probability where it is believed, else zero.

    Source: thesis 8.2.4.2. Differs: pictures that seem to come from another camera are not believed.
    """

    def __init__(self, judge: Judge) -> None:
        self._judge, self._above = judge, 0

    def reset(self) -> None:
        """Forget the frames so far; to be called before the first picture of an episode."""
        self._above = 0

    @property
    def is_reached(self) -> bool:
        """Whether the goal is believed reached in the newest picture."""
        return self._above >= NUM_FRAMES

    def look(self, picture: Picture) -> Sighting:
        """Judge the next picture. Raises: as `AdaptedGoal.look`; such a picture breaks the row."""
        before, self._above = self._above, 0
        seen = self._judge.look(picture)
        if not seen.is_novel and seen.probability > self._judge.calibration.threshold:
            self._above = before + 1
        return seen

    def reward(self, picture: Picture) -> float:
        """Reward of the next picture. Raises: as `look`."""
        probability = self.look(picture).probability
        return probability if self.is_reached else 0.0


class Cascade:
    """Several goals one after another: each is pursued until its classifier believes it reached (thesis 8.2.4.3)."""

    def __init__(self, judges: Sequence[Judge]) -> None:
        """Args: judges: of the goals in their order, at least one."""
        if not judges:
            raise SupportMismatch(
                "a cascade: expected at least one classifier, found none; give pictures of each goal."
            )
        self._rewards = [GoalReward(judge) for judge in judges]
        self.current = 0
        """Number of the goal that is pursued now; the number of goals when all are reached."""

    @property
    def is_done(self) -> bool:
        """Whether every goal has been reached."""
        return self.current == len(self._rewards)

    def reset(self) -> None:
        """Begin again with the first goal."""
        self.current = 0
        for reward in self._rewards:
            reward.reset()

    def reward(self, picture: Picture) -> float:
        """Reward of the next picture for the goal that is pursued now; zero when all are reached. Raises: as there."""
        if self.is_done:
            return 0.0
        found = self._rewards[self.current].reward(picture)
        self.current += int(found > 0)
        return found


def check_picture(picture: Picture, shape: tuple[int, ...], name: str) -> None:
    """Raises: SupportMismatch: size or type is another. UnusablePicture: there is nothing on it."""
    if not isinstance(picture, np.ndarray) or picture.dtype != np.uint8 or picture.shape != shape:
        found = f"{picture.dtype} {picture.shape}" if isinstance(picture, np.ndarray) else type(picture).__name__
        raise SupportMismatch(f"{name}: expected a uint8 picture {shape}, found {found}; resize it first.")
    if picture.std() < LEAST_CONTRAST:
        raise UnusablePicture(
            f"{name}: expected something to see, found values from {picture.min()} to {picture.max()}; "
            "look at the camera and take it again."
        )
