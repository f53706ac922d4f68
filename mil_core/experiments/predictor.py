"""Experiments that learn to predict: from a picture and a move to the picture after it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from mil_core.experiments.experiment import Experiment
from mil_core.move_predictor import MovePredictor, MovePredictorConfig
from mil_core.table_plane import TablePlane


@dataclass(frozen=True)
class PlayDataConfig:
    """Random interaction, which is played again from its seed."""

    num_groups: int = 60
    """Groups of things to play with."""
    num_validation_groups: int = 10
    """Groups of the validation split, whose things and rooms training never meets."""
    moves_per_group: int = 80
    """Moves with each of them."""
    moves_per_draw: int = 32
    """Moves of one training step."""
    seed: int = 0
    """Seed of the groups."""


@dataclass(frozen=True)
class PredictorExperiment(Experiment):
    """A model of moves and the play it learns from."""

    kind: ClassVar[str] = "predictor"

    network: MovePredictorConfig = MovePredictorConfig()
    """The model."""
    data: PlayDataConfig = PlayDataConfig()
    """What it learns from."""

    def build(self, statistics: TablePlane) -> MovePredictor:
        """See Experiment."""
        return MovePredictor(statistics, self.network)

    def statistics_of(self, plain: dict[str, Any]) -> TablePlane:
        """See Experiment."""
        return TablePlane.from_dict(plain)

    def quick(self) -> Self:
        """See Experiment."""
        data = replace(self.data, num_groups=1, num_validation_groups=1, moves_per_group=10, moves_per_draw=4)
        return replace(self, training=replace(self.training, iterations=3), data=data)

    def judged_by(self, folder: Path) -> str:
        """See Experiment: how well one plans with it."""
        classifier = self.name.removesuffix("_predictor")
        beside = folder.with_name(folder.name.removesuffix("_predictor"))
        return f"--experiment {classifier} --checkpoint {beside} --planning --predictor learned"

    @property
    def results_label(self) -> str:
        """See Experiment."""
        return f"{self.name.removesuffix('_predictor')}_planning_learned"

    def about(self) -> str:
        """See Experiment."""
        size = f"{self.network.image_width} x {self.network.image_height}"
        return f"predicts pictures of {size} pixels after a move from the picture before it"

    def about_data(self) -> str:
        """See Experiment."""
        return (
            f"random play with {self.data.num_groups} groups of blocks, {self.data.moves_per_group} moves each, seed "
            f"{self.data.seed}; blocks, colours and rooms of the test split never occur in it"
        )
