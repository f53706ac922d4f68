"""Every verb of `mil` in its quick form, and what it says to bad input; in process, so that exit codes are values."""

import json
import shutil
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from data_tools.hdf5 import list_tasks, read_tasks
from data_tools.pictures import read_log
from data_tools.video import read_video, write_video
from mil_core.cli import BAD_INPUT, OK, VERBS, main
from mil_core.commands.output import num_cores
from sim.robots import ROBOTS
from sim.tasks import TASKS

EXPERIMENTS = ("mil_reach", "daml_place")
MAIN_METHOD = {"mil_reach": "mil_one_head", "daml_place": "daml_temporal"}
RESULT_KEYS = {
    "experiment", "checkpoint_sha256", "code_version", "seed", "tasks", "trials", "criterion", "methods",
}  # fmt: skip
METHOD_KEYS = {
    "successes", "n", "rate", "wilson95", "task_bootstrap95", "success_once", "success_at_end", "failures", "per_task",
}  # fmt: skip


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    """Default folders such as data/ and results/ are those of the folder one stands in."""
    monkeypatch.chdir(tmp_path)
    yield
    torch.set_flush_denormal(False)  # training turns it on for the whole process


@pytest.fixture
def film(tmp_path) -> Path:
    frames = np.random.default_rng(0).integers(0, 256, (30, 96, 110, 3)).astype(np.uint8)
    write_video(tmp_path / "film.mp4", frames, 10.0)
    return tmp_path / "film.mp4"


def run(*words: object) -> int:
    return main([str(word) for word in words])


def read(path: Path | str) -> dict:
    return json.loads(Path(path).read_text())


def refuses(capsys, *words: object) -> str:
    """Run words that are bad input; returns the message."""
    assert run(*words) == BAD_INPUT
    return capsys.readouterr().err


# ---------------------------------------------------------------- the whole path


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_from_nothing_to_an_acting_policy(name):
    assert run("train", "--experiment", name, "--out", "run", "--quick", "--threads", 1) == OK
    assert {"model.safetensors", "config.json", "stats.json", "card.md", "log.jsonl", "learning_curve.png"} <= {
        path.name for path in Path("run").iterdir()
    }
    assert [row["iteration"] for row in read_log(Path("run/log.jsonl"))] == [1, 2, 3]
    assert run("evaluate", "--experiment", name, "--checkpoint", "run", "--quick", "--workers", 0) == OK
    evaluated = read(f"out/quick/{name}.json")
    assert run("adapt", "--checkpoint", "run", "--out", "adapted", "--quick") == OK
    words = ("--adapted", "adapted", "--experiment", name, "--checkpoint", "run", "--seed", 7)
    assert run("rollout", *words, "--quick", "--video", "episode.mp4", "--out", "rollout.json") == OK
    # The same checkpoint, support, task and scene: what the evaluation saw must happen again.
    ours = read("rollout.json")["methods"][MAIN_METHOD[name]]
    theirs = evaluated["methods"][MAIN_METHOD[name]]["per_task"][0]
    assert ours["per_task"][0] == theirs
    assert len(read_video("episode.mp4")) == TASKS[{"mil_reach": "reach", "daml_place": "place"}[name]].horizon_steps


def test_collected_demonstrations_are_the_same_for_the_same_words():
    words = ("collect", "--task", "reach", "--robot", "planar_arm", "--seed", 3, "--quick", "--out")
    assert run(*words, "a.hdf5") == run(*words, "b.hdf5") == OK
    (first,), (second,) = (list(read_tasks(name)) for name in ("a.hdf5", "b.hdf5"))
    assert first.task_id == second.task_id and len(first.demos) == 2
    assert all(np.array_equal(a.video.frames, b.video.frames) for a, b in zip(first.demos, second.demos, strict=True))


def test_humans_are_filmed_beside_the_demonstrations():
    assert run("collect", "--task", "place", "--robot", "pr2", "--human", "--quick", "--out", "p.hdf5") == OK
    (entry,) = list_tasks("p.hdf5")
    assert entry.num_films == 1 and len(list(Path("p_films").glob("*.mp4"))) == 1


# ---------------------------------------------------------------- train


