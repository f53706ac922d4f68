import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from mil_core.bench.comparison import Agreement, Comparison, Timing
from mil_core.checkpoint import load
from mil_core.commands.report import Report
from mil_core.evaluate import Episode, Protocol, results
from mil_core.headlines import IN_WORDS
from mil_core.results_text import BEGIN, END, ReportError, results_text, summary_text, with_results
from mil_core.reward_results_text import PLACES


@pytest.fixture
def folders(tmp_path, untrained):
    (tmp_path / "results").mkdir()
    shutil.copytree(untrained("mil_reach"), tmp_path / "checkpoints" / "mil_reach")
    episodes = [Episode(m, i, f"t{i}", 0, i < 3, i < 3, i % 2) for m in ("mil_one_head", "random") for i in range(5)]
    content = results(load(untrained("mil_reach")), Protocol(7, 5, 1, "success_once"), episodes)
    (tmp_path / "results" / "mil_reach.json").write_text(json.dumps(content))
    return tmp_path / "results", tmp_path / "checkpoints"


def test_the_table_says_what_the_file_says(folders):
    text = results_text(*folders)
    assert "| `mil_one_head` | 3/5 | 60.0% | 23.1% to 88.2% |" in text
    assert (
        "mil evaluate --experiment mil_reach --checkpoint checkpoints/mil_reach --seed 7 --tasks 5 --trials 1" in text
    )
    assert "another checkpoint" not in text


def test_results_of_another_checkpoint_are_said_to_be_so(folders):
    model = folders[1] / "mil_reach" / "model.safetensors"
    model.write_bytes(model.read_bytes() + b" ")
    assert "measured on another checkpoint" in results_text(*folders)


def test_where_things_break_the_table_says_what_broke(folders):
    path = folders[0] / "mil_reach.json"
    content = json.loads(path.read_text())
    for row in content["methods"].values():
        row["causes"] = {"touched_fragile": 11, "wrong_goal": 12, "stopped_short": 13}
    path.write_text(json.dumps(content))
    text = results_text(*folders)
    assert "| touched a glass | went to another object | fell short |" in text
    assert re.search(r"\| `mil_one_head` \| 3/5 \|.* 11 \| 12 \| 13 \|$", text, re.MULTILINE)


def test_a_second_definition_of_success_is_told(folders):
    path = folders[0] / "mil_reach.json"
    content = json.loads(path.read_text())
    assert "other definition" not in results_text(*folders)
    row = content["methods"]["mil_one_head"]
    row["measures"] = {"success_disc": {"mean": 0.5, "task_bootstrap95": [0.25, 0.75]}, "distance_m": {"mean": 0.1}}
    path.write_text(json.dumps(content))
    text = results_text(*folders)
    assert "By `success_disc`, the task's other definition of success: `mil_one_head` 50.0% (25.0% to 75.0%" in text
    assert "distance_m" not in text


def test_tasks_that_were_learned_from_are_not_called_new_and_stand_in_no_short_table(folders):
    path = folders[0] / "mil_reach.json"
    content = json.loads(path.read_text())
    assert "tasks never met" in results_text(*folders) and "`mil_reach`" in summary_text(folders[0])
    path.write_text(json.dumps(content | {"split": "test"}))
    assert "`mil_reach`" in summary_text(folders[0])
    path.write_text(json.dumps(content | {"split": "train"}))
    text = results_text(*folders)
    assert "5 new tasks of what training met x 1 scenes" in text and "never met" not in text
    assert "--seed 7 --tasks 5 --trials 1 --split train`" in text and "`mil_reach`" not in summary_text(folders[0])


def test_benches_are_listed_with_their_ratio(folders):
    agreement = Agreement("difference", 0.0, 1.0)
    row = Comparison("adapt", Timing.of("ours", [0.1]), Timing.of("the slow way", [0.4]), agreement, 1.0, "max_s")
    (folders[0] / "bench_adapt.json").write_text(json.dumps(row.to_dict()))
    assert "| adapt | 100.0 ms | 100.0 ms | 100.0 ms | 400.0 ms | 4.0 | the slow way |" in results_text(*folders)


def test_no_results_say_so(tmp_path):
    assert "No results yet" in results_text(tmp_path, tmp_path)


