"""Every verb of `mil` in its quick form, and what it says to bad input; in process, so that exit codes are values."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from data_tools.hdf5 import list_tasks, read_tasks
from data_tools.pictures import read_log
from data_tools.video import read_video
from mil_core.cli import BAD_INPUT, OK, main
from mil_core.commands.exits import ANSWER_IS_NO
from mil_core.commands.output import num_cores
from sim.collect import task_at
from sim.tasks import TASKS

EXPERIMENTS = ("mil_reach", "daml_place")
WORLDS = {"mil_reach": "reach", "mil_reach_states": "reach_states", "daml_place": "place"}
MAIN_METHOD = {"mil_reach": "mil_two_head", "mil_reach_states": "mil_two_head", "daml_place": "daml_temporal"}
RESULT_KEYS = {
    "experiment", "checkpoint_sha256", "code_version", "seed", "tasks", "trials", "criterion", "methods",
}  # fmt: skip
METHOD_KEYS = {
    "successes", "n", "rate", "wilson95", "task_bootstrap95", "success_once", "success_at_end", "failures", "per_task",
}  # fmt: skip


pytestmark = pytest.mark.usefixtures("in_an_empty_folder")


def run(*words: object) -> int:
    return main([str(word) for word in words])


def read(path: Path | str) -> dict:
    return json.loads(Path(path).read_text())


def refuses(capsys, *words: object) -> str:
    """Run words that are bad input; returns the message."""
    assert run(*words) == BAD_INPUT
    return capsys.readouterr().err


# ---------------------------------------------------------------- the whole path


@pytest.mark.parametrize("name", WORLDS)
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
    assert len(read_video("episode.mp4")) == TASKS[WORLDS[name]].horizon_steps


def test_more_shots_adapt_otherwise_and_have_a_file_of_their_own(untrained):
    words = ("evaluate", "--experiment", "mil_reach", "--checkpoint", untrained("mil_reach"), "--quick", "--workers", 0)
    assert run(*words) == run(*words, "--shots", 2) == OK
    one, two = read("out/quick/mil_reach.json"), read("out/quick/mil_reach_2_shots.json")
    assert two["shots"] == 2 and "shots" not in one
    assert "mil_two_head" in one["methods"] and "mil_two_head_2shot" in two["methods"]
    assert two["methods"]["unadapted"] == one["methods"]["unadapted"]


def test_shots_are_of_demonstrations_alone(capsys, untrained):
    words = ("evaluate", "--experiment", "mandril_spriteworld", "--checkpoint", untrained("mandril_spriteworld"))
    assert "--shots: expected 1" in refuses(capsys, *words, "--shots", 2)


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


def test_a_run_may_begin_with_the_weights_of_a_checkpoint_and_its_card_says_so(untrained, capsys):
    words = ("train", "--experiment", "mil_reach", "--quick", "--threads", 1, "--iterations", 1, "--seed", 5)
    start = untrained("mil_reach")
    assert run(*words, "--out", "from", "--start-from", start) == OK
    assert run(*words, "--out", "random") == OK
    given, other, begun = (load_file(path / "model.safetensors") for path in (Path("from"), Path("random"), start))
    assert max((given[name] - begun[name]).abs().max() for name in begun) < 2e-3  # one step of Adam away
    assert max((other[name] - begun[name]).abs().max() for name in begun) > 2e-2
    assert f"--start-from {start}" in Path("from/card.md").read_text()
    assert "expected nowhere/config.json" in refuses(capsys, *words, "--out", "new", "--start-from", "nowhere")


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


@pytest.mark.parametrize("split", ["validation", "train"])
def test_another_split_is_judged_by_its_own_tasks_and_has_a_file_of_its_own(capsys, untrained, split):
    words = ("evaluate", "--experiment", "daml_place", "--checkpoint", untrained("daml_place"), "--seed", 5, "--quick")
    assert run(*words, "--workers", 0) == run(*words, "--workers", 0, "--split", split) == OK
    test, other = read("out/quick/daml_place.json"), read(f"out/quick/daml_place_{split}.json")
    assert other.pop("split") == split and other.keys() == test.keys()
    for name, content in (("test", test), (split, other)):
        tried = [row["task_id"] for row in content["methods"]["unadapted"]["per_task"]]
        assert tried == [task_at("place", name, 5, index).task_id for index in range(2)]
    message = refuses(capsys, "compare", "out/quick/daml_place.json", f"out/quick/daml_place_{split}.json")
    assert "expected the same tasks and trials in both" in message


@pytest.mark.parametrize(("name", "more"), [("flo_push", ()), ("mandril_tabletop", ()), ("daml_place", ("--retry",))])
def test_a_split_is_of_policies_alone(capsys, name, more):
    message = refuses(capsys, "evaluate", "--experiment", name, "--split", "validation", *more)
    assert message.startswith("mil: --split: expected a policy without --retry")


# ---------------------------------------------------------------- adapt, rollout, ingest, inspect, bench


def test_a_film_that_went_through_the_library_adapts_like_the_film_itself(untrained, noise_film):
    assert run("ingest", noise_film, "--library", "library") == OK
    kept = {"film.mp4", "film.png", "film.json", "films", "index.html"}
    assert {path.name for path in Path("library").iterdir()} == kept
    for video, out in ((noise_film, "direct"), ("library/film.mp4", "ingested")):
        assert run("adapt", "--checkpoint", untrained("daml_place"), "--video", video, "--out", out) == OK
    direct, ingested = read("direct/adapt.json"), read("ingested/adapt.json")
    assert direct["loss_before"] == pytest.approx(ingested["loss_before"], rel=0.2)
    assert direct["support_sha256"] == read("library/film.json")["original_sha256"]


def test_adapting_writes_what_it_was_made_of_and_keeps_what_is_there(untrained, noise_film, capsys):
    words = ("adapt", "--checkpoint", untrained("daml_place"), "--video", noise_film, "--out", "adapted")
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


def test_a_policy_adapted_from_another_checkpoint_does_not_move(untrained, noise_film, tmp_path, capsys):
    other = shutil.copytree(untrained("daml_place"), tmp_path / "other")
    weights = load_file(other / "model.safetensors")
    save_file({name: value + 1e-3 for name, value in weights.items()}, other / "model.safetensors")
    assert run("adapt", "--checkpoint", other, "--video", noise_film, "--out", "adapted") == OK
    message = refuses(capsys, "rollout", "--adapted", "adapted", "--experiment", "daml_place", "--checkpoint",
                      untrained("daml_place"), "--quick")  # fmt: skip
    assert "adapt again" in message


def test_everything_can_be_inspected(untrained, noise_film, capsys):
    assert run("collect", "--task", "reach", "--robot", "planar_arm", "--quick", "--out", "d.hdf5") == OK
    assert run("adapt", "--checkpoint", untrained("daml_place"), "--video", noise_film, "--out", "adapted") == OK
    capsys.readouterr()
    for path, word in (("d.hdf5", "demo_1"), (noise_film, "h264"), (untrained("mil_reach"), "mil_two_head"),
                       ("adapted", "adapted from checkpoint")):  # fmt: skip
        assert run("inspect", path) == OK
        assert word in capsys.readouterr().out
    assert run("inspect", noise_film, "--picture", "sheet.png") == OK
    assert Path("sheet.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["adapt", "control", "render"])
def test_a_bench_agrees_with_its_peer(untrained, name):
    assert run("bench", name, "--checkpoint", untrained("daml_place"), "--quick") == OK
    content = read(f"out/quick/bench_{name}.json")
    assert content["agreement"]["is_close"] and content["ratio"] > 0


def test_another_suite_is_timed_too_and_that_we_leave_out_its_shadows_is_told(untrained):
    words = ("--experiment", "mil_metaworld_push", "--checkpoint", untrained("mil_metaworld_push"), "--quick")
    assert run("bench", "control", *words) == OK
    assert run("bench", "render", *words) == ANSWER_IS_NO
    assert 1.0 < read("out/quick/bench_render.json")["agreement"]["difference"] < 30.0
