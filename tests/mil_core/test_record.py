"""`mil record` from the command line: what is recorded, resumed, refused, labelled and done again."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import pytest

from data_tools import recorder_takes
from data_tools.atomic import file_sha256
from data_tools.hdf5 import list_tasks, read_provenance, read_tasks
from data_tools.hdf5_recording import read_streams
from data_tools.provenance import Provenance
from data_tools.recorder import Take
from data_tools.recorder_takes import Takes
from data_tools.recorder_watch import EndReason, Fault
from mil_core.cli import BAD_INPUT, OK, main
from mil_core.commands import record, record_session
from mil_core.commands.exits import ANSWER_IS_NO
from mil_core.commands.record_view import View
from sim.collect import layout_rng, robot_class, task_at
from sim.env import Environment
from sim.teleop.scripted import Scripted
from sim.teleop.teleop import Wish

pytestmark = pytest.mark.usefixtures("in_an_empty_folder")
WORDS = ("record", "--task", "reach", "--robot", "planar_arm", "--teleop", "scripted", "--out", "a.hdf5")
STEPS = 8
SHORT = (*WORDS, "--max-steps", STEPS)


def run(*words: object) -> int:
    return main([str(word) for word in words])


def demos(path: str = "a.hdf5") -> list:
    return [demo for task in read_tasks(path) for demo in task.demos]


def test_the_expert_is_recorded_as_it_acted():
    assert run(*WORDS, "--episodes", 2, "--seed", 3) == OK
    task = task_at("reach", "train", 3, 0)
    recorded = demos()
    assert [(len(demo), demo.task_id, demo.robot, demo.outcome, demo.clock) for demo in recorded] == [
        (task.horizon_steps, task.task_id, "planar_arm", "success", "simulated")
    ] * 2
    for number, demo in enumerate(recorded):
        with Environment(task, robot_class("planar_arm")()) as env:
            observation = env.reset(layout_rng(3, "train", 0, number))
            for step in range(len(demo)):
                np.testing.assert_array_equal(observation.image, demo.video.frames[step])
                np.testing.assert_array_equal(observation.state, demo.states[step])
                assert observation.time_s == demo.video.capture_time_s[step] == demo.action_time_s[step]
                observation = env.step(demo.actions[step])
            assert env.success()
    origin = read_provenance("a.hdf5")
    assert (origin.task, origin.seed, origin.created_by) == ("reach", 3, "mil record")


def test_the_same_words_record_the_same_and_resuming_goes_on_in_new_scenes():
    assert run(*SHORT, "--episodes", 1) == OK
    first = file_sha256(Path("a.takes/episode-000000.hdf5"))
    assert run(*SHORT, "--episodes", 2, "--resume") == OK
    assert file_sha256(Path("a.takes/episode-000000.hdf5")) == first, "what is sealed stays as it is"
    resumed = demos()
    assert list_tasks("a.hdf5")[0].demo_names == ("demo_0", "demo_1", "demo_2")
    assert run(*SHORT, "--episodes", 3, "--overwrite") == OK
    for before, again in zip(resumed, demos(), strict=True):
        np.testing.assert_array_equal(before.video.frames, again.video.frames)
        np.testing.assert_array_equal(before.actions, again.actions)
    assert not np.array_equal(resumed[0].states, resumed[1].states)


def test_overwriting_replaces_a_file_that_was_edited_too():
    assert run(*SHORT, "--episodes", 2) == OK
    assert run("edit", "a.hdf5", "delete", "demo_0") == OK
    assert run(*SHORT, "--episodes", 1, "--overwrite") == OK
    assert list_tasks("a.hdf5")[0].demo_names == ("demo_0",) and read_provenance("a.hdf5").operation == ""


def test_a_second_camera_is_recorded_beside_the_first():
    assert run(*SHORT, "--spectator") == OK
    streams = read_streams("a.hdf5", "demo_0")
    assert streams["spectator"].values.shape == (STEPS, 192, 240, 3)
    np.testing.assert_array_equal(streams["spectator"].capture_time_s, streams["image"].capture_time_s)


def test_quick_records_one_episode():
    assert run(*SHORT, "--episodes", 5, "--quick") == OK
    assert len(demos()) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--out", "a.h5"), "ends in .hdf5"),
        (("--episodes", 0), "--episodes: expected at least 1"),
        (("--max-steps", 0), "--max-steps: expected at least 1"),
        (("--seed", -1), "--seed: expected at least 0"),
        (("--task", "fly"), "known task, found 'fly'"),
        (("--robot", "pr2"), "planar_arm, which the expert of task 'reach' can move, found 'pr2'"),
        (("--resume",), "expected the folder a.takes, found none"),
        (("--resume", "--overwrite"), "found both"),
    ],
)
def test_bad_words_are_refused_and_leave_nothing(capsys, words, message):
    assert run(*WORDS, *words) == BAD_INPUT
    assert message in capsys.readouterr().err.replace("\n", " ")
    assert not list(Path().glob("a*"))


def test_what_is_there_is_not_replaced_without_a_word(capsys):
    assert run(*SHORT) == OK
    before = {path: file_sha256(path) for path in Path().rglob("*.hdf5")}
    assert run(*SHORT) == BAD_INPUT
    assert "--overwrite" in capsys.readouterr().err
    assert run(*SHORT, "--resume", "--task", "place", "--robot", "pr2") == BAD_INPUT
    assert "expected task 'reach'" in capsys.readouterr().err
    assert {path: file_sha256(path) for path in Path().rglob("*.hdf5")} == before


def contents() -> dict[Path, str]:
    return {path: file_sha256(path) for path in Path().rglob("*") if path.is_file()}


@pytest.mark.parametrize("words", [(), ("--task", "typo"), ("--robot", "typo")])
def test_overwrite_deletes_nothing_before_recording_can_begin(monkeypatch, words):
    assert run(*SHORT) == OK
    before = contents()
    with open(os.devnull) as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        assert run(*SHORT, "--overwrite", "--teleop", "keyboard", *words) == BAD_INPUT
    assert contents() == before


def test_overwrite_waits_for_whoever_records_there(monkeypatch):
    assert run(*SHORT) == OK
    before = contents()
    monkeypatch.setattr(recorder_takes, "LOCK_PATIENCE_S", 0.1)
    with Takes(Path("a.takes"), Provenance()):
        assert run(*SHORT, "--overwrite") == BAD_INPUT
    assert contents() == before


def test_what_a_crash_left_behind_is_not_offered_for_deletion_alone(capsys):
    assert run(*SHORT) == OK
    Path("a.hdf5").unlink()  # as after a crash before the episodes were joined
    assert run(*SHORT) == BAD_INPUT
    assert "add --resume" in capsys.readouterr().err
    assert run(*SHORT, "--resume") == OK
    assert len(demos()) == 2


@pytest.mark.parametrize("more", [(), ("--overwrite",)])
def test_films_that_belong_to_no_demo_file_stay(capsys, more):
    film = Path("a_films/my_phone_film.mp4")
    film.parent.mkdir()
    film.write_bytes(b"a film")
    assert run(*SHORT, *more) == BAD_INPUT
    assert "found a_films; move them away" in capsys.readouterr().err
    assert film.exists() and not Path("a.hdf5").exists()


def test_without_a_terminal_the_keyboard_does_not_wait_for_keys(capsys, monkeypatch):
    with open(os.devnull) as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        assert run(*(word if word != "scripted" else "keyboard" for word in WORDS)) == BAD_INPUT
    assert "expected a terminal" in capsys.readouterr().err


# ---------------------------------------------------------------- a person at the controls


class Operator(Scripted):
    """Moves like the expert and asks for something after some steps of each take; the time does not matter."""

    is_human = True

    def __init__(self, *scripts: Sequence[tuple[int, Wish]]) -> None:
        super().__init__()
        self._scripts, self._step, self._script = list(scripts), 0, []

    def __enter__(self) -> Self:
        return self

    def reset(self, env, rng) -> None:
        super().reset(env, rng)
        self._step, self._script = 0, list(self._scripts.pop(0))

    def wishes(self) -> list[Wish]:
        self._step += 1
        due = [wish for step, wish in self._script if step <= self._step]
        self._script = [(step, wish) for step, wish in self._script if step > self._step]
        return due


@pytest.fixture
def operate(monkeypatch) -> Callable[..., int]:
    def act(*scripts: Sequence[tuple[int, Wish]], episodes: int = 1) -> int:
        monkeypatch.setitem(record.TELEOPS, "scripted", lambda: Operator(*scripts))
        monkeypatch.setattr(record_session.time, "sleep", lambda _: None)
        return run(*SHORT, "--episodes", episodes)

    return act


def test_keep_ends_an_episode_early(operate):
    assert operate([(4, Wish.KEEP)], [(100, Wish.KEEP)], episodes=2) == OK
    assert [len(demo) for demo in demos()] == [2, STEPS], "the second waited for its time, then for the operator"


def test_redo_discards_and_uses_the_same_scene_again(operate):
    assert operate([(5, Wish.REDO)], [(20, Wish.REDO)], [(20, Wish.KEEP)]) == OK
    assert len(demos()) == 1 and len(list(Path("a.takes").glob("episode-*"))) == 1


def test_stop_keeps_what_there_is(operate):
    assert operate([(20, Wish.KEEP)], [(4, Wish.STOP)], episodes=5) == OK
    assert [len(demo) for demo in demos()] == [STEPS, 2]


def test_the_operators_label_counts_more_than_the_tasks_and_failures_are_kept(operate):
    scripts = (
        [(2, Wish.SUCCESS), (20, Wish.KEEP)],
        [(2, Wish.SUCCESS), (3, Wish.FAILURE), (20, Wish.KEEP)],
        [(20, Wish.KEEP)],
    )
    assert operate(*scripts, episodes=3) == OK
    assert [demo.outcome for demo in demos()] == ["success", "failure", "failure"]
    assert len(next(read_tasks("a.hdf5", outcomes=["failure"])).demos) == 2


def test_an_operator_may_think_for_long_about_an_episode_that_is_over(operate, monkeypatch):
    now_s, asked = record_session.time.monotonic, []
    monkeypatch.setattr(View, "ask", lambda self: asked.append(1))
    monkeypatch.setattr(record_session.time, "monotonic", lambda: now_s() + 60.0 * len(asked))
    script = [(STEPS + 9, Wish.SUCCESS), (STEPS + 10, Wish.KEEP)]
    assert operate(script, script, episodes=2) == OK
    assert len(asked) > 2
    assert [(len(demo), demo.outcome) for demo in demos()] == [(STEPS, "success")] * 2


def test_a_fault_ends_the_thinking_too(operate, monkeypatch):
    begin, takes = Takes.begin, []

    def remembered(self: Takes, *rest) -> Take:
        takes.append(begin(self, *rest))
        return takes[-1]

    monkeypatch.setattr(Takes, "begin", remembered)
    monkeypatch.setattr(View, "ask", lambda self: takes[0]._fail(Fault(EndReason.DISK_FULL, "expected room")))
    assert operate([(10_000, Wish.KEEP)], episodes=2) == ANSWER_IS_NO
    assert [demo.outcome for demo in demos()] == ["unknown"]


def test_a_fault_ends_the_session_and_says_so(monkeypatch, capsys):
    lost = Fault(EndReason.STREAM_LOST, "image: expected a sample within 1 s, found none")
    put = Take.put

    def failing(self: Take, stream: str, capture_time_s: float, *rest) -> None:
        put(self, stream, capture_time_s, *rest)
        if capture_time_s > 0.2:
            self._fail(lost)

    monkeypatch.setattr(Take, "put", failing)
    assert run(*SHORT, "--episodes", 3) == ANSWER_IS_NO
    assert "a stream fell silent: image" in capsys.readouterr().out
    (demo,) = demos()
    assert demo.outcome == "unknown" and 0 < len(demo) < STEPS


def test_an_interrupt_keeps_what_there_is(monkeypatch):
    steps = []

    def interrupted(self, env):
        steps.append(1)
        if len(steps) == 5:
            raise KeyboardInterrupt
        return np.zeros(2)

    monkeypatch.setattr(Scripted, "act", interrupted)
    assert run(*SHORT, "--episodes", 3) == 130
    (demo,) = demos()
    assert (len(demo), demo.outcome) == (4, "unknown")
