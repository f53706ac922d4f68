"""Whatever a film or a learner does, an adaptation ends with one stated reason."""

from pathlib import Path

import numpy as np
import pytest
from mil_interfaces.action import Adapt
from mil_nodes.adaptation import AdaptEnd, Canceled, adapt_to_demo
from simple_runner import SimpleLearner, SimplePolicy

from data_tools.demo import Video
from data_tools.video import write_video
from mil_core.errors import NonFiniteLoss


class BrokenLearner(SimpleLearner):
    """Raises when it is asked to adapt."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def adapt(self, support: Video) -> SimplePolicy:
        raise self.error


@pytest.fixture
def library(tmp_path: Path) -> Path:
    write_video(tmp_path / "film.mp4", [np.full((64, 80, 3), 200, np.uint8)] * 12, 10.0)
    whole = (tmp_path / "film.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "text.mp4").write_text("not a film at all\n" * 100)
    write_video(tmp_path / "one-frame.mp4", [np.zeros((64, 80, 3), np.uint8)], 10.0)
    return tmp_path


def nothing(stage: str) -> None:
    del stage


def test_ends_are_those_of_the_action() -> None:
    assert {end.name: end.value for end in AdaptEnd} == {
        name: getattr(Adapt.Result, name) for name in AdaptEnd.__members__
    }


def test_a_good_film_becomes_a_policy_in_stages(library: Path) -> None:
    stages: list[str] = []
    done = adapt_to_demo(SimpleLearner(library), library, "film", stages.append)
    assert done.end is AdaptEnd.SUCCEEDED
    assert done.policy is not None
    assert done.again is not None
    assert isinstance(again := done.again(), SimplePolicy) and not again.goes_down
    assert stages == ["reading the demonstration", "adapting", "done"]
    assert done.message == ""


@pytest.mark.parametrize("film", ["cut", "empty", "text", "one-frame"])
def test_a_film_that_is_none_is_refused(library: Path, film: str) -> None:
    done = adapt_to_demo(SimpleLearner(library), library, film, nothing)
    assert (done.end, done.policy, done.again) == (AdaptEnd.BAD_VIDEO, None, None)
    assert film in done.message


@pytest.mark.parametrize(("film", "end"), [("other", AdaptEnd.UNKNOWN_DEMO), ("../film", AdaptEnd.BAD_ID)])
def test_a_film_that_is_not_there_is_refused(library: Path, film: str, end: AdaptEnd) -> None:
    assert adapt_to_demo(SimpleLearner(library), library, film, nothing).end is end


@pytest.mark.parametrize(
    ("error", "end"), [(NonFiniteLoss("NaN"), AdaptEnd.NON_FINITE), (RuntimeError("odd"), AdaptEnd.FAILED)]
)
def test_an_error_of_the_learner_is_told(library: Path, error: Exception, end: AdaptEnd) -> None:
    done = adapt_to_demo(BrokenLearner(error), library, "film", nothing)
    assert done.end is end
    assert str(error) in done.message


@pytest.mark.parametrize("stage", ["reading the demonstration", "adapting", "done"])
def test_a_cancel_is_seen_at_every_stage(library: Path, stage: str) -> None:
    def cancel(reached: str) -> None:
        if reached == stage:
            raise Canceled(stage)

    done = adapt_to_demo(SimpleLearner(library), library, "film", cancel)
    assert (done.end, done.policy) == (AdaptEnd.CANCELED, None)
