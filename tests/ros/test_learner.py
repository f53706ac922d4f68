"""What a checkpoint adapts to, and who acts in a second attempt."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from mil_nodes.errors import ParameterError, UnknownDemo
from mil_nodes.learner import ImitationLearner, learner_of

from data_tools.demo import Demo, TaskDemos
from data_tools.hdf5 import write_tasks
from mil_core.algorithms.algorithm import Adapted
from mil_core.checkpoint import load
from mil_core.commands.trials import support_of
from mil_core.errors import SupportMismatch
from mil_core.experiments.imitation import ImitationExperiment

Untrained = Callable[[str], Path]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, untrained: Untrained) -> Path:
    """A library with one recording of the robot."""
    demo = support_of(load(untrained("mil_place"), ImitationExperiment).experiment, 7, 0)
    assert isinstance(demo, Demo)
    path = tmp_path_factory.mktemp("learner") / "shown.hdf5"
    write_tasks(path, [TaskDemos(demo.task_id, (demo,))])
    return path.parent


def are_equal(first: Adapted, second: Adapted) -> bool:
    names = first.parameters.keys()
    return names == second.parameters.keys() and all(
        torch.equal(first.parameters[name], second.parameters[name]) for name in names
    )


@pytest.mark.parametrize("name", ["mil_place", "mil_place_video"])
def test_a_recording_is_adapted_to_as_without_any_node(shown: Path, untrained: Untrained, name: str) -> None:
    learner = learner_of(untrained(name))
    assert isinstance(learner, ImitationLearner)
    support = learner.read(shown, "shown")
    assert isinstance(support, Demo)
    adapted = load(untrained(name), ImitationExperiment).algorithm().adapt(support)
    assert are_equal(learner.adapt(support), adapted)
    assert are_equal(learner.adapt_again(support), adapted)
    assert not are_equal(learner.unadapted(), adapted)


def test_who_was_named_makes_the_second_attempt(shown: Path, untrained: Untrained) -> None:
    learner = learner_of(untrained("mil_place"), untrained("mil_place_video"))
    other = learner_of(untrained("mil_place_video"))
    support = learner.read(shown, "shown")
    assert are_equal(learner.adapt_again(support), other.adapt(support))
    assert not are_equal(learner.adapt_again(support), learner.adapt(support))


def test_films_and_recordings_are_not_taken_for_each_other(shown: Path, untrained: Untrained) -> None:
    with pytest.raises(UnknownDemo, match="shown.mp4"):
        learner_of(untrained("daml_place")).read(shown, "shown")
    with pytest.raises(UnknownDemo, match="film.hdf5"):
        learner_of(untrained("mil_place")).read(shown, "film")


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("daml_place", "mil_place", "expected the support of daml_place"),
        ("mil_place", "mil_push", "expected the task of mil_place"),
        ("mandril_tabletop", "mil_place", "leave it empty"),
    ],
)
def test_a_second_that_cannot_act_there_is_refused(untrained: Untrained, first: str, second: str, words: str) -> None:
    with pytest.raises((ParameterError, SupportMismatch), match=words):
        learner_of(untrained(first), untrained(second))
