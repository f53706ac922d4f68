"""The recorder of demonstrations over DDS: what the robot saw and was told comes back from the library."""

import math
import shutil
from collections.abc import Iterator

import numpy as np
import pytest
from mil_bringup.bringup import BringupError
from mil_interfaces.action import RecordDemo
from mil_interfaces.msg import RobotState
from mil_nodes import qos
from mil_nodes.conversions import action_from
from recorder_client import RECORDER, RESULT, Recorder
from rig import rig

from data_tools.atomic import file_sha256
from data_tools.hdf5_recording import read_streams

pytestmark = pytest.mark.ros
NS_PER_S = 1e9


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    folder = tmp_path_factory.mktemp("recorder")
    with rig(folder, "fast", (RECORDER,)) as running:
        ready = Recorder(running, folder / "demos")
        yield ready
        ready.action.destroy()


def test_what_the_robot_saw_and_was_told_comes_back(recorder: Recorder) -> None:
    handle = recorder.begin()
    recorder.running.commands.clear()
    assert recorder.client.run_policy("unadapted", 12).steps == 12
    result = recorder.end(handle)
    assert (result.termination_reason, result.dropped) == (RESULT.KEPT, 0)
    assert (result.outcome, result.steps >= 12) == ("failure", True)
    demo = recorder.demo(result.demo_id)
    assert file_sha256(recorder.library / f"{result.demo_id}.hdf5") == result.sha256
    assert (demo.task_id, demo.robot, demo.outcome, len(demo)) == ("some-task", "pr2", "failure", result.steps)
    sent = {c.observation_ns / NS_PER_S: action_from(c) for c in recorder.running.commands if c.observation_ns}
    answered = [i for i, time_s in enumerate(demo.action_time_s) if float(time_s) in sent]
    # The client's own ear may miss some of the commands; the recorder only the last one, if it ends before that comes.
    assert answered and (demo.actions[:, 2] == np.float32(-0.05)).sum() >= 11
    for i in answered:
        np.testing.assert_array_equal(demo.actions[i], sent[float(demo.action_time_s[i])].astype(np.float32))
    # The simulator stamps pictures and states of one moment alike, and the policy moved the gripper down.
    np.testing.assert_array_equal(demo.video.capture_time_s, demo.state_time_s)
    assert demo.states[answered[-1], 2] < demo.states[answered[0], 2] - 0.02
    times_ns = {round(float(time_s) * NS_PER_S) for time_s in demo.video.capture_time_s}
    assert times_ns <= set(recorder.running.stamps_ns)


def test_a_second_camera_is_recorded_beside_the_first(recorder: Recorder) -> None:
    handle = recorder.begin()
    recorder.client.run_policy("unadapted", 5)
    result = recorder.end(handle)
    streams = read_streams(recorder.library / f"{result.demo_id}.hdf5", "demo_0")
    assert set(streams) == {"image", "spectator", "state", "action"}
    assert streams["spectator"].values.shape[1:] == (360, 400, 3)
    assert set(streams["spectator"].capture_time_s) <= set(streams["image"].capture_time_s)
    assert (np.diff(streams["image"].receive_time_s) >= 0).all()


def test_feedback_counts(recorder: Recorder) -> None:
    handle = recorder.begin()
    recorder.client.run_policy("unadapted", 10)
    recorder.client.wait(lambda: recorder.feedback[-1].frames >= 10, "ten frames")
    recorder.client.wait(lambda: recorder.feedback[-1].bytes_free > 0, "a segment on the disk")  # zero before the first
    assert recorder.end(handle).steps >= recorder.feedback[-1].frames - 1
    last = recorder.feedback[-1]
    assert last.elapsed_s > 0 and last.rate_hz > 0 and last.dropped == 0 and last.bytes_free > 0


def test_the_service_twin_records_labels_and_keeps(recorder: Recorder) -> None:
    recorder.running.begin()
    assert not recorder.services.call("stop").success
    before = set(recorder.library.glob("episode-*.hdf5"))
    assert recorder.services.start("some-task")
    assert not recorder.services.start("some-task")
    recorder.client.run_policy("unadapted", 8)
    assert recorder.services.call("mark_success").success and recorder.services.call("stop").success
    recorder.client.wait(lambda: len(set(recorder.library.glob("episode-*.hdf5")) - before) == 1, "the file")
    (path,) = set(recorder.library.glob("episode-*.hdf5")) - before
    assert recorder.demo(path.stem).outcome == "success"
    recorder.client.wait(lambda: any(path.stem in notice for notice in recorder.services.notices), "a word about it")


def test_what_is_discarded_is_gone(recorder: Recorder) -> None:
    before = sorted(recorder.library.iterdir())
    handle = recorder.begin()
    assert recorder.services.call("discard").success
    result = recorder.end(handle, cancel=False)
    assert (result.termination_reason, result.demo_id) == (RESULT.DISCARDED, "")
    assert sorted(recorder.library.iterdir()) == before


