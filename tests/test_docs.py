"""The README tells the truth: its commands run, its files exist, its numbers are those of the results."""

import json
import re
import shlex
import shutil
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest

from mil_core.cli import OK, VERBS, main
from mil_core.commands.exits import ANSWER_IS_NO
from mil_core.commands.report import Report

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


def commands(program: str) -> list[list[str]]:
    """Words of every line of the README's shell blocks that begins with a program's name."""
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    lines = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    return [words for words in lines if words and words[0] == program]


def named_paths() -> set[str]:
    """Everything in backquotes that looks like a file or folder of this repository, and every link and picture."""
    quoted = {word for word in re.findall(r"`([^`\s]+)`", README) if "/" in word and not word.startswith(("out/", "."))}
    return quoted | set(re.findall(r"\]\(([^):]+)\)", re.sub(r"<!--.*?-->", "", README, flags=re.DOTALL)))


def in_quick_form(words: list[str]) -> list[str]:
    verb = words[1]
    command = getattr(import_module(f"mil_core.commands.{verb}"), VERBS[verb][0])
    names = {field.name for field in fields(command)}
    threads = ["--threads", "1"] if "threads" in names else []
    return [*words[1:], *threads, *(["--quick"] if "quick" in names else [])]


@pytest.fixture
def a_users_folder(tmp_path, in_an_empty_folder, noise_film, untrained):
    """An empty folder with the shipped files that the commands name, and somebody's film."""
    for name in ("daml_place", "mil_reach"):
        shutil.copytree(untrained(name), tmp_path / "checkpoints" / name)
    for name in ("README.md", "docs/results.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    assert noise_film == tmp_path / "film.mp4"
    return tmp_path


def test_every_command_of_the_readme_runs_in_its_order(a_users_folder):
    lines = commands("mil")
    assert {words[1] for words in lines} >= {"doctor", "ingest", "adapt", "rollout", "train", "evaluate", "bench"}
    for words in lines:
        allowed = (OK, ANSWER_IS_NO) if words[1] == "doctor" else (OK,)  # the doctor speaks of this machine
        assert main(in_quick_form(words)) in allowed, " ".join(words)


def test_every_make_target_of_the_readme_exists():
    makefile = (ROOT / "Makefile").read_text()
    targets = {words[1] for words in commands("make")}
    assert targets == {"demo", "test"}
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_every_launch_file_of_the_readme_exists():
    launched = [words[3] for words in commands("ros2") if words[1] == "launch"]
    assert launched and all((ROOT / "launch" / name).is_file() for name in launched)


def test_every_service_of_the_readme_is_one_of_the_safety_gate():
    called = [words[3] for words in commands("ros2") if words[1] != "launch"]
    gate = (ROOT / "ros2_ws/src/mil_safety/mil_safety/gate_node.py").read_text()
    assert called and all(f'"{name.replace("/safety_gate", "~")}"' in gate for name in called)


@pytest.mark.parametrize("path", sorted(named_paths()))
def test_every_path_of_the_readme_exists(path):
    assert (ROOT / path).exists()


def test_the_readme_names_no_verb_that_does_not_exist():
    unknown = {words[1] for words in commands("mil")} - set(VERBS)
    assert unknown == set()


@pytest.mark.parametrize("name", ["flo_arrange", "flo_place", "flo_push"])
def test_no_goal_is_asked_about_twice_in_the_results(name):
    rows = json.loads((ROOT / "results" / f"{name}.json").read_text())["methods"]["flo"]["per_task"]
    asked = [(row["group"], *row["task"]) for row in rows]
    assert len(set(asked)) == len(asked) >= 30


def test_the_numbers_of_the_pages_are_those_of_the_results():
    pages = ROOT / "README.md", ROOT / "docs" / "results.md"
    report = Report(*pages, ROOT / "results", ROOT / "checkpoints", check=True)
    assert report.run() == 0, "type: mil report"