def test_a_run_is_neither_replaced_nor_mixed_unless_somebody_says_so(capsys):
    words = ("train", "--experiment", "mil_reach", "--out", "run", "--quick", "--threads", 1)
    assert run(*words, "--iterations", 2) == OK
    first = Path("run/model.safetensors").read_bytes()
    assert "--resume" in refuses(capsys, *words)
    assert Path("run/model.safetensors").read_bytes() == first
    assert run(*words, "--resume") == OK
    assert [row["iteration"] for row in read_log(Path("run/log.jsonl"))] == [1, 2, 3]
    assert run(*words, "--iterations", 2, "--overwrite") == OK
    assert Path("run/model.safetensors").read_bytes() == first
    assert "both" in refuses(capsys, *words, "--resume", "--overwrite")


def test_training_on_data_of_another_size_is_refused(capsys):
    words = ("collect", "--task", "reach", "--robot", "planar_arm", "--workers", 0, "--demos", 4)
    assert run(*words, "--tasks", 3, "--out", "data/mil_reach_quick_train.hdf5") == OK
    message = refuses(capsys, "train", "--experiment", "mil_reach", "--out", "run", "--quick")
    assert "mil_reach_quick_train.hdf5" in message and "--data" in message
    assert run("train", "--experiment", "mil_reach", "--out", "run", "--quick", "--threads", 1, "--data",
               "data/mil_reach_quick_train.hdf5") == OK  # fmt: skip


def test_a_file_with_one_task_is_too_little_to_train_on(capsys):
    assert run("collect", "--task", "reach", "--robot", "planar_arm", "--quick", "--out", "one.hdf5") == OK
    message = refuses(capsys, "train", "--experiment", "mil_reach", "--out", "run", "--quick", "--data", "one.hdf5")
    assert "at least 2 tasks" in message


# ---------------------------------------------------------------- evaluate


def evaluate(untrained, workers: int, out: str, name: str = "mil_reach", tasks: int = 2) -> dict:
    words = ("--experiment", name, "--checkpoint", untrained(name), "--tasks", tasks, "--trials", 2, "--seed", 5)
    assert run("evaluate", *words, "--workers", workers, "--out", out) == OK
    return read(out)


def test_results_do_not_depend_on_the_number_of_workers(untrained):
    assert evaluate(untrained, 0, "here.json") == evaluate(untrained, max(2, num_cores()), "there.json")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_results_file_keeps_its_contract(untrained, name):
    content = evaluate(untrained, 0, "results.json", name, tasks=1)
    assert content.keys() >= RESULT_KEYS and (content["tasks"], content["trials"]) == (1, 2)
    assert set(content["methods"]) == {MAIN_METHOD[name], "unadapted", "random"}
    for row in content["methods"].values():
        assert row.keys() >= METHOD_KEYS and row["n"] == 2
        assert row["wilson95"][0] <= row["rate"] <= row["wilson95"][1]
        assert set(row["failures"]) == {"task_identification", "control"}


def test_more_tasks_leave_the_first_ones_as_they_were(untrained):
    fewer, more = (evaluate(untrained, 0, f"{n}.json", tasks=n)["methods"] for n in (1, 2))
    assert all(more[method]["per_task"][:1] == fewer[method]["per_task"] for method in fewer)


# ---------------------------------------------------------------- adapt, rollout, ingest, inspect, bench


def test_a_film_that_went_through_the_library_adapts_like_the_film_itself(untrained, film):
    assert run("ingest", film, "--library", "library") == OK
    assert {path.name for path in Path("library").iterdir()} == {"film.mp4", "film.png", "film.json"}
    for video, out in ((film, "direct"), ("library/film.mp4", "ingested")):
        assert run("adapt", "--checkpoint", untrained("daml_place"), "--video", video, "--out", out) == OK
    direct, ingested = read("direct/adapt.json"), read("ingested/adapt.json")
    assert direct["loss_before"] == pytest.approx(ingested["loss_before"], rel=0.2)
    assert direct["support_sha256"] == read("library/film.json")["original_sha256"]


