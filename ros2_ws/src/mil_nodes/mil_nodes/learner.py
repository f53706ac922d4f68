"""The learner of a checkpoint: what the policy runner adapts. Importing it loads the learning core."""

from pathlib import Path

from data_tools.demo import Video
from mil_core.algorithms.algorithm import Adapted
from mil_core.checkpoint import load


class CheckpointLearner:
    """A meta-trained algorithm, ready to adapt."""

    def __init__(self, folder: Path) -> None:
        checkpoint = load(folder)
        self._algorithm = checkpoint.algorithm()
        self.image_height = checkpoint.experiment.policy.image_height
        self.image_width = checkpoint.experiment.policy.image_width

    def adapt(self, support: Video) -> Adapted:
        """Adapt to one film."""
        return self._algorithm.adapt(support)

    def unadapted(self) -> Adapted:
        """The policy before any film."""
        return self._algorithm.unadapted()
