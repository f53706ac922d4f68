"""The interface of every way to judge goals by example: a meta-loss to train with, `adapt` to deploy with."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mil_core.adapted_goal import AdaptedGoal, Picture, check_picture
from mil_core.algorithms.algorithm import MetaLearner
from mil_core.calibration import Calibration, calibration_error, fit
from mil_core.errors import SupportMismatch
from mil_core.goal_tasks import NUM_GOALS, GoalMetaTask
from mil_core.novelty import Novelty
from mil_core.scaling import to_pictures

LEAST_GOALS = 2
"""Goal pictures that are needed: one alone does not tell what may vary."""


class GoalLearner(MetaLearner):
    """What tells, from a few pictures of success, whether another picture shows success too.

    Slope, offset and threshold of its probabilities are buffers: they travel with the weights.
    """

    sees_state = False
    """Whether it is told where things are instead of seeing pictures."""
    needs_offset = False
    """Whether its scores have no natural zero, as those of distances."""

    def __init__(self, novelty: Novelty, image_height: int, image_width: int) -> None:
        """Args: novelty: fitted to the training pictures. image_height, image_width: of all pictures."""
        super().__init__()
        self.novelty, self.shape = novelty, (image_height, image_width, 3)
        self.register_buffer("calibration_numbers", torch.tensor([1.0, 0.0, 0.5], dtype=torch.float64))

    @abstractmethod
    def see(self, pictures: Tensor, apart_m: Tensor) -> Tensor:
        """What is compared, the same for all tasks unless `sees_state`: shape (picture, feature).

        Args:
            pictures: (picture, 3, height, width), values in [0, 1].
            apart_m: from the task's second thing to its first, (picture, 3).
        """

    @abstractmethod
    def judge(self, goals: Tensor) -> Callable[[Tensor], Tensor]:
        """Adapt to what was seen of goal pictures, (goal, feature).

        Returns: from what was seen of other pictures, (picture, feature), to scores (picture,); more is more likely.
        """

    @property
    def calibration(self) -> Calibration:
        """How scores become probabilities. Raises: BadThreshold: the numbers in the checkpoint are none."""
        return Calibration(*self.calibration_numbers.tolist())

    def adapt(self, pictures: Sequence[Picture]) -> AdaptedGoal:
        """The classifier of the goal that these pictures show.

        Args: pictures: of success, NUM_GOALS of them or at least LEAST_GOALS; their order does not matter.

        Raises:
            SupportMismatch: there are too few or too many, or one has another size or type than in training.
            UnusablePicture: one is black or of one colour.
            BadThreshold: the checkpoint's threshold is none.
        """
        if not LEAST_GOALS <= len(pictures) <= NUM_GOALS:
            raise SupportMismatch(
                f"goal pictures: expected {NUM_GOALS} of them, at least {LEAST_GOALS}, found {len(pictures)}; "
                "take them with things and arm in different places."
            )
        for number, picture in enumerate(pictures):
            check_picture(picture, self.shape, f"goal picture {number}")
        score_of = self.judge(self._seen(np.stack(pictures)))

        def score(seen: NDArray[np.uint8]) -> NDArray[np.floating]:
            return score_of(self._seen(seen)).numpy()

        return AdaptedGoal(score, self.calibration, self.novelty, pictures)

    def task_scores(self, batch: GoalMetaTask) -> Tensor:
        """Score of every picture for every task after adapting to the task's goals, (group, task, picture)."""
        return torch.stack([self._group_scores(GoalMetaTask(*parts)) for parts in zip(*batch, strict=True)])

    def finish(self, validation: Any) -> dict[str, float]:
        """Fit slope, offset and threshold to validation tasks (see mil_core.calibration).

        Returns: `calibration_error` that remains on the same tasks.
        """
        batches = [validation.draw(index, np.random.default_rng([index])) for index in range(len(validation))]
        scores = torch.cat([self.task_scores(batch).flatten() for batch in batches]).double().numpy()
        labels = torch.cat([batch.labels.flatten() for batch in batches]).numpy() > 0.5
        weights = torch.cat([batch.weight.flatten() for batch in batches]).double().numpy()
        used = weights > 0
        scores, labels, weights = scores[used], labels[used], weights[used]
        found = fit(scores, labels, weights, with_offset=self.needs_offset)
        numbers = torch.tensor([found.slope, found.offset, found.threshold], dtype=torch.float64)
        self.calibration_numbers.copy_(numbers)
        return {"calibration_error": calibration_error(found.probability(scores), labels, weights)}

    def _group_scores(self, group: GoalMetaTask) -> Tensor:
        """Of one group: its tensors have no first axis."""
        seen, rows = torch.empty(0), []
        for number, goals in enumerate(group.support):
            if self.sees_state or number == 0:
                with torch.no_grad():
                    seen = self.see(group.pictures, group.apart_m[number])
            rows.append(self.judge(seen[goals])(seen))
        return torch.stack(rows)

    @torch.no_grad()
    def _seen(self, pictures: NDArray[np.uint8]) -> Tensor:
        return self.see(to_pictures(pictures), torch.full((len(pictures), 3), torch.nan))