@pytest.mark.parametrize("content", ["{", "{}", '{"experiment": "x", "criterion": "never"}'])
def test_a_file_that_nobody_should_have_edited_is_refused(folders, content):
    (folders[0] / "mil_reach.json").write_text(content)
    with pytest.raises(ReportError, match="mil_reach.json"):
        results_text(*folders)


def test_only_what_stands_between_the_markers_changes():
    rng = np.random.default_rng(0)
    before, after = (f"text {rng.integers(1000)}\n" for _ in range(2))
    readme = f"{before}{BEGIN}\nold\n{END}{after}"
    once = with_results(readme, "new")
    assert once == f"{before}{BEGIN}\nnew\n{END}{after}"
    assert with_results(once, "new") == once


@pytest.mark.parametrize("readme", ["", BEGIN, END + BEGIN, BEGIN + END + BEGIN])
def test_a_readme_without_its_markers_is_refused(readme):
    with pytest.raises(ReportError):
        with_results(readme, "new")


def test_checking_finds_a_stale_readme_and_writing_mends_it(folders, tmp_path):
    pages = [tmp_path / "README.md", tmp_path / "results.md"]
    for page in pages:
        page.write_text(f"{BEGIN}\nold\n{END}\n")
    assert Report(*pages, *folders, check=True).run() == 1
    assert Report(*pages, *folders).run() == 0
    assert Report(*pages, *folders, check=True).run() == 0
    for page in pages:
        page.write_text(page.read_text().replace("60.0%", "61.0%"))
        assert Report(*pages, *folders, check=True).run() == 1
        assert Report(*pages, *folders).run() == 0
    pages[1].write_text("no markers")
    with pytest.raises(ReportError, match="results.md: expected the lines"):
        Report(*pages, *folders).run()


def test_the_short_table_shows_the_best_rival_and_the_wider_interval(folders):
    path = folders[0] / "mil_reach.json"
    content = json.loads(path.read_text())
    own = content["methods"]["mil_one_head"] | {"wilson95": [0.25, 0.85], "task_bootstrap95": [0.3, 0.9]}
    rate = {"n": 5, "wilson95": [0.0, 1.0]}
    rivals = {
        "lstm": rate | {"successes": 1, "rate": 0.2},
        "contextual": rate | {"successes": 2, "rate": 0.4},
        "mil_no_bias": rate | {"successes": 5, "rate": 1.0},
        "oracle": rate | {"successes": 5, "rate": 1.0},
    }
    content["methods"] = {"mil_one_head": own, **rivals, "unadapted": rate | {"successes": 0, "rate": 0.0}}
    path.write_text(json.dumps(content))
    row = " | `mil_one_head` 3/5 = 60.0% | 25.0% to 90.0% | `contextual` 2/5 = 40.0% | 0/5 = 0.0% |"
    assert f"| `mil_reach`: {IN_WORDS['mil_reach']}{row}" in summary_text(folders[0]).splitlines()
    path.write_text(json.dumps(content | {"shots": 5}))
    assert f"after 5 demonstrations{row}" in summary_text(folders[0])
    path.write_text(json.dumps(content | {"experiment": "mine"}))
    assert f"| `mine`{row}" in summary_text(folders[0]).splitlines()
    del content["methods"]["mil_one_head"], content["methods"]["mil_no_bias"]
    path.write_text(json.dumps(content))
    with pytest.raises(ReportError, match="mil_reach.json"):
        summary_text(folders[0])


def test_policies_of_the_rope_are_compared_with_such_as_see_the_same(folders):
    row = {"n": 3, "median_distance_m": 0.01, "quartiles_m": [0.01, 0.02], "quartiles": [0.1, 0.3]}
    rows = {m: row | {"median_distance": left} for m, left in (("flo", 0.2), ("pixel", 0.9), ("pixel_features", 0.5))}
    content = {"experiment": "flo_rope", "checkpoint_sha256": "0", "steps": 1, "shaping": "threshold", "cells": []}
    (folders[0] / "flo_rope_policies.json").write_text(json.dumps(content | {"command": "again", "methods": rows}))
    (line,) = (line for line in summary_text(folders[0]).splitlines() if "flo_rope" in line)
    assert line.endswith("| `flo` 0.20 | quartiles 0.10 to 0.30 | `pixel` 0.90 |  |")


