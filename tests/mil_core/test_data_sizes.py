"""What more data is worth: each network learns from the first tasks alone, and the figure goes on where it stopped."""

import json
import sys
from pathlib import Path

import pytest

from mil_core import checkpoint as checkpoints
from mil_core.cli import BAD_INPUT, main
from mil_core.commands import data_sizes
from mil_core.commands.train import Train
from mil_core.results_text import results_text

pytestmark = pytest.mark.usefixtures("in_an_empty_folder")


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["data_sizes", *words])
    return data_sizes.main()


def test_the_figure_has_every_method_at_every_size_and_learns_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("--quick", "--variants", "no_bias", "--workers", "0")
    assert run(monkeypatch, *words) == 0
    first = json.loads(Path("out/quick/mil_reach_states_sizes.json").read_text())
    assert [(size["tasks"], size["demos"]) for size in first["sizes"]] == [(1, 4), (2, 8)]
    for size in first["sizes"]:
        assert list(size["methods"]) == ["mil_two_head", "mil_no_bias", "unadapted", "random"]
        trained = checkpoints.load(Path("runs/sizes") / str(size["tasks"]) / "mil_reach_states")
        assert trained.sha256 == size["checkpoint_sha256"] and trained.experiment.data.used_tasks == size["tasks"]
    assert Path("out/quick/mil_reach_states_sizes.png").stat().st_size > 10_000

    text = results_text(Path("out/quick"), Path("checkpoints"))
    assert "| method | 4 | 8 |" in text and "| `mil_no_bias` | " in text
    assert "Again with: `python -m mil_core.commands.data_sizes --variants no_bias`." in text

    def never(self: Train) -> int:
        raise AssertionError("learned again")

    assert first["criterion"] == "success_once"
    monkeypatch.setattr(Train, "run", never)
    assert run(monkeypatch, *words) == 0
    assert json.loads(Path("out/quick/mil_reach_states_sizes.json").read_text())["sizes"] == first["sizes"]


def test_networks_of_more_steps_are_not_shown_as_ones_of_fewer(monkeypatch, capsys):
    words = ("train", "--experiment", "mil_reach_states", "--quick", "--tasks", "1", "--out")
    assert main([*words, "runs/sizes/1/mil_reach_states"]) == 0
    assert run(monkeypatch, "--sizes", "1", "--variants", "--iterations", "2") == BAD_INPUT
    assert "expected at most 2 steps, found 3; name another folder by --runs" in " ".join(
        capsys.readouterr().err.split()
    )


def test_fewer_tasks_are_another_scaling_of_the_same_file() -> None:
    for number in (1, 2):
        words = (
            "train",
            "--experiment",
            "mil_reach_states",
            "--quick",
            "--tasks",
            str(number),
            "--out",
            f"run{number}",
        )
        assert main(list(words)) == 0
    one, two = (checkpoints.load(Path(f"run{number}")) for number in (1, 2))
    assert one.data_sha256 == two.data_sha256
    assert one.statistics.states.mean.tolist() != two.statistics.states.mean.tolist()
    assert "the first 1 of 2" in Path("run1/card.md").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--experiment", "flo_rope"), "expected one that imitates"),
        (("--variants", "best"), "--variants: expected some of one_head"),
        (("--sizes", "0"), "sizes: expected at least 1"),
    ],
)
def test_bad_words_are_refused(monkeypatch: pytest.MonkeyPatch, capsys, words: tuple[str, ...], said: str) -> None:
    assert run(monkeypatch, *words) == 2
    assert said in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(("tasks", "said"), [("0", "at least 1"), ("3", "expected at most 2")])
def test_a_number_of_tasks_that_is_not_there_is_refused(capsys, tasks: str, said: str) -> None:
    assert main(["train", "--experiment", "mil_reach_states", "--quick", "--tasks", tasks, "--out", "run"]) == BAD_INPUT
    assert said in " ".join(capsys.readouterr().err.split())
    assert main(["train", "--experiment", "flo_rope", "--quick", "--tasks", "1", "--out", "run"]) == BAD_INPUT
