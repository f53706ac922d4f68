"""DAML: domain-adaptive meta-learning. Adapts to one film of somebody else by a learned loss without actions."""

import torch
from torch import Tensor, nn
from torch.func import functional_call

from data_tools.demo import Demo
from mil_core.adapted_policy import AdaptedPolicy, adapted_policy
from mil_core.algorithms.algorithm import AbstractAlgorithm, LearningConfig, MetaLoss, Support
from mil_core.behavior_cloning import outer_terms
from mil_core.demo_sizes import check_demo_sizes, check_film_size
from mil_core.episodes import FilmFrames, MetaTask, without_actions
from mil_core.errors import FirstOrderLearnedLoss, SupportMismatch
from mil_core.inner_loop import Parameters, adapt
from mil_core.learned_loss import LearnedLossConfig, learned_loss
from mil_core.policies.policy import Policy, PolicyOutput
from mil_core.reporting import outer_report
from mil_core.scaling import Scaling, to_pictures, whole_and_halves


class Daml(AbstractAlgorithm):
    """Domain-adaptive meta-learning from a film.

    Source: thesis 7.2.2, Algorithms 10 and 11; the loss is the sum of one objective on the feature points and one on
    the last hidden layer (7.2.5.2); robot states are zero in the inner loop (B.3.3): after whitening, their mean.
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
        num_points = policy.config.num_points
        self.feature_loss = learned_loss(num_points, learned)
        self.hidden_loss = learned_loss(policy.config.hidden[-1], learned)
        self.hand_readout = nn.Linear(num_points, 2)
        self.goal_readout = nn.Linear(num_points, 2)

    def inner_loss(self, film: FilmFrames, parameters: Parameters) -> Tensor:
        """Learned loss of the film's activations under the given policy parameters."""
        return self._objective(self._watch(film, parameters))

    def _watch(self, film: FilmFrames, parameters: Parameters) -> PolicyOutput:
        states = film.states
        if states is None:
            states = film.pictures.new_zeros(len(film.pictures), self.policy.config.state_inputs)
        return functional_call(self.policy, dict(parameters), (film.pictures, states), {"inner": True})

    def _objective(self, output: PolicyOutput) -> Tensor:
        return self.learned.scale * (self.feature_loss(output.feature_points) + self.hidden_loss(output.hidden))

    def meta_loss(self, task: MetaTask) -> MetaLoss:
        """See AbstractAlgorithm."""
        film = task.support
        if not isinstance(film, FilmFrames):
            raise SupportMismatch("DAML adapts from a film, found a robot demonstration; use a MIL experiment.")
        before = dict(self.policy.named_parameters())
        watched: list[PolicyOutput] = []

        def inner_loss(parameters: Parameters) -> Tensor:
            watched.append(self._watch(film, parameters))
            return self._objective(watched[-1])

        after = adapt(inner_loss, before, self.policy.adapted_names(), self.config.inner, create_graph=True)
        terms = outer_terms(self.policy, after.parameters, task.queries, self.config.cloning)
        # The activations before the first inner step are those of the meta-parameters: no second pass is needed.
        terms |= self._auxiliaries(film, watched[0].feature_points, after.parameters)
        return MetaLoss(torch.stack(list(terms.values())).sum(), outer_report(terms, before, after))

    def _auxiliaries(self, film: FilmFrames, feature_points: Tensor, adapted: Parameters) -> dict[str, Tensor]:
        """Squared distances of the hand's and the goal's read-outs, in picture widths, where the film tells them."""
        terms = {}
        if self.learned.hand_weight and film.hand_xy is not None:
            seen = torch.isfinite(film.hand_xy).all(dim=1)
            error = self.hand_readout(feature_points[seen]) - film.hand_xy[seen]
            terms["hand"] = self.learned.hand_weight * error.square().sum() / max(int(seen.sum()), 1)
        if self.learned.goal_weight and film.goal is not None:
            encoder = {name.removeprefix("encoder."): value for name, value in adapted.items() if "encoder." in name}
            points = functional_call(self.policy.encoder, encoder, (film.goal.pictures,))
            error = self.goal_readout(points) - film.goal.goal_xy
            terms["goal"] = self.learned.goal_weight * error.square().sum(dim=1).mean()
        return terms

    def adapt(self, *supports: Support) -> AdaptedPolicy:
        """See AbstractAlgorithm."""
        examples = [self.examples(support) for support in supports]
        return adapted_policy(self.policy, self.scaling, self.config.inner, self.inner_loss, examples)

    def examples(self, support: Support) -> list[FilmFrames]:
        """What the inner loss sees of a support: frames spread over all of it, and each half of these frames.

        Raises: SupportMismatch: its pictures are of another size than in training.
        """
        config, video = self.policy.config, support.video if isinstance(support, Demo) else support
        check_film_size(video, config)
        parts = whole_and_halves(len(video), self.config.num_inner_frames)
        if not self.learned.sees_states:
            return [FilmFrames(to_pictures(video.frames[part]), None, None) for part in parts]
        if not isinstance(support, Demo):
            raise SupportMismatch("this policy adapts from a robot demonstration, found a film; pass --demo.")
        check_demo_sizes(support, config)
        return [without_actions(self.scaling.chosen_steps(support, part, config)) for part in parts]

    def unadapted(self) -> AdaptedPolicy:
        """See AbstractAlgorithm."""
        return AdaptedPolicy(self.policy, dict(self.policy.named_parameters()), self.scaling)
