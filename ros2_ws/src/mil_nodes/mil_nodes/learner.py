"""The learner of a checkpoint: what the policy runner adapts. Importing it loads the learning core."""

from pathlib import Path

import numpy as np

from data_tools.demo import Observation, Video
from mil_core.algorithms.algorithm import Adapted
from mil_core.checkpoint import load
from mil_core.experiments.imitation import ImitationExperiment
from mil_core.support import FILM_FRAMES, FILM_RATE_HZ


class CheckpointLearner:
    """A meta-trained algorithm, ready to adapt."""

    def __init__(self, folder: Path) -> None:
        checkpoint = load(folder, ImitationExperiment)
        self._algorithm = checkpoint.algorithm()
        self.image_height = checkpoint.experiment.policy.image_height
        self.image_width = checkpoint.experiment.policy.image_width
        self._warm_up(checkpoint.experiment.policy.state_size)

    def _warm_up(self, state_size: int) -> None:
        """Adapt to noise and act once: first calls load code, which should not happen while somebody waits."""
        rng = np.random.default_rng(0)
        frames = rng.integers(0, 256, (FILM_FRAMES, self.image_height, self.image_width, 3), dtype=np.uint8)
        policy = self.adapt(Video(frames, np.arange(FILM_FRAMES) / FILM_RATE_HZ))
        policy.act(Observation(frames[0], np.zeros(state_size, np.float32), 0.0))

    def adapt(self, support: Video) -> Adapted:
        """Adapt to one film."""
        return self._algorithm.adapt(support)

    def unadapted(self) -> Adapted:
        """The policy before any film."""
        return self._algorithm.unadapted()
