"""Pursue goals shown in pictures: plan a move by what its predicted picture is worth, make it, look, plan again.

Thesis 8.2.4.2, 8.2.4.3 and 8.2.6.1. Knows no simulator: the world and the predictor are handed in.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from mil_core.adapted_goal import GoalReward, Judge, Picture, Sighting
from mil_core.algorithms.goal_learner import GoalLearner
from mil_core.cem import CemConfig, Found, search
from mil_core.scaling import to_pictures

Pictures = NDArray[np.uint8]


class Predictor(Protocol):
    """Whoever can say what moves would lead to: a simulator or a learned model."""

    def predict(self, things: NDArray[np.int64], places_m: NDArray[np.float64]) -> tuple[Pictures, NDArray[np.float64]]:
        """What the table would look like after each of some moves.

        Args: things: numbers of the moved things, (N,). places_m: where each is put, x and y, (N, 2).
        Returns: pictures (N, height, width, 3), and where the things would be, (N, M, 3); NaN throughout where a move
            cannot be made. Places are only for the oracle.
        """
        ...


class World(Protocol):
    """What is acted on."""

    corners_m: tuple[NDArray[np.float64], NDArray[np.float64]]
    """Least and greatest x and y of the places that things can be put to."""

    @property
    def places_m(self) -> NDArray[np.float64]:
        """Where the things are, (M, 3)."""
        ...

    def movable(self) -> list[int]:
        """Numbers of the things that can be taken."""
        ...

    def look(self) -> Picture:
        """A picture now, with the arm somewhere else than before."""
        ...

    def move(self, thing: int, place_m: NDArray[np.float64]) -> bool:
        """Take a thing and put it down at x and y. Returns: whether that could be done."""
        ...


class Pursuable(Judge, Protocol):
    """A goal as plans see it."""

    def margins(self, pictures: Pictures, places_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logits above the threshold's: positive where success is believed, (N,). Args: as Predictor answers."""
        ...


class PursuedGoal:
    """One goal as a method sees it: a probability for pictures, with the true places for a method that is told them."""

    def __init__(
        self,
        learner: GoalLearner,
        goals: NDArray[np.uint8],
        goal_apart_m: NDArray[np.float64],
        pair: tuple[int, int],
        places_m: Callable[[], NDArray[np.float64]],
    ) -> None:
        """Args: goals: pictures of success. goal_apart_m: from the second thing to the first in them, (goal, 3).
        pair: numbers of both things. places_m: where the things are now; both are only for the oracle."""
        self.calibration = learner.calibration
        self._learner, self._pair, self._places_m = learner, pair, places_m
        self._score = learner.judge(self._seen(goals, goal_apart_m))
        # Goal pictures come from the right camera: whatever is no stranger than they are is known too.
        self._novelty = learner.novelty
        self._known = max(1.0, float(learner.novelty.distance(goals).max()))

    def logits(self, pictures: NDArray[np.uint8], places_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logarithm of the calibrated odds of success, (N,); smooth where the probability is hardly above zero."""
        apart_m = places_m[:, self._pair[0]] - places_m[:, self._pair[1]]
        scores = self._score(self._seen(pictures, apart_m)).double().numpy()
        return self.calibration.slope * scores + self.calibration.offset

    def margins(self, pictures: NDArray[np.uint8], places_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """See Pursuable."""
        threshold = self.calibration.threshold
        return self.logits(pictures, places_m) - np.log(threshold / (1 - threshold))

    def look(self, picture: Picture) -> Sighting:
        """See mil_core.adapted_goal.Judge."""
        logit = float(self.logits(picture[None], self._places_m()[None])[0])
        novelty = float(self._novelty.distance(picture[None])[0] / self._known)
        return Sighting(float(1 / (1 + np.exp(-logit))), novelty)

    @torch.no_grad()
    def _seen(self, pictures: NDArray[np.uint8], apart_m: NDArray[np.float64]) -> torch.Tensor:
        return self._learner.see(to_pictures(pictures), torch.from_numpy(apart_m.astype(np.float32)))


@dataclass(frozen=True)
class PursuitConfig:
    """How long and how hard it is tried."""

    looks_per_goal: int = 6
    """Pictures taken for each goal at most."""
    cem: CemConfig = CemConfig()
    """The search for each move."""


@dataclass(frozen=True)
class Pursuit:
    """What came of it."""

    believed: bool
    """Whether every classifier fired."""
    num_moves: int
    """Moves made."""
    pictures: tuple[Picture, ...]
    """Every picture that was taken."""
    probabilities: tuple[float, ...]
    """Of the least likely of the goals pursued then, in each."""
    places_m: tuple[NDArray[np.float64], ...]
    """Where the things were in each."""


def pursue(
    world: World,
    predictor: Predictor,
    goals: Sequence[Pursuable],
    config: PursuitConfig,
    rng: np.random.Generator,
) -> Pursuit:
    """Pursue goals one after another until each classifier believes its goal reached in two frames in a row.

    Source: thesis 8.2.4.3; planning as in Ebert et al. 2017. Differs: a later goal is pursued together with the earlier
    ones, so that no move undoes them, unless nothing else helps; then what was undone is mended. It ends when all
    classifiers believe at once.
    """
    rewards, num_reached, num_moves = [GoalReward(goal) for goal in goals], 0, 0
    pictures: list[Picture] = []
    probabilities: list[float] = []
    places: list[NDArray[np.float64]] = []
    for _ in range(config.looks_per_goal * len(goals)):
        picture = world.look()
        pursued = goals[: num_reached + 1]
        seen = [reward.look(picture).probability for reward in rewards[: len(pursued)]]
        are_reached = [reward.is_reached for reward in rewards[: len(pursued)]]
        pictures.append(picture)
        places.append(world.places_m)
        probabilities.append(min(seen))
        num_reached += int(all(are_reached))
        if num_reached == len(goals):
            break
        if all(p > goal.calibration.threshold for p, goal in zip(seen, pursued, strict=True)) and not all(are_reached):
            continue  # above it once: look again before anything is touched
        num_moves += _make_a_move(world, predictor, goals[: num_reached + 1], config.cem, rng)
    return Pursuit(num_reached == len(goals), num_moves, tuple(pictures), tuple(probabilities), tuple(places))


def _make_a_move(
    world: World, predictor: Predictor, goals: Sequence[Pursuable], config: CemConfig, rng: np.random.Generator
) -> bool:
    """Make the move after which the least likely goal is likeliest; where none promises to reach them all, the move
    that helps the one which is least likely now. Returns: whether there was one."""

    def search_for(wanted: Sequence[Pursuable]) -> Found:
        def score(things: NDArray[np.int64], places_m: NDArray[np.float64]) -> NDArray[np.float64]:
            pictures, after_m = predictor.predict(things, places_m)
            can = np.isfinite(after_m).all((1, 2))
            scores = np.full(len(things), -np.inf)
            if can.any():
                scores[can] = np.min([goal.margins(pictures[can], after_m[can]) for goal in wanted], axis=0)
            return scores

        low_m, high_m = world.corners_m
        return search(score, world.movable(), low_m, high_m, config, rng)

    found = search_for(goals)
    if len(goals) > 1 and not found.score > 0:
        picture, now_m = world.look(), world.places_m
        worst = min(goals, key=lambda goal: goal.margins(picture[None], now_m[None])[0])
        found = search_for([worst])
    return bool(np.isfinite(found.score)) and world.move(found.thing, found.place_m)
