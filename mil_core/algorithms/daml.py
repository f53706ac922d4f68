"""DAML: domain-adaptive meta-learning. Adapts to one film of somebody else by a learned loss without actions."""

import torch
from torch import Tensor, nn
from torch.func import functional_call

from data_tools.demo import Demo
from mil_core.adapted_policy import AdaptedPolicy
from mil_core.algorithms.algorithm import AbstractAlgorithm, LearningConfig, MetaLoss, Support
from mil_core.behavior_cloning import cloning_terms
from mil_core.episodes import FilmFrames, MetaTask
from mil_core.errors import FirstOrderLearnedLoss, SupportMismatch
from mil_core.inner_loop import Parameters, adapt
from mil_core.learned_loss import LearnedLossConfig, learned_loss
from mil_core.policies.policy import Policy, PolicyOutput
from mil_core.reporting import outer_report
from mil_core.scaling import Scaling, spread_frames, to_pictures


class Daml(AbstractAlgorithm):
    """Domain-adaptive meta-learning from a film.

    Source: thesis 7.2.2, Algorithms 10 and 11; the loss is the sum of one objective on the feature points and one on
    the last hidden layer (7.2.5.2); robot states are zero in the inner loop (B.3.3), which after whitening is their mean.
    """

    def __init__(self, policy: Policy, scaling: Scaling, config: LearningConfig) -> None:
        """Args: policy: what is learned. scaling: units in and out. config: all other choices.

        Raises:
            FirstOrderLearnedLoss: first-order adaptation is asked for.
        """
        super().__init__()
        if config.inner.first_order:
            raise FirstOrderLearnedLoss(
                "expected second-order adaptation with a learned loss, found inner.first_order=True: "
                "the loss's own parameters would never receive a gradient; set it to False."
            )
        learned = config.learned or LearnedLossConfig()
        self.policy, self.scaling, self.config, self.learned = policy, scaling, config, learned
        num_points = 2 * policy.config.filters[-1]
        self.feature_loss = learned_loss(num_points, learned)
        self.hidden_loss = learned_loss(policy.config.hidden[-1], learned)
        self.hand_readout = nn.Linear(num_points, 2) if learned.hand_weight else None

    def inner_loss(self, film: FilmFrames, parameters: Parameters) -> Tensor:
        """Learned loss of the film's activations under the given policy parameters."""
        return self._objective(self._watch(film, parameters))

    def _watch(self, film: FilmFrames, parameters: Parameters) -> PolicyOutput:
        states = film.pictures.new_zeros(len(film.pictures), self.policy.config.state_size)
        return functional_call(self.policy, dict(parameters), (film.pictures, states))

    def _objective(self, output: PolicyOutput) -> Tensor:
        return self.learned.scale * (self.feature_loss(output.feature_points) + self.hidden_loss(output.hidden))

    def meta_loss(self, task: MetaTask) -> MetaLoss:
        """See AbstractAlgorithm."""
        film, query = task.support, task.query
        if not isinstance(film, FilmFrames):
            raise SupportMismatch("DAML adapts from a film, found a robot demonstration; use a MIL experiment.")
        before = dict(self.policy.named_parameters())
        watched: list[PolicyOutput] = []

        def inner_loss(parameters: Parameters) -> Tensor:
            watched.append(self._watch(film, parameters))
            return self._objective(watched[-1])

        after = adapt(inner_loss, before, self.policy.adapted_names(), self.config.inner, create_graph=True)
        output = functional_call(self.policy, after.parameters, (query.pictures, query.states))
        terms = cloning_terms(self.policy, output, query, self.config.cloning)
        if self.hand_readout is not None and film.hand_xy is not None:
            # The activations before the first inner step are those of the meta-parameters: no second pass is needed.
            terms["hand"] = self.learned.hand_weight * self._hand_error(watched[0].feature_points, film.hand_xy)
        return MetaLoss(torch.stack(list(terms.values())).sum(), outer_report(terms, before, after))

    def _hand_error(self, feature_points: Tensor, hand_xy: Tensor) -> Tensor:
        """Mean square distance of the hand's read-out over the frames in which it is seen, in picture widths."""
        assert self.hand_readout is not None
        seen = torch.isfinite(hand_xy).all(dim=1)
        error = self.hand_readout(feature_points[seen]) - hand_xy[seen]
        return error.square().sum() / max(int(seen.sum()), 1)

    def adapt(self, support: Support) -> AdaptedPolicy:
        """See AbstractAlgorithm."""
        if isinstance(support, Demo):
            support = support.video
        config = self.policy.config
        if support.frames.shape[1:3] != (config.image_height, config.image_width):
            raise SupportMismatch(
                f"expected a film of {config.image_width}x{config.image_height}, found "
                f"{support.frames.shape[2]}x{support.frames.shape[1]}; use data_tools.video.resize."
            )
        chosen = spread_frames(len(support), self.config.num_inner_frames)
        film = FilmFrames(to_pictures(support.frames[chosen]), None)
        before = {name: value.detach().requires_grad_() for name, value in self.policy.named_parameters()}
        after = adapt(lambda p: self.inner_loss(film, p), before, self.policy.adapted_names(), self.config.inner, create_graph=False)
        with torch.no_grad():
            loss_after = float(self.inner_loss(film, after.parameters))
        loss_before = after.losses[0] if after.losses else loss_after
        return AdaptedPolicy(self.policy, after.parameters, self.scaling, loss_before=loss_before, loss_after=loss_after)

    def unadapted(self) -> AdaptedPolicy:
        """See AbstractAlgorithm."""
        return AdaptedPolicy(self.policy, dict(self.policy.named_parameters()), self.scaling)

