from dataclasses import replace

import pytest

from mil_core.checkpoint import load
from mil_core.commands.evaluate import run_all
from mil_core.evaluate import Episode, Protocol, method_result, results

PROTOCOL = Protocol(seed=3, tasks=4, trials=3, criterion="success_at_end")


def episode(task: int, trial: int, *, once: bool = False, end: bool = False, chosen: int = 0, method: str = "mine"):
    return Episode(method, task, f"task-{task}", trial, once, end, chosen)


def random_episodes(rng, method="mine"):
    drawn = rng.integers(0, 2, (PROTOCOL.tasks, PROTOCOL.trials, 2)).astype(bool)
    chosen = rng.integers(-1, 3, (PROTOCOL.tasks, PROTOCOL.trials))
    return [
        episode(i, k, once=bool(drawn[i, k].any()), end=bool(drawn[i, k, 0]), chosen=int(chosen[i, k]), method=method)
        for i in range(PROTOCOL.tasks)
        for k in range(PROTOCOL.trials)
    ]


def test_every_episode_is_a_success_or_one_kind_of_failure(rng):
    for _ in range(20):
        result = method_result(random_episodes(rng), PROTOCOL)
        assert result["successes"] + sum(result["failures"].values()) == result["n"] == 12
        assert result["successes"] == sum(task["successes"] for task in result["per_task"])
        assert result["rate"] == pytest.approx(result["successes"] / 12)


def test_failures_at_the_target_are_of_control_and_elsewhere_of_identification():
    episodes = [
        episode(0, 0, chosen=0),
        episode(0, 1, chosen=2),
        episode(0, 2, chosen=1),
        episode(1, 0, chosen=-1),
        episode(1, 1, end=True, once=True, chosen=0),
    ]
    result = method_result(episodes, PROTOCOL)
    assert result["failures"] == {"task_identification": 2, "control": 2}


def test_where_things_break_every_failure_has_one_cause_and_a_touch_comes_first(rng):
    for _ in range(20):
        episodes = [replace(e, has_touched=bool(rng.integers(2))) for e in random_episodes(rng)]
        result = method_result(episodes, PROTOCOL)
        failed = [e for e in episodes if not e.success_at_end]
        assert result["causes"] == {
            "touched_fragile": sum(e.has_touched for e in failed),
            "wrong_goal": sum(e.chosen > 0 for e in failed if not e.has_touched),
            "stopped_short": sum(e.chosen <= 0 for e in failed if not e.has_touched),
        }
        assert sum(result["causes"].values()) == sum(result["failures"].values()) == len(failed)
    assert "causes" not in method_result(random_episodes(rng), PROTOCOL)


@pytest.mark.parametrize(("criterion", "successes"), [("success_once", 2), ("success_at_end", 1)])
def test_the_criterion_decides_what_counts_and_both_rates_are_kept(criterion, successes):
    episodes = [episode(0, 0, once=True), episode(0, 1, once=True, end=True), episode(0, 2)]
    result = method_result(episodes, replace(PROTOCOL, criterion=criterion))
    assert result["successes"] == successes
    assert (result["success_once"], result["success_at_end"]) == pytest.approx((2 / 3, 1 / 3))


def test_the_order_of_episodes_changes_nothing(rng):
    episodes = random_episodes(rng)
    shuffled = [episodes[i] for i in rng.permutation(len(episodes))]
    ordered = sorted(shuffled, key=lambda e: (e.task_index, e.trial))
    assert method_result(ordered, PROTOCOL) == method_result(episodes, PROTOCOL)


@pytest.mark.parametrize(("tasks", "told"), [(3, [1, 2, 3]), (25, [3, 5, 8, 10, 13, 15, 18, 20, 23, 25])])
def test_where_there_is_no_terminal_the_standing_is_told_ten_times(capsys, tasks, told):
    done = run_all(lambda index: [episode(index, 0, end=index % 2 == 0)], tasks, 0, "success_at_end")
    assert [one.task_index for one in done] == list(range(tasks))
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("task ")]
    assert lines == [f"task {number}/{tasks}  mine {(number + 1) // 2}/{number}" for number in told]


def test_results_hold_each_method_apart_and_say_what_they_were_made_from(rng, untrained):
    checkpoint = load(untrained("mil_reach"))
    episodes = random_episodes(rng, "mine") + random_episodes(rng, "random")
    content = results(checkpoint, PROTOCOL, episodes)
    assert list(content["methods"]) == ["mine", "random"]
    assert content["methods"]["random"] == method_result(episodes[12:], PROTOCOL)
    assert content["checkpoint_sha256"] == checkpoint.sha256 and content["experiment"] == "mil_reach"
    assert (content["seed"], content["tasks"], content["trials"]) == (3, 4, 3)


def test_measures_are_means_over_tasks_within_their_intervals(rng):
    drawn = rng.uniform(size=(PROTOCOL.tasks, PROTOCOL.trials))
    episodes = [
        replace(episode(i, k), measures={"distance_m": drawn[i, k], "one": 1.0})
        for i in range(PROTOCOL.tasks)
        for k in range(PROTOCOL.trials)
    ]
    measures = method_result(episodes, PROTOCOL)["measures"]
    assert measures["distance_m"]["mean"] == pytest.approx(drawn.mean())
    low, high = measures["distance_m"]["task_bootstrap95"]
    assert drawn.mean(axis=1).min() <= low <= drawn.mean() <= high <= drawn.mean(axis=1).max()
    assert measures["one"] == {"mean": 1.0, "task_bootstrap95": [1.0, 1.0]}
    assert "measures" not in method_result(random_episodes(rng), PROTOCOL)
