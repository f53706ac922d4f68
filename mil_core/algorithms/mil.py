"""MIL: meta-imitation learning. Adapts to one robot demonstration by behaviour cloning on it."""

import torch
from torch import Tensor
from torch.func import functional_call

from data_tools.demo import Demo
from mil_core.adapted_policy import AdaptedPolicy, adapted_policy
from mil_core.algorithms.algorithm import AbstractAlgorithm, LearningConfig, MetaLoss, Support
from mil_core.behavior_cloning import cloning_terms, outer_terms
from mil_core.demo_sizes import check_demo_sizes
from mil_core.episodes import MetaTask, Steps
from mil_core.errors import SupportMismatch
from mil_core.inner_loop import Parameters, adapt
from mil_core.policies.policy import Policy
from mil_core.reporting import outer_report
from mil_core.scaling import Scaling, whole_and_halves


class Mil(AbstractAlgorithm):
    """Meta-imitation learning with actions in the demonstration.

    Source: thesis 7.1.1 and Algorithm 9; scale and clip as in the released code.
    """

    def __init__(self, policy: Policy, scaling: Scaling, config: LearningConfig) -> None:
        """Args: policy: what is learned. scaling: units in and out. config: all other choices."""
        super().__init__()
        self.policy, self.scaling, self.config = policy, scaling, config

    def inner_loss(self, support: Steps, parameters: Parameters) -> Tensor:
        """Behaviour cloning loss of the support demonstration under the given policy parameters."""
        inputs = (support.pictures, support.states)
        output = functional_call(self.policy, dict(parameters), inputs, {"inner": True})
        return torch.stack(list(cloning_terms(self.policy, output, support, self.config.cloning).values())).sum()

    def meta_loss(self, task: MetaTask) -> MetaLoss:
        """See AbstractAlgorithm."""
        support = task.support
        if not isinstance(support, Steps):
            raise SupportMismatch(
                "MIL adapts from a robot demonstration with actions, found a film; use a DAML experiment."
            )
        before = dict(self.policy.named_parameters())
        adapted_names = self.policy.adapted_names()
        after = adapt(
            lambda p: self.inner_loss(support, p), before, adapted_names, self.config.inner, create_graph=True
        )
        terms = outer_terms(self.policy, after.parameters, task.queries, self.config.cloning)
        return MetaLoss(torch.stack(list(terms.values())).sum(), outer_report(terms, before, after))

    def adapt(self, *supports: Support) -> AdaptedPolicy:
        """See AbstractAlgorithm."""
        examples = [self.examples(support) for support in supports]
        return adapted_policy(self.policy, self.scaling, self.config.inner, self.inner_loss, examples)

    def examples(self, support: Support) -> list[Steps]:
        """What the inner loss sees of a support: steps spread over all of it, and each half of these steps.

        Raises: SupportMismatch: it is a film, or of other sizes than in training.
        """
        if not isinstance(support, Demo):
            raise SupportMismatch(
                "MIL adapts from a robot demonstration, found a film; pass --demo, or use a DAML checkpoint."
            )
        check_demo_sizes(support, self.policy.config)
        parts = whole_and_halves(len(support), self.config.num_inner_frames)
        return [self.scaling.chosen_steps(support, part, self.policy.config) for part in parts]

    def unadapted(self) -> AdaptedPolicy:
        """See AbstractAlgorithm."""
        return AdaptedPolicy(self.policy, dict(self.policy.named_parameters()), self.scaling)
