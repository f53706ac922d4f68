"""The inner loop of meta-learning as a pure function of parameters. Knows no robot, no policy and no data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from mil_core.errors import NonFiniteLoss

Parameters = Mapping[str, Tensor]


@dataclass(frozen=True)
class InnerConfig:
    """How the inner loop steps."""

    num_steps: int = 1
    """Gradient steps, >= 0."""
    step_size: float = 0.01
    """Rate alpha, > 0."""
    clip: float | None = 10.0
    """Elementwise limit of the gradient before each step; None = no limit. A saturated element passes no
    second-order signal."""
    rms_floor: float | None = None
    """If set, each tensor's gradient is first divided by sqrt(mean square + floor^2): the step then has a known size
    whatever the scale of the loss. Ours; neither the thesis nor the released code does so."""
    first_order: bool = False
    """Drop second-order terms. Refused by algorithms whose loss is learned."""


class InnerResult(NamedTuple):
    """What the inner loop leaves behind."""

    parameters: dict[str, Tensor]
    """All parameters: the adapted ones moved, the others the same objects as before."""
    losses: tuple[float, ...]
    """Inner loss before each step."""


def adapt(
    loss_fn: Callable[[Parameters], Tensor],
    parameters: Parameters,
    adapted: frozenset[str],
    config: InnerConfig,
    *,
    create_graph: bool,
) -> InnerResult:
    """Follow the inner loss for a few gradient steps.

    Source: thesis Algorithm 10 line 4 and Algorithm 11 line 1; the clip as in the released code of MIL (a value clip
    of the inner gradient, before the step). Differs: optional division by the root mean square (`rms_floor`).

    Args:
        loss_fn: maps all parameters to the scalar inner loss of one task.
        parameters: name -> tensor; not modified.
        adapted: names that the inner loop may move. One that has no part in the loss stays where it is.
        config: number, size and limits of the steps.
        create_graph: keep the graph through the steps (meta-training) or drop it (deployment).

    Returns: the new parameters with the loss before each step.

    Raises:
        NonFiniteLoss: the inner loss is NaN or infinite; the message gives the step.
    """
    current, losses = dict(parameters), []
    names = sorted(adapted)
    for step in range(config.num_steps):
        loss = loss_fn(current)
        losses.append(float(loss.detach()))
        if not torch.isfinite(loss):
            raise NonFiniteLoss(
                f"inner step {step}: expected a finite loss, found {losses[-1]}; lower the step size or the loss scale."
            )
        second_order = create_graph and not config.first_order
        gradients = torch.autograd.grad(
            loss, [current[name] for name in names], create_graph=second_order, allow_unused=True
        )
        for name, gradient in zip(names, gradients, strict=True):
            if gradient is not None:
                current[name] = current[name] - config.step_size * _limited(gradient, config)
    return InnerResult(current, tuple(losses))


def _limited(gradient: Tensor, config: InnerConfig) -> Tensor:
    if config.rms_floor is not None:
        gradient = gradient * (gradient.square().mean() + config.rms_floor**2).rsqrt()
    return gradient if config.clip is None else gradient.clamp(-config.clip, config.clip)
