"""The recurrent policy: reads the demonstration frame by frame, then acts by what it remembers."""

from torch import Tensor, nn

from mil_core.algorithms.algorithm import LearningConfig
from mil_core.baselines.shown_policy import ShownConfig, ShownPolicy
from mil_core.policies.policy import Policy
from mil_core.scaling import Scaling


class Lstm(ShownPolicy):
    """An LSTM over the demonstration; its last output stands beside the present observation.

    Source: thesis 7.1.6, LSTM, after Duan et al. (2017), B.2: 512 units. Differs: it reads the demonstration only and
    not the episode as well, so that it runs once for each demonstration, as MIL's inner loop does.
    """

    def __init__(self, policy: Policy, scaling: Scaling, config: LearningConfig, shown: ShownConfig) -> None:
        """Args: see ShownPolicy; the policy's context has as many numbers as the LSTM has units."""
        super().__init__(policy, scaling, config, shown)
        self.reader = nn.LSTM(self.token_size, policy.config.context_size)

    def context(self, tokens: Tensor) -> Tensor:
        """See ShownPolicy."""
        outputs, _ = self.reader(tokens)
        return outputs[-1]
