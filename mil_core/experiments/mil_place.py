"""Does one demonstration of the robot itself tell into which of three containers to place? Data of `daml_place`."""

from dataclasses import replace

from mil_core.experiments.daml_place import daml_place
from mil_core.experiments.imitation import ImitationExperiment
from mil_core.learned_loss import LearnedLossConfig


def mil_place() -> ImitationExperiment:
    """MIL on placing from a robot's demonstration with its actions (thesis 7.1.6.3, B.2.3) at the size of two cores.

    Differs from the thesis: the simulated scenes, network and step of `daml_place`, from whose weights it goes on; one
    demonstration of a task to adapt to and one to be judged by.
    """
    film = daml_place()
    learning = replace(film.learning, learned=None, num_queries=1)
    training = replace(film.training, iterations=4000, start_from="checkpoints/daml_place")
    return replace(
        film,
        name="mil_place",
        algorithm="mil",
        method="mil_two_head",
        support="demo",
        policy=replace(film.policy, two_heads=True),
        learning=learning,
        training=training,
        data=replace(film.data, label="daml_place", films_per_task=0),
    )


def mil_place_video() -> ImitationExperiment:
    """From the pictures of the robot's demonstration alone, by a loss that convolves over time."""
    whole = mil_place()
    learned = LearnedLossConfig(kind="temporal", num_filters=32, hand_weight=0.0, goal_weight=0.0)
    return replace(
        whole,
        name="mil_place_video",
        algorithm="daml",
        method="mil_video_temporal",
        support="watched_demo",
        policy=replace(whole.policy, two_heads=False),
        learning=replace(whole.learning, learned=learned),
    )
