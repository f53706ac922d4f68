"""What moves would lead to, as a learned model says (mil_core.goal_pursuit.Predictor)."""

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from mil_core.adapted_goal import Picture
from mil_core.goal_pursuit import Pictures, World
from mil_core.move_predictor import Lifted, MovePredictor
from mil_core.scaling import to_frames, to_pictures


class StillWorld(World, Protocol):
    """What is acted on, and can be asked what is possible."""

    def look_again(self) -> Picture:
        """A picture now, with the arm where it was when `look` was called last."""
        ...

    def after(self, thing: int, place_m: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Where the things would be after a move, (M, 3); None where it cannot be made."""
        ...


class LearnedPredictor:
    """Pictures come from the model alone, which is told where the gripper closes and where it opens.

    Whether a move can be made (nothing stands on the thing, and there is room) stays with the world, and so do the
    places of things: a method that judges places instead of pictures would learn nothing about the model.
    """

    def __init__(self, model: MovePredictor, world: StillWorld) -> None:
        self._model, self._world = model, world

    @torch.no_grad()
    def predict(self, things: NDArray[np.int64], places_m: NDArray[np.float64]) -> tuple[Pictures, NDArray[np.float64]]:
        """See mil_core.goal_pursuit.Predictor."""
        now_m, picture = self._world.places_m, self._world.look_again()
        pictures, after_m = np.stack([picture] * len(things)), np.full((len(things), *now_m.shape), np.nan)
        for number, (thing, place_m) in enumerate(zip(things.tolist(), places_m, strict=True)):
            found_m = self._world.after(thing, place_m)
            after_m[number] = np.nan if found_m is None else found_m
        can = np.isfinite(after_m).all((1, 2))
        if can.any():
            taken, number = np.unique(things[can], return_inverse=True)  # few: each is lifted once
            take_m, put_m = (torch.from_numpy(one.astype(np.float32)) for one in (now_m[taken, :2], places_m[can]))
            lifted = self._model.lift(to_pictures(picture[None]).expand(len(taken), -1, -1, -1), take_m)
            predicted = self._model.lay(Lifted(*(part[number] for part in lifted)), put_m)
            pictures[can] = to_frames(predicted)
        return pictures, after_m