def test_every_kind_of_results_has_its_line_in_the_short_table():
    rows = {row.split("`")[1] for row in summary_text(Path(__file__).parents[2] / "results").splitlines() if "`" in row}
    assert rows >= {"daml_place", "flo_arrange", "flo_rope", "mandril_spriteworld", "mandril_tabletop", "mil_push"}
    assert "by policies it rewards" in summary_text(Path(__file__).parents[2] / "results")


def test_learned_rewards_are_shown_by_place_and_number_of_demonstrations(folders):
    cell = {"mean": 3.14, "interval95": [1.0, 9.25], "n": 5, "seed": 7}
    panels = {panel: {"value_difference": {"1": cell, "7": cell}} for panel in PLACES}
    content = {"experiment": "x", "checkpoint_sha256": "0", "seed": 7, "tasks": 5, "trials": 1, "num_demos": [1, 7]}
    (folders[0] / "x.json").write_text(json.dumps(content | {"methods": {"mandril": panels}}))
    text = results_text(*folders)
    assert "| method | same scene, 1 | other scene, 1 | unseen sprites, 1 |" in text
    assert "| `mandril` |" + 3 * " 3.1 (1.0 to 9.2) |" in text


def test_a_recording_tells_what_it_cost(folders):
    agreement = Agreement("difference", 0.0, 1.0)
    row = Comparison("record", Timing.of("ours", [0.1]), Timing.of("the slow way", [0.4]), agreement, 1.0, "max_s")
    facts = {"cameras": 2, "rate_hz": 30, "seconds": 600.2, "core_share": 0.314, "core_share_budget": 0.5}
    facts |= {"dropped": 3, "pictures": 36000, "load_average_after": 7.25}
    path = folders[0] / "bench_record.json"
    path.write_text(json.dumps({**row.to_dict(), "recording": facts}))
    said = "for 600 s took 0.31 of a core (promised: 0.5) and dropped 3 of 36000 pictures, while 7.2 processes"
    assert said in results_text(*folders)
    path.write_text(json.dumps({**row.to_dict(), "recording": {}}))
    with pytest.raises(ReportError, match="mil bench record"):
        results_text(*folders)


def test_what_asking_gains_is_shown_by_place_with_its_command(folders):
    cell = {"mean": 3.14, "interval95": [1.0, 9.25], "n": 5, "seed": 7}
    rows = {place: dict.fromkeys(("one", "random", "asked", "gain"), cell) for place in ("same_scene", "other_scene")}
    content = {"experiment": "x", "checkpoint_sha256": "0", "tasks": 5, "command": "python -m some", "asking": rows}
    (folders[0] / "x.json").write_text(json.dumps(content))
    text = results_text(*folders)
    assert "| same scene |" + 4 * " 3.1 (1.0 to 9.2) |" in text and "| other scene |" in text
    assert "Again with: `python -m some`; measured on another checkpoint" in text


def test_planning_is_shown_by_setting_with_whose_fault_it_was(folders):
    row = {"successes": 3, "n": 4, "rate": 0.75, "wilson95": [0.25, 0.96], "pair_bootstrap95": [0.5, 1.0],
           "failures": {"classifier": 1, "planner": 0}}  # fmt: skip
    content = {"experiment": "x", "checkpoint_sha256": "0", "seed": 7, "tasks": 2, "trials": 2}
    settings = {"single": {"flo": row}, "two_tasks": {"flo": row | {"successes": 0, "rate": 0.0}}}
    (folders[0] / "x.json").write_text(json.dumps(content | {"settings": settings}))
    text = results_text(*folders)
    assert "| single | `flo` | 3/4 | 75.0% | 25.0% to 96.0% | 50.0% to 100.0% | 1 | 0 |" in text
    assert "3/4 = 75.0% | 25.0% to 100.0% |" in summary_text(folders[0])  # from end to end of both
    assert "| two tasks | `flo` | 0/4 | 0.0% |" in text
    assert "--tasks 2 --trials 2 --planning`" in text and "the simulator predicts" in text
    learned = content | {"predictor": "learned", "predictor_sha256": "1", "settings": settings}
    (folders[0] / "x.json").write_text(json.dumps(learned))
    assert "--planning --predictor learned`" in results_text(*folders) and "random play" in results_text(*folders)
    del row["failures"]
    (folders[0] / "x.json").write_text(json.dumps(content | {"settings": {"single": {"flo": row}}}))
    with pytest.raises(ReportError, match="failures"):
        results_text(*folders)
