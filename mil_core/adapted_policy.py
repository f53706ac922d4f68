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
from mil_core.policies.policy import Policy, PolicyOutput
from mil_core.pose_first import PoseFirst
from mil_core.scaling import Scaling, to_pictures
from mil_core.uncertainty import disagreement

Example = TypeVar("Example")

GRIPPER_THRESHOLD = 0.5
"""Probability of closing above which the gripper command is "closed" (1)."""


class AdaptedPolicy:
    """Acts on observations; predicts the end pose from the first picture of each episode.

    Source: thesis Algorithm 11; the pose from the first frame as in the released code of MIL; actions of what was shown
    several demonstrations as in 7.1.6.2, the mean of those that each of them leads to.
    """

    def __init__(
        self,
        policy: Policy,
        parameters: dict[str, Tensor],
        scaling: Scaling,
        *,
        told_name: str | None = None,
        loss_before: float = float("nan"),
        loss_after: float = float("nan"),
        uncertainty: float = float("nan"),
    ) -> None:
        """Take what acts.

        Args:
            policy: the module whose code runs.
            parameters: its (adapted) parameters.
            scaling: units in and out.
            told_name: a parameter behind the perception layers that has one value for each demonstration, along a first
                dimension of its own; None = there is none.

        Raises:
            NonFiniteParameters: an adapted parameter is NaN or infinite.
        """
        broken = sorted(name for name, value in parameters.items() if not torch.isfinite(value).all())
        if broken:
            raise NonFiniteParameters(f"adapted parameters {broken[:3]}: expected finite numbers; try another film.")
        self.parameters = {name: value.detach() for name, value in parameters.items()}
        self.loss_before, self.loss_after, self.uncertainty = loss_before, loss_after, uncertainty
        self._policy, self._scaling, self._told_name = policy, scaling, told_name
        self._end_poses: list[Tensor] | None = None
        self._pose_first = PoseFirst() if policy.config.control == "pose_first" else None

    def reset(self) -> None:
        """Forget the episode so far."""
        self._end_poses = None
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
        pictures, states = to_pictures(observation.image[None]), self._scaling.state(observation.state[None], config)
        outputs = self._outputs(pictures, states)
        self._end_poses = [output.end_pose for output in outputs]
        action = torch.stack([output.action[0] for output in outputs]).mean(dim=0)
        velocity = self._scaling.raw_velocity(action[: config.velocity_size])
        if not config.has_gripper:
            return velocity
        closed = float(torch.sigmoid(action[-1]) > GRIPPER_THRESHOLD)
        whole = np.append(velocity, np.float32(closed))
        end_pose = self.end_pose
        if self._pose_first is None or end_pose is None:
            return whole
        return self._pose_first(whole, observation.state[list(config.end_pose)], end_pose)

    def _outputs(self, pictures: Tensor, states: Tensor) -> list[PolicyOutput]:
        """One output for each demonstration that is told apart, else a single one."""
        each = [self.parameters]
        if self._told_name is not None:
            each = [self.parameters | {self._told_name: told} for told in self.parameters[self._told_name]]
        outputs: list[PolicyOutput] = []
        for parameters, end_pose in zip(each, self._end_poses or [None] * len(each), strict=True):
            points = outputs[0].feature_points if outputs else None  # the same for all: what is told comes behind them
            known = {"end_pose": end_pose, "feature_points": points}
            outputs.append(functional_call(self._policy, parameters, (pictures, states), known))
        return outputs

    @property
    def end_pose(self) -> NDArray[np.float32] | None:
        """The pose predicted for this episode's end, as in the state; None before the first `act`."""
        if self._end_poses is None:
            return None
        return self._scaling.raw_end_pose(torch.stack(self._end_poses).mean(dim=0))


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
