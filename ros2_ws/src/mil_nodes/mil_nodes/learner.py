"""The learner of a checkpoint: what the policy runner adapts. Importing it loads the learning core."""

from pathlib import Path

import numpy as np

from data_tools.demo import Observation, Video
from mil_core.algorithms.algorithm import Adapted
from mil_core.checkpoint import Checkpoint, load
from mil_core.experiments.imitation import ImitationExperiment
from mil_core.experiments.reward import RewardExperiment
from mil_core.second_look import second_look
from mil_core.support import FILM_FRAMES, FILM_RATE_HZ
from mil_nodes.adaptation import Learner, read_film
from mil_nodes.way_learner import WayLearner


def learner_of(folder: Path) -> Learner:
    """What adapts with a checkpoint: to films, or to ways over the table. Raises: MilError, NodeError."""
    checkpoint = load(folder)
    if isinstance(checkpoint.experiment, RewardExperiment):
        return WayLearner(folder)
    return FilmLearner(load(folder, ImitationExperiment))


class FilmLearner:
    """A meta-trained algorithm, ready to adapt to films."""

    def __init__(self, checkpoint: Checkpoint[ImitationExperiment]) -> None:
        self._algorithm, self._learning = checkpoint.algorithm(), checkpoint.experiment.learning
        self._height, self._width = checkpoint.experiment.policy.image_height, checkpoint.experiment.policy.image_width
        self._warm_up(checkpoint.experiment.policy.state_size)

    def _warm_up(self, state_size: int) -> None:
        """Adapt to noise and act once: first calls load code, which should not happen while somebody waits."""
        rng = np.random.default_rng(0)
        frames = rng.integers(0, 256, (FILM_FRAMES, self._height, self._width, 3), dtype=np.uint8)
        policy = self.adapt(Video(frames, np.arange(FILM_FRAMES) / FILM_RATE_HZ))
        policy.act(Observation(frames[0], np.zeros(state_size, np.float32), 0.0))

    def read(self, library: Path, film_id: str) -> Video:
        """A film of the library. Raises: NodeError, DataError."""
        return read_film(library, film_id, self._height, self._width)

    def adapt(self, support: Video) -> Adapted:
        """Adapt to one film."""
        return self._algorithm.adapt(support)

    def adapt_again(self, support: Video) -> Adapted:
        """Adapt to another view of the same film."""
        return self._algorithm.adapt(second_look(support, self._learning))

    def unadapted(self) -> Adapted:
        """The policy before any film."""
        return self._algorithm.unadapted()
