"""Every page in docs/ tells the truth: its commands run, in their order, in a folder with a demo file and a film."""

import os
import re
import shlex
import shutil
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest

from mil_core.cli import OK, VERBS, main
from mil_core.commands.exits import ANSWER_IS_NO

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
MAY_SAY_NO = {"doctor", "validate", "replay", "compare"}
"""Verbs whose answer is about what they are given; on a page of instructions both answers are right."""


def commands(page: Path) -> list[list[str]]:
    """Words of every line of a page's shell blocks that begins with `mil`."""
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL)
    lines = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    return [words for words in lines if words and words[0] == "mil"]


HANDS = {"keyboard": "scripted", "gamepad": "scripted", "spacemouse": "scripted"}
"""Who stands in for the reader's hands."""


def in_quick_form(words: list[str]) -> list[str]:
    words = [HANDS.get(word, word) for word in words]
    verb = words[1]
    command = getattr(import_module(f"mil_core.commands.{verb}"), VERBS[verb][0])
    names = {field.name for field in fields(command)}
    threads = ["--threads", "1"] if "threads" in names else []
    return [*words[1:], *threads, *(["--quick"] if "quick" in names and "--quick" not in words else [])]


@pytest.fixture(scope="session")
def demos(tmp_path_factory) -> Path:
    """Three demonstrations of each of two tasks."""
    path = tmp_path_factory.mktemp("docs") / "demos.hdf5"
    words = ("collect", "--task", "reach", "--robot", "planar_arm", "--tasks", "2", "--demos", "3", "--workers", "0")
    assert main([*words, "--out", str(path)]) == OK
    return path


@pytest.fixture
def a_users_folder(tmp_path, in_an_empty_folder, noise_film, demos, untrained, monkeypatch):
    """A folder with demos.hdf5, film.mp4 and the shipped checkpoints, and no terminal."""
    shutil.copy(demos, tmp_path)
    for name in ("daml_place", "mil_reach"):
        shutil.copytree(untrained(name), tmp_path / "checkpoints" / name)
    with open(os.devnull) as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        yield tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_runs_in_its_order(page, a_users_folder):
    for words in commands(page):
        allowed = (OK, ANSWER_IS_NO) if words[1] in MAY_SAY_NO else (OK,)
        assert main(in_quick_form(words)) in allowed, " ".join(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page):
    for link in re.findall(r"\]\(([^):#]+)\)", page.read_text()):
        assert (page.parent / link).exists(), link


def test_the_page_on_validation_lists_every_check_with_its_severity():
    from data_tools.doctor import CHECKS

    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|.*\| (.*) \|$", (ROOT / "docs/validate.md").read_text(), re.MULTILINE)
    listed = {(name, severity, remedy != "no") for name, severity, remedy in rows}
    assert listed == {(check.name, check.severity, check.remedy is not None) for check in CHECKS}