def test_adapting_writes_what_it_was_made_of_and_keeps_what_is_there(untrained, film, capsys):
    words = ("adapt", "--checkpoint", untrained("daml_place"), "--video", film, "--out", "adapted")
    assert run(*words) == OK
    report = read("adapted/adapt.json")
    assert {"seconds", "loss_before", "loss_after", "uncertainty", "checkpoint_sha256"} <= report.keys()
    assert Path("adapted/support.png").read_bytes().startswith(b"\x89PNG")
    assert "--overwrite" in refuses(capsys, *words)
    assert run(*words, "--overwrite") == OK


def test_a_demonstration_is_adapted_to_by_its_name(untrained, capsys):
    assert run("collect", "--task", "reach", "--robot", "planar_arm", "--quick", "--out", "d.hdf5") == OK
    words = ("adapt", "--checkpoint", untrained("mil_reach"), "--demo", "d.hdf5", "--demo-id")
    assert run(*words, "demo_1", "--out", "second") == OK
    assert "demo_1" in refuses(capsys, *words, "demo_2", "--out", "third")


def test_a_policy_adapted_from_another_checkpoint_does_not_move(untrained, film, tmp_path, capsys):
    other = shutil.copytree(untrained("daml_place"), tmp_path / "other")
    weights = load_file(other / "model.safetensors")
    save_file({name: value + 1e-3 for name, value in weights.items()}, other / "model.safetensors")
    assert run("adapt", "--checkpoint", other, "--video", film, "--out", "adapted") == OK
    message = refuses(capsys, "rollout", "--adapted", "adapted", "--experiment", "daml_place", "--checkpoint",
                      untrained("daml_place"), "--quick")  # fmt: skip
    assert "adapt again" in message


def test_everything_can_be_inspected(untrained, film, capsys):
    assert run("collect", "--task", "reach", "--robot", "planar_arm", "--quick", "--out", "d.hdf5") == OK
    assert run("adapt", "--checkpoint", untrained("daml_place"), "--video", film, "--out", "adapted") == OK
    capsys.readouterr()
    for path, word in (("d.hdf5", "demo_1"), (film, "h264"), (untrained("mil_reach"), "mil_one_head"),
                       ("adapted", "adapted from checkpoint")):  # fmt: skip
        assert run("inspect", path) == OK
        assert word in capsys.readouterr().out
    assert run("inspect", film, "--picture", "sheet.png") == OK
    assert Path("sheet.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["adapt", "control", "render"])
def test_a_bench_agrees_with_its_peer(untrained, name):
    assert run("bench", name, "--checkpoint", untrained("daml_place"), "--quick") == OK
    content = read(f"out/quick/bench_{name}.json")
    assert content["agreement"]["is_close"] and content["ratio"] > 0


# ---------------------------------------------------------------- bad input


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
    assert all(name in message for name in EXPERIMENTS)


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
def test_a_bad_checkpoint_is_refused_by_every_verb_that_needs_one(untrained, film, tmp_path, capsys, fault):
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
             "--experiment", "daml_place"), ("adapt", "--video", film, "--out", "adapted")]  # fmt: skip
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


def test_a_film_is_no_demonstration_and_the_other_way_round(untrained, film, capsys):
    refuses(capsys, "adapt", "--checkpoint", untrained("daml_place"), "--demo", film, "--out", "new")
    assert "--demo" in refuses(capsys, "adapt", "--checkpoint", untrained("mil_reach"), "--video", film, "--out", "new")
    assert not Path("new").exists()


def test_a_demonstration_of_another_robot_is_refused(untrained, capsys):
    assert run("collect", "--task", "reach", "--robot", "planar_arm", "--quick", "--out", "d.hdf5") == OK
    message = refuses(capsys, "adapt", "--checkpoint", untrained("daml_place"), "--demo", "d.hdf5", "--out", "new")
    assert "100x90" in message and not Path("new").exists()


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
def test_ids_that_could_leave_the_library_are_refused(film, capsys, name):
    assert "--id" in refuses(capsys, "ingest", film, f"--id={name}", "--library", "library")
    assert not Path("library").exists()


def test_a_film_of_the_library_is_kept_unless_somebody_says_so(film, capsys):
    assert run("ingest", film, "--library", "library", "--id", "mine") == OK
    assert "--overwrite" in refuses(capsys, "ingest", film, "--library", "library", "--id", "mine")
    assert run("ingest", film, "--library", "library", "--id", "mine", "--overwrite") == OK


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
