"""What all experiments with goal pictures share: from five pictures of a goal, whether another picture shows it."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

from mil_core.algorithms.flo import Flo, FloConfig
from mil_core.algorithms.goal_learner import GoalLearner
from mil_core.baselines.autoencoder import Autoencoder, AutoencoderConfig, SpatialAutoencoder
from mil_core.baselines.goal_distances import OracleDistance, PixelDistance
from mil_core.errors import InvalidProblem
from mil_core.experiments.experiment import Experiment
from mil_core.goal_net import GoalNet, GoalNetConfig
from mil_core.novelty import Novelty
from mil_core.rope_net import RopeNet, RopeNetConfig


@dataclass(frozen=True)
class GoalExperiment(Experiment):
    """A learner of goal classifiers, or a distance in its place."""

    network: GoalNetConfig | RopeNetConfig
    """FLO's network."""
    flo: FloConfig = FloConfig()
    """How FLO adapts; of no meaning to the baselines."""
    autoencoder: AutoencoderConfig = AutoencoderConfig()
    """The autoencoders' sizes; of no meaning to the others."""

    @property
    def results_label(self) -> str:
        """See Experiment: all stand in FLO's table."""
        return self.data_label.removesuffix("_mined")

    @abstractmethod
    def goal_network(self) -> GoalNet | RopeNet:
        """FLO's network with fresh weights."""

    @property
    def data_label(self) -> str:
        """The autoencoders learn from the same pictures as FLO."""
        return self.name.removesuffix("_autoencoder").removesuffix("_spatial")

    def build(self, statistics: Novelty) -> GoalLearner:
        """See Experiment. The distances have no parameters and need no training."""
        size = self.network.image_height, self.network.image_width
        match self.algorithm:
            case "flo":
                return Flo(self.goal_network(), statistics, self.flo)
            case "autoencoder":
                return Autoencoder(statistics, *size, self.autoencoder)
            case "spatial_autoencoder":
                return SpatialAutoencoder(statistics, *size, self.autoencoder)
            case "pixel":
                return PixelDistance(statistics, *size)
            case "oracle":
                return OracleDistance(statistics, *size)
        known = "flo, autoencoder, spatial_autoencoder, pixel or oracle"
        raise InvalidProblem(f"algorithm: expected {known}, found {self.algorithm!r}.")

    def statistics_of(self, plain: dict[str, Any]) -> Novelty:
        """See Experiment."""
        return Novelty.from_dict(plain)
