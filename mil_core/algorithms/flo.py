"""FLO: few-shot learning of objectives. Adapts a goal classifier to five pictures of success (CAML)."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from mil_core.algorithms.algorithm import MetaLoss
from mil_core.algorithms.goal_learner import GoalLearner
from mil_core.errors import InvalidProblem
from mil_core.goal_net import GoalNet
from mil_core.goal_tasks import GoalMetaTask
from mil_core.inner_loop import InnerConfig, Parameters, adapt
from mil_core.novelty import Novelty
from mil_core.rope_net import RopeNet


@dataclass(frozen=True)
class FloConfig:
    """How FLO adapts."""

    inner: InnerConfig = InnerConfig(num_steps=5, step_size=3.0, clip=None)
    """The inner loop in training; the released code has one step of size 1."""
    test_steps: int = 5
    """Steps at deployment; the released code has 10."""
    learn_step_sizes: bool = True
    """Whether the step sizes of weights and bias are learned too. Ours."""


class Flo(GoalLearner):
    """A meta-learned goal classifier, adapted by the cross entropy of positives alone.

    Source: thesis 8.2.3, 8.2.4.1 and Algorithm 13 (concept acquisition through meta-learning). Differs: the inner loop
    moves the last layer alone, so that the points of a picture are found once for all tasks (Raghu et al. 2020 find
    the same accuracy); learned step sizes.

    As in MandRIL the inner loop moves `d` in theta + c * d from zero, for all tasks at once.
    """

    needs_offset = True
    """Ours: positives alone do not tell where the logit's zero lies, so it is calibrated beside the temperature."""

    def __init__(self, network: GoalNet | RopeNet, novelty: Novelty, config: FloConfig) -> None:
        """Raises: InvalidProblem: `inner.rms_floor` is set; it would mix the tasks that are adapted together."""
        super().__init__(novelty, network.config.image_height, network.config.image_width)
        if config.inner.rms_floor is not None:
            raise InvalidProblem(f"inner.rms_floor: expected None, found {config.inner.rms_floor}; learn step sizes.")
        self.network, self.config = network, config
        shares = {name: nn.Parameter(torch.tensor(share)) for name, share in network.step_shares.items()}
        self.scales = nn.ParameterDict(shares).requires_grad_(config.learn_step_sizes)

    def meta_loss(self, task: GoalMetaTask) -> MetaLoss:
        """Cross entropy of positives and negatives after the inner loop on positives, half the weight each (Eq. 29)."""
        logits, inner = self._query_logits(task)
        labels, weight = task.labels.flatten(0, 1), task.weight.flatten(0, 1)
        losses = functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
        total = (losses * weight).sum(1).mean()
        is_right = ((logits > 0) == (labels > 0.5)).float()
        accuracy = (is_right * weight).sum(1).mean()
        return MetaLoss(total, {"outer": float(total.detach()), "accuracy": float(accuracy), "inner": inner})

    def _query_logits(self, task: GoalMetaTask) -> tuple[Tensor, float]:
        """Logit of each picture for each task after its inner loop, (group * task, picture), and the inner loss."""
        num_groups, num_tasks = task.support.shape[:2]
        points = self.see(task.pictures.flatten(0, 1), task.apart_m).unflatten(0, (num_groups, -1))
        goals = torch.stack([found[numbers] for found, numbers in zip(points, task.support, strict=True)])
        head, pairs, losses = self._adapted(goals.flatten(0, 1), self.config.inner, create_graph=True)
        relations = self.network.relations(points.repeat_interleave(num_tasks, 0), pairs)
        return self.network.logits(head, relations), losses[0] / len(relations) if losses else 0.0

    def see(self, pictures: Tensor, apart_m: Tensor) -> Tensor:
        """What the network compares: points of colours, (picture, colour, 3), or features. See GoalLearner."""
        del apart_m
        return self.network.see(pictures)

    def judge(self, goals: Tensor) -> Callable[[Tensor], Tensor]:
        """See GoalLearner."""
        inner = dataclasses.replace(self.config.inner, num_steps=self.config.test_steps)
        head, pairs, _ = self._adapted(goals[None], inner, create_graph=False)
        head = {name: value.detach() for name, value in head.items()}

        def score(seen: Tensor) -> Tensor:
            with torch.no_grad():
                return self.network.logits(head, self.network.relations(seen[None], pairs))[0]

        return score

    def _adapted(
        self, goals: Tensor, inner: InnerConfig, *, create_graph: bool
    ) -> tuple[dict[str, Tensor], Tensor, tuple[float, ...]]:
        """Each task's last layer after some steps on its goals (task, goal, colour, 3), and the pairs it looks at."""
        pairs = self.network.pairs(goals)
        with torch.set_grad_enabled(create_graph):
            relations = self.network.relations(goals, pairs)
            before = self.network.head(relations)

        def head_at(moved: Parameters) -> dict[str, Tensor]:
            return {name: value + self.scales[name] * moved[name] for name, value in before.items()}

        def inner_loss(moved: Parameters) -> Tensor:
            return functional.softplus(-self.network.logits(head_at(moved), relations)).mean(1).sum()

        still = {name: torch.zeros_like(value).requires_grad_() for name, value in before.items()}
        result = adapt(inner_loss, still, frozenset(still), inner, create_graph=create_graph)
        return head_at(result.parameters), pairs, result.losses