def test_ends_that_nobody_asked_for_say_so(recorder: Recorder) -> None:
    result = recorder.end(recorder.begin(seconds=0.6), cancel=False)
    assert (result.termination_reason, result.outcome) == (RESULT.TIME_UP, "failure")
    handle = recorder.begin()
    recorder.client.run_policy("unadapted", 3)
    recorder.client.wait(lambda: recorder.feedback[-1].frames >= 4, "the picture after the last step")
    recorder.running.begin()
    result = recorder.end(handle, cancel=False)
    assert (result.termination_reason, result.steps >= 3) == (RESULT.ROBOT_RESET, True)
    assert (result.outcome, recorder.demo(result.demo_id).outcome) == ("unknown", "unknown"), "not the new episode's"
    result = recorder.end(recorder.begin("../secret"), cancel=False)
    assert result.termination_reason == RESULT.BAD_ID and "expected" in result.message


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -1.0])
def test_a_time_limit_that_is_none_is_refused(recorder: Recorder, seconds: float) -> None:
    result = recorder.end(recorder.begin(seconds=seconds), cancel=False)
    assert result.termination_reason == RESULT.FAILED and "max_duration_s: expected" in result.message


def test_nobody_says_how_a_take_went_that_a_fault_cut_short(recorder: Recorder) -> None:
    node, states = recorder.client.node, []
    ear = node.create_subscription(RobotState, "robot/state", states.append, qos.STATE)
    mouth = node.create_publisher(RobotState, "robot/state", qos.STATE)
    handle = recorder.begin()
    recorder.client.wait(lambda: bool(states) and mouth.get_subscription_count() > 1, "a state")
    ended = handle.get_result_async()

    def is_over() -> bool:
        broken = RobotState(robot="pr2", episode_id=states[-1].episode_id, header=states[-1].header)
        broken.state = [math.nan] * 9
        mouth.publish(broken)
        return ended.done()

    recorder.client.wait(is_over, "the end")
    node.destroy_subscription(ear), node.destroy_publisher(mouth)
    result = ended.result().result
    assert (result.termination_reason, result.outcome) == (RESULT.BAD_VALUE, "unknown")


def test_a_second_goal_is_rejected(recorder: Recorder) -> None:
    handle = recorder.begin()
    second = recorder.action.send_goal_async(RecordDemo.Goal(task_id="other"))
    recorder.client.wait(second.done, "an answer")
    assert not second.result().accepted
    recorder.end(handle)


@pytest.mark.parametrize(("trouble", "words"), [("full", "start the recorder again"), ("worse", "ValueError: nobody")])
def test_a_take_that_cannot_be_sealed_is_told_and_the_next_one_is_recorded(
    recorder: Recorder, trouble: str, words: str
) -> None:
    (recorder.library / trouble).touch()
    handle = recorder.begin()
    recorder.client.run_policy("unadapted", 3)
    result = recorder.end(handle)
    (recorder.library / trouble).unlink()
    assert (result.termination_reason, result.demo_id) == (RESULT.FAILED, "")
    assert words in result.message and "--resume" not in result.message
    handle = recorder.begin()
    recorder.client.run_policy("unadapted", 3)
    result = recorder.end(handle)
    assert (result.termination_reason, result.steps >= 3) == (RESULT.KEPT, True)
    (unsealed,) = recorder.library.glob(".take-*")  # which the next start would recover
    shutil.rmtree(unsealed)


def test_a_killed_recorder_recovers_what_it_had(recorder: Recorder) -> None:
    running = recorder.running
    before = {path: file_sha256(path) for path in recorder.library.glob("episode-*.hdf5")}
    recorder.begin()
    recorder.client.run_policy("unadapted", 15)
    recorder.client.wait(lambda: recorder.feedback[-1].bytes_free > 0, "a segment on the disk")
    running.is_death_expected = True
    running.graph.children["demo_recorder"].kill()
    running.graph.children["demo_recorder"].wait(30.0)
    with pytest.raises(BringupError, match=r"demo_recorder.*SIGKILL"):
        running.graph.check()
    running.graph.start(RECORDER)
    running.client.wait(
        lambda: len(list(recorder.library.glob("episode-*.hdf5"))) == len(before) + 1, "the recovered demo"
    )
    running.is_death_expected = False
    (path,) = set(recorder.library.glob("episode-*.hdf5")) - set(before)
    demo = recorder.demo(path.stem)
    assert demo.outcome == "unknown"
    assert {round(float(time_s) * NS_PER_S) for time_s in demo.video.capture_time_s} <= set(running.stamps_ns)
    assert before == {path: file_sha256(path) for path in before}
