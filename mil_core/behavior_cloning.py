"""Behaviour cloning: how far a policy's outputs are from a demonstration."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor
from torch.func import functional_call

from mil_core.episodes import Steps
from mil_core.inner_loop import Parameters
from mil_core.policies.policy import Policy, PolicyOutput


@dataclass(frozen=True)
class CloningConfig:
    """Scales and weights of the loss.

    The released code multiplies errors by a constant *before* squaring (100 for reaching, 50 for pushing), in the
    inner and the outer loss alike: step size and clip of the inner loop mean something only in these units.
    """

    error_scale: float = 1.0
    """Multiplies action errors before anything else."""
    l1_weight: float = 0.0
    """Weight of the mean absolute error; 1 for placing (thesis B.3.3)."""
    l2_weight: float = 1.0
    """Weight of the mean square error; 0.01 for placing."""
    end_pose_weight: float = 0.0
    """Weight of the predicted end pose's mean square error; the released code has 0.1."""
    gripper_weight: float = 0.0
    """Weight of the gripper's cross entropy."""


def cloning_terms(policy: Policy, output: PolicyOutput, steps: Steps, config: CloningConfig) -> dict[str, Tensor]:
    """Weighted terms whose sum is the loss.

    Source: thesis Eq. 19, B.3.3 (l1 + l2 / 100) and 7.2.5.1 (sigmoid and cross entropy for the gripper); means instead
    of sums as in the released code.

    Args:
        policy: whose sizes tell velocities from the gripper.
        output: of the policy on the steps' pictures and states.
        steps: the demonstration.
        config: scales and weights.

    Returns: name -> scalar; only terms whose weight is not zero.
    """
    size = policy.config.velocity_size
    error = config.error_scale * (output.action[:, :size] - steps.actions[:, :size])
    terms = {"velocity": config.l1_weight * error.abs().mean() + config.l2_weight * error.square().mean()}
    if policy.config.has_gripper and config.gripper_weight:
        logits, closed = output.action[:, size], steps.actions[:, size]
        terms["gripper"] = config.gripper_weight * functional.binary_cross_entropy_with_logits(logits, closed)
    if policy.config.end_pose_size and config.end_pose_weight:
        terms["end_pose"] = config.end_pose_weight * (output.end_pose - steps.end_pose).square().mean()
    return terms


def outer_terms(
    policy: Policy, parameters: Parameters, queries: Sequence[Steps], config: CloningConfig
) -> dict[str, Tensor]:
    """Terms of the adapted policy's loss, each the mean over the query demonstrations.

    Source: thesis Algorithms 9 and 10 (the meta-objective).
    """
    outputs = [functional_call(policy, dict(parameters), (query.pictures, query.states)) for query in queries]
    rows = [cloning_terms(policy, output, query, config) for output, query in zip(outputs, queries, strict=True)]
    return {name: torch.stack([row[name] for row in rows]).mean() for name in rows[0]}
