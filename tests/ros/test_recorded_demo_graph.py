"""Imitation over DDS with no film: a recording of the robot is adapted to, and what the robot then does is recorded and
adapted to in turn."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from mil_bringup.bringup import Graph
from mil_bringup.client import Client
from mil_bringup.environment import ROOT
from mil_bringup.processes import ADAPT_AND_RUN, DEMO_RECORDER, params_file
from mil_interfaces.action import Adapt, RunPolicy
from recorder_client import RecorderServices

from data_tools.demo import Demo, TaskDemos, Video
from data_tools.hdf5 import write_tasks
from mil_core.checkpoint import load
from mil_core.commands.trials import support_of
from mil_core.experiments.imitation import ImitationExperiment
from mil_core.support import load_support_demo
from sim.collect import TRIAL_LAYOUT

pytestmark = pytest.mark.ros
CHECKPOINT = ROOT / "checkpoints" / "mil_place"
SEED, INDEX, STEPS = 7, 0, 40


@pytest.fixture(scope="module")
def shown() -> Demo:
    demo = support_of(load(CHECKPOINT, ImitationExperiment).experiment, SEED, INDEX)
    assert isinstance(demo, Demo)
    return demo


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, shown: Demo) -> Path:
    folder = tmp_path_factory.mktemp("recordings") / "library"
    write_tasks(folder / "shown.hdf5", [TaskDemos(shown.task_id, (shown,))])
    small = Video(np.ascontiguousarray(shown.video.frames[:, ::2, ::2]), shown.video.capture_time_s)
    other = Demo(small, shown.states, shown.actions, shown.state_time_s, shown.action_time_s, "small", "pr2")
    write_tasks(folder / "small.hdf5", [TaskDemos("small", (other,))])
    (folder / "cut.hdf5").write_bytes((folder / "shown.hdf5").read_bytes()[:5000])
    (folder / "film.mp4").write_bytes(b"")
    return folder


@pytest.fixture(scope="module")
def client(library: Path) -> Iterator[Client]:
    overrides = {"policy_runner": {"checkpoint": CHECKPOINT, "library": library}, "demo_recorder": {"library": library}}
    log = library.with_name("log")
    with Graph((*ADAPT_AND_RUN, DEMO_RECORDER), params_file("fast"), overrides, log) as graph:
        with Client(graph.check) as ready:
            ready.wait_ready()
            yield ready


def loss_after(path: Path) -> float:
    """What adapting to a recording without any node measures."""
    return load(CHECKPOINT, ImitationExperiment).algorithm().adapt(load_support_demo(path)).loss_after


def test_a_recording_is_imitated_recorded_and_imitated_again(client: Client, library: Path) -> None:
    done = client.adapt("shown")
    assert (done.termination_reason, done.message) == (Adapt.Result.SUCCEEDED, "")
    assert done.loss_after == pytest.approx(loss_after(library / "shown.hdf5"), rel=1e-4)
    client.reset_scene("place", "test", SEED, INDEX, TRIAL_LAYOUT)
    client.arm()
    recorder = RecorderServices(client)
    assert recorder.start("again")
    ended = client.run_policy(done.adapted_id, STEPS)
    assert (ended.termination_reason, ended.steps, ended.message) == (RunPolicy.Result.COMPLETED, STEPS, "")
    assert recorder.call("stop").success
    client.wait(lambda: any(library.glob("episode-*.hdf5")), "a recording in the library")
    (recorded,) = library.glob("episode-*.hdf5")
    again = client.adapt(recorded.stem)
    assert (again.termination_reason, again.message) == (Adapt.Result.SUCCEEDED, "")
    assert again.loss_after == pytest.approx(loss_after(recorded), rel=1e-4)
    client.reset_scene("place", "test", SEED, INDEX, TRIAL_LAYOUT + 1)
    client.arm()
    assert client.run_policy(again.adapted_id, STEPS).steps == STEPS


@pytest.mark.parametrize(
    ("demo_id", "reason", "words"),
    [
        ("film", Adapt.Result.UNKNOWN_DEMO, "known demonstrations: "),
        ("../shown", Adapt.Result.BAD_ID, "lower-case letters"),
        ("small", Adapt.Result.BAD_VIDEO, "expected pictures of shape"),
        ("cut", Adapt.Result.BAD_VIDEO, "cut.hdf5"),
    ],
)
def test_a_recording_that_cannot_be_used_is_refused_with_words(
    client: Client, demo_id: str, reason: int, words: str
) -> None:
    done = client.adapt(demo_id)
    assert (done.termination_reason, done.adapted_id) == (reason, "")
    assert words in done.message
