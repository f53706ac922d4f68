"""Pursuit of goals: it ends when it believes, undoes nothing it has reached, and does not stop for one frame."""

import numpy as np
import pytest

from mil_core.adapted_goal import Sighting
from mil_core.calibration import Calibration
from mil_core.cem import CemConfig
from mil_core.goal_pursuit import PursuitConfig, pursue

CONFIG = PursuitConfig(8, CemConfig(num_iterations=5))


class Line:
    """Two things on a table without cameras: the picture's first values are their places, rounded."""

    corners_m = (np.zeros(2), np.ones(2))

    def __init__(self, error_m: float = 0.0) -> None:
        self.places_m = np.array([[0.1, 0.1, 0.0], [0.9, 0.9, 0.0]])
        self._error_m, self._rng = error_m, np.random.default_rng(0)

    def movable(self) -> list[int]:
        return [0, 1]

    def look(self) -> np.ndarray:
        return picture_of(self.places_m)

    def move(self, thing: int, place_m: np.ndarray) -> bool:
        self.places_m = self.places_m.copy()
        self.places_m[thing, :2] = place_m + self._rng.normal(0, self._error_m, 2)
        return True

    def predict(self, things: np.ndarray, places_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        after_m = np.repeat(self.places_m[None], len(things), 0)
        after_m[np.arange(len(things)), things, :2] = places_m
        after_m[places_m[:, 0] > 0.95] = np.nan
        return np.stack([picture_of(one) for one in after_m]), after_m


def picture_of(places_m: np.ndarray) -> np.ndarray:
    return np.nan_to_num(255 * places_m[:, :2]).clip(0, 255).astype(np.uint8).reshape(2, 2, 1).repeat(3, 2)


class Near:
    """Wants one thing at a place, and says so from the picture alone."""

    calibration = Calibration(threshold=0.8)

    def __init__(self, thing: int, place_m: tuple[float, float], is_novel: bool = False) -> None:
        self._thing, self._place_m, self._novelty = thing, np.array(place_m), 2.0 if is_novel else 0.5

    def logits(self, pictures: np.ndarray, places_m: np.ndarray) -> np.ndarray:
        found_m = pictures[:, self._thing, :, 0] / 255
        return 4.0 - 60 * np.linalg.norm(found_m - self._place_m, axis=1)

    def margins(self, pictures: np.ndarray, places_m: np.ndarray) -> np.ndarray:
        return self.logits(pictures, places_m) - np.log(0.8 / 0.2)

    def look(self, picture: np.ndarray) -> Sighting:
        logit = float(self.logits(picture[None], np.zeros((1, 2, 3)))[0])
        return Sighting(1 / (1 + np.exp(-logit)), self._novelty)


class Beside(Near):
    """Wants the first thing at some way from the second, wherever they are."""

    def logits(self, pictures: np.ndarray, places_m: np.ndarray) -> np.ndarray:
        way_m = (pictures[:, 0, :, 0].astype(float) - pictures[:, 1, :, 0]) / 255
        return 4.0 - 60 * np.linalg.norm(way_m - self._place_m, axis=1)


@pytest.mark.parametrize("error_m", [0.0, 0.02])
def test_goals_are_reached_in_their_order_and_the_first_is_kept(error_m: float) -> None:
    world, goals = Line(error_m), [Near(0, (0.5, 0.5)), Near(1, (0.2, 0.7))]
    found = pursue(world, world, goals, CONFIG, np.random.default_rng(1))
    assert found.believed and found.num_moves >= 2
    assert np.linalg.norm(world.places_m[0, :2] - 0.5) < 0.06
    assert np.linalg.norm(world.places_m[1, :2] - [0.2, 0.7]) < 0.06
    assert len(found.pictures) == len(found.probabilities) == len(found.places_m) <= 16
    assert min(found.probabilities[-2:]) > 0.8


def test_what_a_later_goal_undoes_is_mended() -> None:
    world, goals = Line(), [Beside(0, (0.3, 0.0)), Near(1, (0.2, 0.7))]
    found = pursue(world, world, goals, CONFIG, np.random.default_rng(3))
    assert found.believed and found.num_moves >= 3
    assert np.linalg.norm(world.places_m[1, :2] - [0.2, 0.7]) < 0.06
    assert np.linalg.norm(world.places_m[0, :2] - [0.5, 0.7]) < 0.1


def test_what_holds_already_is_looked_at_twice_and_left_alone() -> None:
    world = Line()
    found = pursue(world, world, [Near(0, (0.1, 0.1))], CONFIG, np.random.default_rng(0))
    assert found.believed and found.num_moves == 0 and len(found.pictures) == 2


def test_what_seems_to_come_from_another_camera_is_never_believed() -> None:
    world = Line()
    found = pursue(world, world, [Near(0, (0.1, 0.1), is_novel=True)], CONFIG, np.random.default_rng(0))
    assert not found.believed and len(found.pictures) == CONFIG.looks_per_goal
