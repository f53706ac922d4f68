"""A policy with fixed parameters that acts: what adaptation hands to nodes and rollouts."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.func import functional_call

from data_tools.demo import Observation
from mil_core.errors import NonFiniteParameters, SupportMismatch
from mil_core.inner_loop import InnerConfig, Parameters, adapt
from mil_core.policies.policy import Policy
from mil_core.pose_first import PoseFirst
from mil_core.scaling import Scaling, to_pictures
from mil_core.uncertainty import disagreement

Example = TypeVar("Example")

GRIPPER_THRESHOLD = 0.5
"""Probability of closing above which the gripper command is "closed" (1)."""


class AdaptedPolicy:
    """Acts on observations; predicts the end pose from the first picture of each episode.

    Source: thesis Algorithm 11; the pose from the first frame as in the released code of MIL.
    """

    def __init__(
        self,
        policy: Policy,
        parameters: dict[str, Tensor],
        scaling: Scaling,
        *,
        loss_before: float = float("nan"),
        loss_after: float = float("nan"),
        uncertainty: float = float("nan"),
    ) -> None:
        """Args: policy: the module whose code runs. parameters: its (adapted) parameters. scaling: units in and out.

        Raises:
            NonFiniteParameters: an adapted parameter is NaN or infinite.
        """
        broken = sorted(name for name, value in parameters.items() if not torch.isfinite(value).all())
        if broken:
            raise NonFiniteParameters(f"adapted parameters {broken[:3]}: expected finite numbers; try another film.")
        self.parameters = {name: value.detach() for name, value in parameters.items()}
        self.loss_before, self.loss_after, self.uncertainty = loss_before, loss_after, uncertainty
        self._policy, self._scaling = policy, scaling
        self._end_pose: Tensor | None = None
        self._pose_first = PoseFirst() if policy.config.control == "pose_first" else None

    def reset(self) -> None:
        """Forget the episode so far."""
        self._end_pose = None
        if self._pose_first is not None:
            self._pose_first.reset()

    @torch.inference_mode()
    def act(self, observation: Observation) -> NDArray[np.float32]:
        """Action for this observation, shape (A,), in the units of the demonstrations.

        Raises:
            SupportMismatch: picture or state have another size than in training.
        """
        config = self._policy.config
        expected = (config.image_height, config.image_width, 3), (config.state_size,)
        if (observation.image.shape, observation.state.shape) != expected:
            raise SupportMismatch(
                f"expected picture and state of shapes {expected}, found {observation.image.shape} and "
                f"{observation.state.shape}; set the camera to {config.image_width}x{config.image_height}."
            )
        output = functional_call(
            self._policy,
            self.parameters,
            (to_pictures(observation.image[None]), self._scaling.state(observation.state[None], config)),
            {"end_pose": self._end_pose},
        )
        self._end_pose = output.end_pose
        action = output.action[0]
        velocity = self._scaling.raw_velocity(action[: config.velocity_size])
        if not config.has_gripper:
            return velocity
        closed = float(torch.sigmoid(action[-1]) > GRIPPER_THRESHOLD)
        whole = np.append(velocity, np.float32(closed))
        end_pose = self.end_pose
        if self._pose_first is None or end_pose is None:
            return whole
        return self._pose_first(whole, observation.state[list(config.end_pose)], end_pose)

    @property
    def end_pose(self) -> NDArray[np.float32] | None:
        """The pose predicted for this episode's end, as in the state; None before the first `act`."""
        return None if self._end_pose is None else self._scaling.raw_end_pose(self._end_pose)


def adapted_policy(
    policy: Policy,
    scaling: Scaling,
    inner: InnerConfig,
    loss_fn: Callable[[Example, Parameters], Tensor],
    supports: Sequence[Sequence[Example]],
) -> AdaptedPolicy:
    """Adapt to supports of one task and to each of their halves; act by the first, judge its certainty by the others.

    Source: thesis Algorithm 11; several supports as in 7.1.6.2: the mean of their gradients.

    Args:
        policy: holds the meta-parameters, which stay as they are.
        scaling: units in and out.
        inner: number, size and limits of the steps.
        loss_fn: inner loss of an example under given policy parameters.
        supports: one or more, each as three examples: all of its frames, every second one, and the others.

    Returns: the policy adapted to all of the supports' frames.

    Raises:
        NonFiniteLoss: the inner loss is NaN or infinite.
        SupportMismatch: there is no support.
    """
    if not supports:
        raise SupportMismatch("expected at least one film or demonstration to adapt from, found none.")
    before = {name: value.detach().requires_grad_() for name, value in policy.named_parameters()}

    whole, first_half, second_half = zip(*supports, strict=True)

    def loss(examples: Sequence[Example], parameters: Parameters) -> Tensor:
        return torch.stack([loss_fn(example, parameters) for example in examples]).mean()

    def adapted_to(examples: Sequence[Example]) -> tuple[dict[str, Tensor], tuple[float, ...]]:
        return adapt(lambda p: loss(examples, p), before, policy.adapted_names(), inner, create_graph=False)

    after, losses = adapted_to(whole)
    with torch.no_grad():
        loss_after = float(loss(whole, after))
    loss_before = losses[0] if losses else loss_after
    uncertainty = disagreement(before, adapted_to(first_half)[0], adapted_to(second_half)[0])
    return AdaptedPolicy(
        policy, after, scaling, loss_before=loss_before, loss_after=loss_after, uncertainty=uncertainty
    )
