"""Verdicts on pairs of results."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mil_core.cli import BAD_INPUT, OK, main
from mil_core.commands.exits import ANSWER_IS_NO
from mil_core.compare import NotComparable, compare
from mil_core.evaluate import Episode, Protocol, method_result

TRIALS = 3
outcomes = st.lists(st.tuples(*[st.booleans()] * TRIALS), min_size=2, max_size=12)


def content(methods: dict[str, list], seed: int = 7) -> dict:
    """A results file in which each method has these outcomes, task by task."""
    protocol = Protocol(seed, len(next(iter(methods.values()))), TRIALS, "success_at_end")
    rows = {}
    for method, tasks in methods.items():
        episodes = [
            Episode(method, index, f"task-{index}", trial, done, done, 0)
            for index, task in enumerate(tasks)
            for trial, done in enumerate(task)
        ]
        rows[method] = method_result(episodes, protocol)
    head = {"experiment": "x", "seed": seed, "tasks": protocol.tasks, "trials": TRIALS, "criterion": protocol.criterion}
    return head | {"methods": rows}


@given(outcomes, st.data())
def test_the_difference_is_that_of_the_rates_and_turns_its_sign_with_the_order(tasks, data):
    others = data.draw(st.lists(st.tuples(*[st.booleans()] * TRIALS), min_size=len(tasks), max_size=len(tasks)))
    both = content({"a": tasks, "b": others})
    there, back = compare(both, "a", both, "b"), compare(both, "b", both, "a")
    counts = sum(map(sum, tasks)) - sum(map(sum, others))
    assert there.difference == pytest.approx(counts / (TRIALS * len(tasks)))
    assert there.difference == -back.difference
    assert there.difference95 == pytest.approx((-back.difference95[1], -back.difference95[0]), abs=0.12)
    assert there.difference95[0] <= there.difference + 1e-9 and there.difference95[1] >= there.difference - 1e-9


@given(outcomes)
def test_a_method_is_never_better_than_itself(tasks):
    both = content({"a": tasks})
    verdict = compare(both, "a", both, "a")
    assert verdict.difference95 == (0.0, 0.0) and not verdict.is_first_better
    assert verdict.sentence == "these trials do not tell a and a apart"


def test_pairs_of_tasks_tell_more_than_two_separate_intervals():
    hard, easy = (False,) * TRIALS, (True,) * TRIALS
    one_more = [(True, False, False)] * 6 + [easy] * 6
    both = content({"a": one_more, "b": [hard] * 6 + [easy] * 6})
    verdict = compare(both, "a", both, "b")
    assert verdict.is_first_better
    first, second = (both["methods"][name]["wilson95"] for name in "ab")
    assert first[0] < second[1]  # which alone would not have told


@pytest.mark.parametrize("name", ["seed", "trials", "criterion", "experiment", "tasks"])
def test_what_was_measured_differently_is_not_compared(name):
    one = content({"a": [(True,) * TRIALS] * 2})
    with pytest.raises(NotComparable, match=f"same {name} in both"):
        compare(one, "a", one | {name: "other"}, "a")


def test_other_tasks_under_the_same_numbers_are_not_compared():
    one, other = (content({"a": [(True,) * TRIALS] * 2}) for _ in range(2))
    other["methods"]["a"]["per_task"][0]["task_id"] = "another"
    with pytest.raises(NotComparable, match="same tasks"):
        compare(one, "a", other, "a")


def test_one_demonstration_is_compared_with_several_without_naming_methods(tmp_path, capsys):
    one, several = tmp_path / "one.json", tmp_path / "several.json"
    one.write_text(json.dumps(content({"good": [(False,) * TRIALS] * 6})))
    several.write_text(json.dumps(content({"good_5shot": [(True,) * TRIALS] * 6, "x": [(False,) * TRIALS] * 6})))
    assert main(["compare", str(several), str(one)]) == OK
    assert "good_5shot is better than good" in capsys.readouterr().out
    assert main(["compare", str(one), str(several)]) == ANSWER_IS_NO


def test_the_command_says_it_and_its_exit_code_too(tmp_path, capsys):
    path = tmp_path / "results.json"
    path.write_text(json.dumps(content({"good": [(True,) * TRIALS] * 6, "unadapted": [(False,) * TRIALS] * 6})))
    assert main(["compare", str(path), "--out", str(tmp_path / "verdict.json")]) == OK
    assert "good is better than unadapted" in capsys.readouterr().out
    verdict = json.loads((tmp_path / "verdict.json").read_text())
    assert verdict["difference"] == 1.0 and verdict["difference95"] == [1.0, 1.0]
    assert main(["compare", str(path), "--method", "unadapted", "--against", "good"]) == ANSWER_IS_NO
    assert main(["compare", str(path), str(path)]) == ANSWER_IS_NO


@pytest.mark.parametrize("text", ["{", "{}", '{"methods": {}}', '{"methods": {"a": {}}}'])
def test_files_of_another_kind_are_refused(tmp_path, capsys, text):
    (tmp_path / "x.json").write_text(text)
    assert main(["compare", str(tmp_path / "x.json")]) == BAD_INPUT
    assert "expected" in capsys.readouterr().err
    assert main(["compare", str(tmp_path / "missing.json")]) == BAD_INPUT


def test_an_unknown_method_is_told_the_known_ones():
    one = content({"a": [(True,) * TRIALS] * 2})
    with pytest.raises(NotComparable, match="one of the methods a, found 'b'"):
        compare(one, "a", one, "b")


@pytest.mark.parametrize("num_tasks", range(1, 8))
def test_a_handful_of_tasks_decides_nothing_however_clear_they_are(num_tasks):
    both = content({"a": [(True,) * TRIALS] * num_tasks, "b": [(False,) * TRIALS] * num_tasks})
    verdict, back = compare(both, "a", both, "b"), compare(both, "b", both, "a")
    by_chance = 2 * 0.5**num_tasks  # a sign test, two-sided
    assert verdict.difference95 == (1.0, 1.0) and verdict.tasks_that_differ == num_tasks
    assert verdict.is_first_better == (by_chance < 0.05)
    assert ("worse" in back.sentence) == (by_chance < 0.05) and not back.is_first_better
