"""The contextual policy: a feedforward network that is shown how the demonstration ended."""

from torch import Tensor, nn

from mil_core.algorithms.algorithm import LearningConfig
from mil_core.baselines.shown_policy import ShownConfig, ShownPolicy
from mil_core.policies.policy import Policy
from mil_core.scaling import Scaling


class Contextual(ShownPolicy):
    """The demonstration's last frame beside the present observation.

    Source: thesis 7.1.6, contextual policy. Differs: state and action of that frame may be shown too; the last frame of
    a training example is drawn from the demonstration's last stretch, as every method's frames are.
    """

    def __init__(self, policy: Policy, scaling: Scaling, config: LearningConfig, shown: ShownConfig) -> None:
        """Args: see ShownPolicy; the policy's context has as many numbers as are kept of the frame."""
        super().__init__(policy, scaling, config, shown)
        self.reading = nn.Linear(self.token_size, policy.config.context_size)

    def context(self, tokens: Tensor) -> Tensor:
        """See ShownPolicy."""
        return self.reading(tokens[-1])
