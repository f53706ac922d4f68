"""FLO: few-shot learning of objectives. Adapts a goal classifier to five pictures of success (CAML)."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor, nn
from torch.func import functional_call, vmap

from mil_core.algorithms.algorithm import MetaLoss
from mil_core.algorithms.goal_learner import GoalLearner
from mil_core.errors import InvalidProblem
from mil_core.goal_net import GoalNet
from mil_core.goal_tasks import GoalMetaTask
from mil_core.inner_loop import InnerConfig, Parameters, adapt
from mil_core.novelty import Novelty


@dataclass(frozen=True)
class FloConfig:
    """How FLO adapts."""

    inner: InnerConfig = InnerConfig(num_steps=3, step_size=0.3, clip=None)
    """The inner loop in training; the released code has one step of size 1."""
    test_steps: int = 3
    """Steps at deployment; the released code has 10."""
    learn_trunk: bool = True
    """Whether the outer loop learns the convolutions too, or leaves them as they begin."""
    learn_step_sizes: bool = True
    """Whether each parameter's share of the step size is learned too. Ours."""


class Flo(GoalLearner):
    """Meta-learned initial parameters of a goal classifier, adapted by the cross entropy of positives alone.

    Source: thesis 8.2.3, 8.2.4.1 and Algorithm 13 (concept acquisition through meta-learning). Differs: the inner loop
    moves the head alone, so that a picture passes the convolutions once for all tasks (Raghu et al. 2020 find the
    same accuracy); optional learned step sizes.

    As in MandRIL the inner loop moves `d` in theta + c * d from zero, for all tasks at once.
    """

    needs_offset = True
    """Ours: positives alone do not tell where the logit's zero lies, so it is calibrated beside the temperature."""

    def __init__(self, network: GoalNet, novelty: Novelty, config: FloConfig) -> None:
        """Raises: InvalidProblem: `inner.rms_floor` is set; it would mix the tasks that are adapted together."""
        super().__init__(novelty, network.config.image_height, network.config.image_width)
        if config.inner.rms_floor is not None:
            raise InvalidProblem(f"inner.rms_floor: expected None, found {config.inner.rms_floor}; learn step sizes.")
        self.network, self.config = network, config
        self._head = network.head_names()
        head = {name: value for name, value in network.named_parameters() if name in self._head}
        scales = {name.replace(".", "_"): nn.Parameter(torch.ones_like(value)) for name, value in head.items()}
        self.scales = nn.ParameterDict(scales if config.learn_step_sizes else {})

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
        with torch.set_grad_enabled(self.config.learn_trunk):
            features = self.network.features(task.pictures.flatten(0, 1)).unflatten(0, (num_groups, -1))
        goals = torch.stack([found[numbers] for found, numbers in zip(features, task.support, strict=True)])
        adapted, losses = self._adapted(goals.flatten(0, 1), self.config.inner, create_graph=True)
        seen = features.repeat_interleave(num_tasks, 0)
        return self._logits(adapted, seen), losses[0] / len(seen) if losses else 0.0

    def see(self, pictures: Tensor, apart_m: Tensor) -> Tensor:
        """See GoalLearner."""
        del apart_m
        return self.network.features(pictures)

    def judge(self, goals: Tensor) -> Callable[[Tensor], Tensor]:
        """See GoalLearner."""
        inner = dataclasses.replace(self.config.inner, num_steps=self.config.test_steps)
        adapted, _ = self._adapted(goals[None], inner, create_graph=False)
        head = {name: value.detach() for name, value in adapted.items()}
        return lambda seen: self._logits(head, seen[None])[0]

    def _adapted(
        self, goals: Tensor, inner: InnerConfig, *, create_graph: bool
    ) -> tuple[dict[str, Tensor], tuple[float, ...]]:
        """Head of each task after some steps on its goals (task, NUM_GOALS, feature); the task is the first axis."""
        before = {name: value for name, value in self.network.named_parameters() if name in self._head}
        if not create_graph:
            before = {name: value.detach() for name, value in before.items()}

        def parameters_at(moved: Parameters) -> dict[str, Tensor]:
            return {name: value + self._scale(name, create_graph) * moved[name] for name, value in before.items()}

        def inner_loss(moved: Parameters) -> Tensor:
            return functional.softplus(-self._logits(parameters_at(moved), goals)).mean(1).sum()

        still = {name: value.new_zeros(len(goals), *value.shape).requires_grad_() for name, value in before.items()}
        result = adapt(inner_loss, still, frozenset(still), inner, create_graph=create_graph)
        return parameters_at(result.parameters), result.losses

    def _logits(self, head: Parameters, features: Tensor) -> Tensor:
        """How much more likely the goal is than not, in nats: (task, picture)."""

        def of_one_task(values: dict[str, Tensor], seen: Tensor) -> Tensor:
            two = functional_call(self.network, values, (seen,))
            return two[:, 1] - two[:, 0]

        return vmap(of_one_task)(dict(head), features)

    def _scale(self, name: str, create_graph: bool) -> Tensor | float:
        if not self.config.learn_step_sizes:
            return 1.0
        scale = self.scales[name.replace(".", "_")]
        return scale if create_graph else scale.detach()
