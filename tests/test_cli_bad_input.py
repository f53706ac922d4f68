"""What `mil` says to bad input: exit code 2, what was expected, found and to be done, and nothing left behind."""

import shutil
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from data_tools.video import write_video
from mil_core.cli import BAD_INPUT, OK, VERBS, main
from sim.robots import ROBOTS
from sim.tasks import TASKS

EXPERIMENTS = ("mil_reach", "daml_place")


pytestmark = pytest.mark.usefixtures("in_an_empty_folder")


def run(*words: object) -> int:
    return main([str(word) for word in words])


def refuses(capsys, *words: object) -> str:
    """Run words that are bad input; returns the message."""
    assert run(*words) == BAD_INPUT
    return capsys.readouterr().err


def test_an_unknown_verb_lists_the_known_ones(capsys):
    message = refuses(capsys, "fly")
    assert all(verb in message for verb in VERBS)


def test_help_lists_every_verb_and_every_verb_has_help(capsys):
    assert run("--help") == OK
    shown = capsys.readouterr().out
    for verb in VERBS:
        assert verb in shown and run(verb, "--help") == OK


def test_every_verb_is_a_file_and_every_file_with_a_verb_is_listed():
    folder = Path(import_module("mil_core.commands").__path__[0])
    written = {path.stem for path in folder.glob("*.py") if "def run(self) -> int:" in path.read_text()}
    assert written == set(VERBS)


@pytest.mark.parametrize("verb", ["train", "evaluate", "rollout", "bench"])
def test_an_unknown_experiment_lists_the_known_ones(verb, capsys):
    needed = {"train": ["--out", "x"], "rollout": ["--adapted", "x"], "bench": ["adapt"]}.get(verb, [])
    message = refuses(capsys, verb, *needed, "--experiment", "daml_fly")
    assert all(name in message for name in EXPERIMENTS) and " ... " not in message


def test_an_experiment_of_another_kind_lists_all_that_fit(capsys):
    message = refuses(capsys, "rollout", "--adapted", "x", "--experiment", "flo_push")
    assert all(name in message for name in EXPERIMENTS) and " ... " not in message


@pytest.mark.parametrize(("typed", "meant"), [("mil_plase", "mil_place"), ("mil_push_1_head", "mil_push_one_head")])
def test_a_mistyped_experiment_is_guessed(typed, meant, capsys):
    assert f"found {typed!r}; type {meant}, or" in refuses(capsys, "train", "--out", "x", "--experiment", typed)


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (("--task", "fly", "--robot", "pr2"), TASKS),
        (("--task", "place", "--robot", "crane"), ROBOTS),
        (("--task", "place", "--robot", "planar_arm"), ["pr2"]),
        (("--task", "reach", "--robot", "planar_arm", "--human"), ["place"]),
        (("--task", "reach", "--robot", "planar_arm", "--demos", 0), ["--demos"]),
        (("--task", "reach", "--robot", "planar_arm", "--seed", -1), ["--seed"]),
    ],
)
def test_what_cannot_be_collected_is_refused_before_anything_is_made(words, known, capsys):
    message = refuses(capsys, "collect", *words, "--out", "x.hdf5")
    assert all(name in message for name in known)
    assert not list(Path().iterdir())


def test_a_flag_that_does_not_exist_is_bad_input(capsys):
    refuses(capsys, "evaluate", "--experiment", "mil_reach", "--fast")


@pytest.mark.parametrize("fault", ["missing", "cut", "version", "nan", "another experiment"])
def test_a_bad_checkpoint_is_refused_by_every_verb_that_needs_one(untrained, noise_film, tmp_path, capsys, fault):
    folder = shutil.copytree(
        untrained("mil_reach" if fault == "another experiment" else "daml_place"), tmp_path / "bad"
    )
    model = folder / "model.safetensors"
    if fault == "missing":
        model.unlink()
    elif fault == "cut":
        model.write_bytes(model.read_bytes()[:1000])
    elif fault == "nan":
        save_file({name: torch.full_like(value, float("nan")) for name, value in load_file(model).items()}, model)
    elif fault == "version":
        config = (folder / "config.json").read_text()
        (folder / "config.json").write_text(config.replace('"format_version": 1', '"format_version": 2'))
    verbs = [("evaluate", "--experiment", "daml_place"), ("bench", "adapt"), ("rollout", "--adapted", "x",
             "--experiment", "daml_place"), ("adapt", "--video", noise_film, "--out", "adapted")]  # fmt: skip
    for words in verbs:
        assert "found" in refuses(capsys, *words, "--checkpoint", folder)
    assert not Path("adapted").exists() and not Path("results").exists()


