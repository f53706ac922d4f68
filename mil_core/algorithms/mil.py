"""MIL: meta-imitation learning. Adapts to one robot demonstration by behaviour cloning on it."""

import torch
from torch import Tensor
from torch.func import functional_call

from data_tools.demo import Demo
from mil_core.adapted_policy import AdaptedPolicy
from mil_core.algorithms.algorithm import AbstractAlgorithm, LearningConfig, MetaLoss, Support
from mil_core.behavior_cloning import cloning_terms
from mil_core.episodes import MetaTask, Steps
from mil_core.errors import SupportMismatch
from mil_core.inner_loop import Parameters, adapt
from mil_core.policies.policy import Policy
from mil_core.reporting import outer_report
from mil_core.scaling import Scaling


class Mil(AbstractAlgorithm):
    """Meta-imitation learning with actions in the demonstration.

    Source: thesis 7.1.2 and Algorithm 8; scale and clip as in the released code.
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
        support, query = task.support, task.query
        if not isinstance(support, Steps):
            raise SupportMismatch("MIL adapts from a robot demonstration with actions, found a film; use a DAML experiment.")
        before = dict(self.policy.named_parameters())
        adapted_names = self.policy.adapted_names()
        after = adapt(lambda p: self.inner_loss(support, p), before, adapted_names, self.config.inner, create_graph=True)
        output = functional_call(self.policy, after.parameters, (query.pictures, query.states))
        terms = cloning_terms(self.policy, output, query, self.config.cloning)
        return MetaLoss(torch.stack(list(terms.values())).sum(), outer_report(terms, before, after))

    def adapt(self, support: Support) -> AdaptedPolicy:
        """See AbstractAlgorithm."""
        if not isinstance(support, Demo):
            raise SupportMismatch("MIL adapts from a robot demonstration, found a film; pass --demo, or use a DAML checkpoint.")
        steps = self.scaling.steps(support, self.config.num_inner_frames, self.policy.config)
        before = {name: value.detach().requires_grad_() for name, value in self.policy.named_parameters()}
        after = adapt(lambda p: self.inner_loss(steps, p), before, self.policy.adapted_names(), self.config.inner, create_graph=False)
        with torch.no_grad():
            loss_after = float(self.inner_loss(steps, after.parameters))
        loss_before = after.losses[0] if after.losses else loss_after
        return AdaptedPolicy(self.policy, after.parameters, self.scaling, loss_before=loss_before, loss_after=loss_after)

    def unadapted(self) -> AdaptedPolicy:
        """See AbstractAlgorithm."""
        return AdaptedPolicy(self.policy, dict(self.policy.named_parameters()), self.scaling)
