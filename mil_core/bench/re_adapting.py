"""The original's way to act: the inner loop runs again at every control step. Kept only to be compared with."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from data_tools.demo import Demo, Observation, Video
from mil_core.adapted_policy import AdaptedPolicy
from mil_core.algorithms.daml import Daml
from mil_core.algorithms.mil import Mil
from mil_core.inner_loop import adapt


class ReAdaptingPolicy:
    """Adapts anew before every action.

    Source: the released code of MIL, evaluation/eval_push.py, which feeds the demonstration at every step. Differs: the
    support is decoded, resized and turned into tensors only once, which favours this way.
    """

    def __init__(self, algorithm: Mil | Daml, support: Video | Demo) -> None:
        """Args: algorithm: meta-trained. support: what to adapt from, over and over."""
        self._algorithm, self._example = algorithm, algorithm.examples(support)[0]
        self._policy: AdaptedPolicy | None = None

    def reset(self) -> None:
        """Forget the episode so far."""
        self._policy = None

    def act(self, observation: Observation) -> NDArray[np.float32]:
        """Adapt, then act on the observation, shape (A,)."""
        adapted = self.adapted()
        if self._policy is None:
            self._policy = adapted
        self._policy.parameters = adapted.parameters  # the policy of the episode's start remembers the end pose
        return self._policy.act(observation)

    def adapted(self) -> AdaptedPolicy:
        """The policy after one more run of the inner loop."""
        algorithm, example = self._algorithm, self._example
        before: dict[str, Tensor] = {n: v.detach().requires_grad_() for n, v in algorithm.policy.named_parameters()}
        names, inner = algorithm.policy.adapted_names(), algorithm.config.inner
        after = adapt(lambda p: algorithm.inner_loss(example, p), before, names, inner, create_graph=False)  # pyright: ignore[reportArgumentType]
        return AdaptedPolicy(algorithm.policy, after.parameters, algorithm.scaling)


def largest_difference(first: dict[str, Tensor], second: dict[str, Tensor]) -> float:
    """Largest absolute difference between two sets of parameters of the same names."""
    return max(float((first[name] - second[name]).abs().max()) for name in first)
