"""Policies that are shown the demonstration as a further input, and never adapt."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar

import torch
from torch import Tensor

from data_tools.demo import Demo
from mil_core.adapted_policy import AdaptedPolicy
from mil_core.algorithms.algorithm import AbstractAlgorithm, LearningConfig, MetaLoss, Support
from mil_core.behavior_cloning import outer_terms
from mil_core.demo_sizes import check_demo_sizes, check_film_size
from mil_core.episodes import FilmFrames, MetaTask, Steps
from mil_core.errors import SupportMismatch
from mil_core.inner_loop import Parameters
from mil_core.policies.policy import Policy
from mil_core.scaling import Scaling, spread_frames, to_pictures


@dataclass(frozen=True)
class ShownConfig:
    """What of the demonstration is shown beside its pictures: with neither, any film will do."""

    sees_states: bool = True
    """Whether the robot's states are shown."""
    sees_actions: bool = True
    """Whether its actions are shown."""
    places: tuple[tuple[int, ...], ...] = ()
    """Which numbers of the state are the coordinates of each place that may be meant, for one that points at them."""


class ShownPolicy(AbstractAlgorithm):
    """What contextual, recurrent and attending policies share: the network of MIL, told of the demonstration where MIL
    has its bias transformation.

    Source: thesis 7.1.6: same data, same supervision, same architecture, one encoder for demonstration and observation.
    """

    told_name: ClassVar[str] = "context.vector"
    """The policy's parameter by which it is told; it has a learned value of its own for when nothing is shown."""

    def __init__(self, policy: Policy, scaling: Scaling, config: LearningConfig, shown: ShownConfig) -> None:
        """Args: policy: what is learned. scaling: units in and out. config: frames and losses; its inner loop is of no
        meaning here. shown: what of the demonstration is shown.
        """
        super().__init__()
        self.policy, self.scaling, self.config, self.shown = policy, scaling, config, shown
        num_states = policy.config.state_inputs if shown.sees_states else 0
        num_actions = policy.config.action_size if shown.sees_actions else 0
        self.token_size = policy.config.num_points + num_states + num_actions
        """Numbers that are shown of each frame."""

    @abstractmethod
    def context(self, tokens: Tensor) -> Tensor:
        """What one demonstration says, from its frames in order, shape (frame, token_size)."""

    @property
    def told_shape(self) -> tuple[int, ...]:
        """Shape of what the policy is told of one demonstration."""
        return tuple(self.policy.get_parameter(self.told_name).shape)

    def joined(self, own: Tensor, context: Tensor) -> Tensor:
        """What the policy is told. Args: own: its own value. context: what the demonstration says, which adds to it."""
        return own + context

    def told(self, support: Steps | FilmFrames) -> dict[str, Tensor]:
        """The policy's parameters once it has been shown this support: only the one named `told_name` is another."""
        parameters: dict[str, Tensor] = dict(self.policy.named_parameters())
        own, context = parameters[self.told_name], self.context(self._tokens(support))
        return parameters | {self.told_name: self.joined(own, context)}

    def meta_loss(self, task: MetaTask) -> MetaLoss:
        """See AbstractAlgorithm. There is no inner loop: one pass over the support, one over the queries."""
        terms = outer_terms(self.policy, self.told(task.support), task.queries, self.config.cloning)
        report = {name: float(value.detach()) for name, value in terms.items()}
        return MetaLoss(torch.stack(list(terms.values())).sum(), report)

    @torch.no_grad()
    def adapt(self, *supports: Support) -> AdaptedPolicy:
        """See AbstractAlgorithm. Actions are the mean of those that each support leads to (thesis 7.1.6.2).

        Losses are those of imitating all supports, the mean over what each of them leads to; NaN unless states and
        actions are shown.
        """
        if not supports:
            raise SupportMismatch("expected at least one film or demonstration to look at, found none.")
        examples = [self._example(support) for support in supports]
        before, each = dict(self.policy.named_parameters()), [self.told(example) for example in examples]
        return AdaptedPolicy(
            self.policy,
            before | {self.told_name: torch.stack([parameters[self.told_name] for parameters in each])},
            self.scaling,
            told_name=self.told_name,
            loss_before=self._loss(before, examples),
            loss_after=fmean(self._loss(parameters, examples) for parameters in each),
        )

    def unadapted(self) -> AdaptedPolicy:
        """See AbstractAlgorithm. It is shown nothing, which it never met in training."""
        return AdaptedPolicy(self.policy, dict(self.policy.named_parameters()), self.scaling)

    def _tokens(self, support: Steps | FilmFrames) -> Tensor:
        parts = [self.policy.encoder(support.pictures)]
        if self.shown.sees_states:
            if support.states is None:
                raise SupportMismatch("this policy is shown states, found a film without; show it a demonstration.")
            parts.append(support.states)
        if self.shown.sees_actions:
            if not isinstance(support, Steps):
                raise SupportMismatch("this policy is shown actions, found a film without; show it a demonstration.")
            parts.append(support.actions)
        return torch.cat(parts, dim=1)

    def _example(self, support: Support) -> Steps | FilmFrames:
        """Frames spread over all of a support, with what is shown beside them."""
        sizes, chosen = self.policy.config, spread_frames(len(support), self.config.num_inner_frames)
        if not (self.shown.sees_states or self.shown.sees_actions):
            video = support.video if isinstance(support, Demo) else support
            check_film_size(video, sizes)
            return FilmFrames(to_pictures(video.frames[chosen]), None, None)
        if not isinstance(support, Demo):
            raise SupportMismatch("this policy is shown a robot's demonstration, found a film; pass --demo.")
        check_demo_sizes(support, sizes)
        return self.scaling.chosen_steps(support, chosen, sizes)

    def _loss(self, parameters: Parameters, examples: Sequence[Steps | FilmFrames]) -> float:
        steps = [example for example in examples if isinstance(example, Steps)]
        if not (steps and self.shown.sees_states and self.shown.sees_actions):
            return float("nan")
        terms = outer_terms(self.policy, parameters, steps, self.config.cloning)
        return float(torch.stack(list(terms.values())).sum())
