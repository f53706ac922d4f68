"""The peers of `mil bench meta-step`: the same policy in plain PyTorch, adapted by `higher` and by `torchopt`."""

import copy
import importlib
import sys
from pathlib import Path
from types import ModuleType

import torch
import torch.nn.functional as functional
from torch import Tensor
from torch.func import functional_call

from mil_core.algorithms.algorithm import LearningConfig
from mil_core.behavior_cloning import cloning_terms
from mil_core.episodes import MetaTask, Steps
from mil_core.errors import PeerMissing
from mil_core.policies.encoder import Encoder
from mil_core.policies.norm_relu import offset_norm
from mil_core.policies.policy import Policy, PolicyOutput

PACKAGES = "higher==0.2.1 torchopt==0.7.3 optree==0.20.0 graphviz==0.21"


def peer_module(name: str, folder: Path) -> ModuleType:
    """A peer's package. Ours come first on the path, so that nothing else in the folder is ever used.

    Raises: PeerMissing: it cannot be imported.
    """
    if str(folder.resolve()) not in sys.path:
        sys.path.append(str(folder.resolve()))
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise PeerMissing(
            f"expected the package {name} in {folder}, found: {error}; "
            f"type: {sys.executable} -m pip install --no-deps --target {folder} {PACKAGES}"
        ) from error


class PlainEncoder(Encoder):
    """The encoder as one writes it in PyTorch: the plane appended to every picture, pad, convolve, normalise."""

    def maps(self, pictures: Tensor) -> Tensor:
        """See Encoder."""
        value = pictures
        if self.image_bias is not None:
            value = torch.cat([pictures, self.image_bias().expand(len(pictures), -1, -1, -1)], dim=1)
        for convolution, offset in zip(self.convolutions, self.offsets, strict=True):
            stride, kernel = convolution.stride[0], convolution.kernel_size[0]
            height, width = (max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in value.shape[-2:])
            sides = [width // 2, width - width // 2, height // 2, height - height // 2]
            value = offset_norm(convolution(functional.pad(value, sides)), offset).relu()
        return value


def in_plain_pytorch(policy: Policy) -> Policy:
    """A copy with the same parameters."""
    plain, config = copy.deepcopy(policy), policy.config
    size = (config.image_height, config.image_width) if config.image_bias else None
    plain.encoder = PlainEncoder(3, config.filters, config.strides, config.kernel_size, size)
    plain.load_state_dict(policy.state_dict())
    return plain


def by_higher(higher: ModuleType, config: LearningConfig, policy: Policy, task: MetaTask) -> Tensor:
    """Outer loss after one inner step by `higher.innerloop_ctx`."""
    is_adapted = [name in policy.adapted_names() for name, _ in policy.named_parameters()]

    def only_adapted(gradients: list[Tensor | None]) -> list[Tensor | None]:
        pairs = zip(gradients, is_adapted, strict=True)
        return [g if moves or g is None else torch.zeros_like(g) for g, moves in pairs]

    support = task.support
    assert isinstance(support, Steps)
    optimizer = torch.optim.SGD(policy.parameters(), lr=config.inner.step_size)
    with higher.innerloop_ctx(policy, optimizer, copy_initial_weights=False) as (adapted, inner):
        inner.step(_loss(policy, adapted(*support[:2], inner=True), support, config), grad_callback=only_adapted)
        return _outer(policy, [adapted(*query[:2]) for query in task.queries], task, config)


def by_torchopt(torchopt: ModuleType, config: LearningConfig, policy: Policy, task: MetaTask) -> Tensor:
    """Outer loss after one inner step by `torchopt.FuncOptimizer`."""
    support, parameters = task.support, dict(policy.named_parameters())
    assert isinstance(support, Steps)
    moving = {name: parameters[name] for name in sorted(policy.adapted_names())}
    loss = _loss(policy, functional_call(policy, parameters, support[:2], {"inner": True}), support, config)
    inner = torchopt.FuncOptimizer(torchopt.sgd(lr=config.inner.step_size))
    adapted = parameters | inner.step(loss, moving)
    outputs = [functional_call(policy, adapted, query[:2]) for query in task.queries]
    return _outer(policy, outputs, task, config)


def _loss(policy: Policy, output: PolicyOutput, steps: Steps, config: LearningConfig) -> Tensor:
    return torch.stack(list(cloning_terms(policy, output, steps, config.cloning).values())).sum()


def _outer(policy: Policy, outputs: list[PolicyOutput], task: MetaTask, config: LearningConfig) -> Tensor:
    losses = [_loss(policy, output, query, config) for output, query in zip(outputs, task.queries, strict=True)]
    return torch.stack(losses).mean()