def broken_films(folder: Path) -> dict[str, Path]:
    frames = np.zeros((12, 64, 64, 3), np.uint8)
    write_video(folder / "whole.mp4", frames, 10.0)
    write_video(folder / "one_frame.mp4", frames[:1], 10.0)
    (folder / "text.mp4").write_text("this is no film" * 50)
    (folder / "empty.mp4").touch()
    (folder / "cut.mp4").write_bytes((folder / "whole.mp4").read_bytes()[:-200])
    return {name: folder / f"{name}.mp4" for name in ("one_frame", "text", "empty", "cut", "missing")}


@pytest.mark.parametrize("fault", ["one_frame", "text", "empty", "cut", "missing"])
def test_a_bad_film_is_refused_and_leaves_nothing_behind(untrained, tmp_path, capsys, fault):
    film = broken_films(tmp_path)[fault]
    for words in (("adapt", "--checkpoint", untrained("daml_place"), "--out", "new", "--video", film),
                  ("ingest", film, "--library", "new"), ("inspect", film)):  # fmt: skip
        message = refuses(capsys, *words)
        assert film.name in message and "expected" in message and "found" in message
    assert not Path("new").exists()


def test_a_film_is_no_demonstration_and_the_other_way_round(untrained, noise_film, capsys):
    refuses(capsys, "adapt", "--checkpoint", untrained("daml_place"), "--demo", noise_film, "--out", "new")
    assert "--demo" in refuses(
        capsys, "adapt", "--checkpoint", untrained("mil_reach"), "--video", noise_film, "--out", "new"
    )
    assert not Path("new").exists()


def test_a_demonstration_of_another_robot_is_refused(untrained, capsys):
    assert run("collect", "--task", "reach", "--robot", "planar_arm", "--quick", "--out", "d.hdf5") == OK
    message = refuses(capsys, "adapt", "--checkpoint", untrained("daml_place"), "--demo", "d.hdf5", "--out", "new")
    assert "100x90" in message and not Path("new").exists()


def test_demonstrations_of_wrong_shapes_teach_nothing(capsys):
    words = ("collect", "--task", "reach", "--robot", "planar_arm", "--tasks", 2, "--workers", 0, "--out", "d.hdf5")
    assert run(*words) == OK
    message = refuses(capsys, "train", "--experiment", "daml_place", "--data", "d.hdf5", "--out", "run", "--quick")
    assert "(90, 100)" in message and "(64, 80)" in message and not Path("run").exists()


def test_a_place_that_cannot_be_written_is_bad_input(noise_film, capsys):
    Path("file").write_text("in the way")
    assert "file" in refuses(capsys, "ingest", noise_film, "--library", "file/library")


def test_a_cut_demo_file_is_refused(untrained, capsys):
    assert run("collect", "--task", "reach", "--robot", "planar_arm", "--quick", "--out", "d.hdf5") == OK
    Path("d.hdf5").write_bytes(Path("d.hdf5").read_bytes()[:-5000])
    refuses(capsys, "inspect", "d.hdf5")
    refuses(capsys, "adapt", "--checkpoint", untrained("mil_reach"), "--demo", "d.hdf5", "--out", "new")


@pytest.mark.parametrize("words", [(), ("--video", "a.mp4", "--demo", "b.hdf5")])
def test_adapting_wants_exactly_one_support(untrained, capsys, words):
    message = refuses(capsys, "adapt", "--checkpoint", untrained("daml_place"), "--out", "new", *words)
    assert "--video" in message and "--demo" in message


@pytest.mark.parametrize("name", ["../up", "Red", "", "-a", "a" * 65, "a/b"])
def test_ids_that_could_leave_the_library_are_refused(noise_film, capsys, name):
    assert "--id" in refuses(capsys, "ingest", noise_film, f"--id={name}", "--library", "library")
    assert not Path("library").exists()


def test_a_film_of_the_library_is_kept_unless_somebody_says_so(noise_film, capsys):
    assert run("ingest", noise_film, "--library", "library", "--id", "mine") == OK
    assert "--overwrite" in refuses(capsys, "ingest", noise_film, "--library", "library", "--id", "mine")
    assert run("ingest", noise_film, "--library", "library", "--id", "mine", "--overwrite") == OK


def test_a_fault_in_the_program_is_no_bad_input(monkeypatch, untrained):
    monkeypatch.setattr("mil_core.commands.doctor.examine", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run("doctor")


def test_a_stop_by_hand_has_the_shell_s_own_code(monkeypatch, capsys):
    def stop() -> list:
        raise KeyboardInterrupt

    monkeypatch.setattr("mil_core.commands.doctor.examine", stop)
    assert run("doctor") == 130
    assert "stopped" in capsys.readouterr().err
