"""The learner of a checkpoint: what the policy runner adapts. Importing it loads the learning core."""

from pathlib import Path

import numpy as np

from data_tools.demo import Demo, Video
from mil_core.algorithms.algorithm import Adapted, Support
from mil_core.checkpoint import Checkpoint, load
from mil_core.experiments.imitation import ImitationExperiment
from mil_core.experiments.reward import RewardExperiment
from mil_core.policies.policy import PolicyConfig
from mil_core.second_look import second_look
from mil_core.support import FILM_FRAMES, FILM_RATE_HZ, load_support_demo
from mil_nodes.adaptation import Learner, read_film
from mil_nodes.errors import ParameterError
from mil_nodes.library import recording_path
from mil_nodes.way_learner import WayLearner


def learner_of(folder: Path, second: Path | None = None) -> Learner:
    """What adapts with a checkpoint: to films, to recordings of the robot, or to ways over the table.

    Args: second: checkpoint of who acts in a second attempt; None where the first one adapts anew.
    Raises: MilError, NodeError; SupportMismatch, ParameterError: the second cannot act in the first one's place.
    """
    checkpoint = load(folder)
    if not isinstance(checkpoint.experiment, RewardExperiment):
        others = None if second is None else load(second, ImitationExperiment)
        return ImitationLearner(load(folder, ImitationExperiment), others)
    if second is not None:
        raise ParameterError(f"second_checkpoint {second}: expected none beside a learner of rewards; leave it empty.")
    return WayLearner(folder)


class ImitationLearner:
    """A meta-trained algorithm, ready to adapt to films, or to recordings of the robot where it was trained so."""

    def __init__(
        self, checkpoint: Checkpoint[ImitationExperiment], second: Checkpoint[ImitationExperiment] | None = None
    ) -> None:
        """Args: second: as for learner_of. Raises: MilError."""
        experiment = checkpoint.experiment
        if second is not None:
            second.experiment.check_replaces(experiment)
        self._algorithm, self._learning = checkpoint.algorithm(), experiment.learning
        self._second = None if second is None else second.algorithm()
        self._config, self._from_films = experiment.policy, experiment.support == "film"
        self._warm_up()

    def _warm_up(self) -> None:
        """Adapt to noise and act: first calls load code, which should not happen while somebody waits."""
        noise = _noise(self._config)
        for adapt in (self.adapt, self.adapt_again):
            adapt(noise.video if self._from_films else noise).act(noise.observation(0))

    def read(self, library: Path, demo_id: str) -> Support:
        """A film of the library, or the first demonstration of a recording. Raises: NodeError, DataError."""
        if self._from_films:
            return read_film(library, demo_id, self._config.image_height, self._config.image_width)
        return load_support_demo(recording_path(library, demo_id))

    def adapt(self, support: Support) -> Adapted:
        """Adapt to one film or demonstration."""
        return self._algorithm.adapt(support)

    def adapt_again(self, support: Support) -> Adapted:
        """Let the second one adapt to the same, or the first one to another view of it."""
        if self._second is not None:
            return self._second.adapt(support)
        return self._algorithm.adapt(second_look(support, self._learning))

    def unadapted(self) -> Adapted:
        """The policy before any demonstration."""
        return self._algorithm.unadapted()


def _noise(config: PolicyConfig) -> Demo:
    """A demonstration of nothing, of the sizes that a policy wants."""
    size = FILM_FRAMES, config.image_height, config.image_width, 3
    frames = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    states, actions = (np.zeros((FILM_FRAMES, n), np.float32) for n in (config.state_size, config.action_size))
    time_s = np.arange(FILM_FRAMES) / FILM_RATE_HZ
    return Demo(Video(frames, time_s), states, actions, time_s, time_s, task_id="noise", robot="none")
