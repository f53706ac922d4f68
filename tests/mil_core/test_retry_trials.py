"""Trials with a retry: what counts as success, what is measured, and what happens where nobody is sure."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data_tools.demo import Observation
from mil_core.adapted_goal import Sighting
from mil_core.calibration import Calibration
from mil_core.checkpoint import load
from mil_core.cli import BAD_INPUT, OK, main
from mil_core.commands.retry_trials import RetryPlan, WatchedTrial, run_retry_task
from mil_core.commands.trials import Rival, outcome
from mil_core.errors import SupportMismatch, UnusablePicture
from mil_core.experiments import EXPERIMENTS
from mil_core.headlines import headlines
from mil_core.results_text import results_text
from mil_core.retry import RetryRule
from sim.collect import home_rng, layout_rng, task_at
from sim.env import Environment
from sim.experts.place import carrying_action
from sim.experts.push import PushExpert
from sim.robots.pr2 import PR2
from sim.robots.pr2_torque_arm import Pr2TorqueArm
from sim.tasks.place import CONTAINERS
from sim.tasks.push import OBJECTS, RELEASED_RADIUS_M

RULE = RetryRule(0.8, 0.1)
NUMBERS = 7, "test", 0, 1000


@pytest.fixture(scope="module")
def env() -> Iterator[Environment]:
    with Environment(task_at("place", "test", 7, 0), PR2()) as env:
        yield env


class Carrier:
    """Carries the item to one container in each attempt, in their order."""

    def __init__(self, env: Environment, *targets: int) -> None:
        self.env, self.targets = env, iter(targets)

    def reset(self) -> None:
        self.target = next(self.targets)

    def act(self, observation: Observation) -> np.ndarray:
        return carrying_action(self.env, self.env.data.body(CONTAINERS[self.target]).xpos[:2])


class Teller:
    """A judge that is told whether the task is done."""

    calibration = Calibration(threshold=RULE.threshold)

    def __init__(self, env: Environment, probability: Callable[[bool], float]) -> None:
        self.env, self.probability = env, probability

    def look(self, picture: np.ndarray) -> Sighting:
        return Sighting(self.probability(self.env.success()), 0.5)


class Blind(Teller):
    def look(self, picture: np.ndarray) -> Sighting:
        raise UnusablePicture("black")


def truth(is_done: bool) -> float:
    return 0.99 if is_done else 0.01


def watched(env: Environment, judge: Teller, *targets: int) -> tuple[bool, bool, int, dict[str, float]]:
    carrier = Carrier(env, *targets)
    trial = WatchedTrial(env, (carrier, carrier), judge, RULE, home_rng(*NUMBERS))
    return trial.outcome(layout_rng(*NUMBERS))


def measures(attempts: float, ended_early: float, missed: float, missed_wrongly: float) -> dict[str, float]:
    return {"attempts": attempts, "ended_early": ended_early, "missed": missed, "missed_wrongly": missed_wrongly}


def test_a_judge_that_knows_ends_a_success_and_repeats_a_failure_once(env: Environment) -> None:
    judge = Teller(env, truth)
    assert watched(env, judge, 0) == (True, True, 0, measures(1, 1, 0, 0))
    assert watched(env, judge, 1, 0) == (True, True, 0, measures(2, 1, 1, 0))
    assert watched(env, judge, 1, 2, 0) == (False, False, 2, measures(2, 0, 1, 0))


def test_a_second_attempt_has_a_policy_of_its_own(env: Environment) -> None:
    trial = WatchedTrial(env, (Carrier(env, 1), Carrier(env, 0)), Teller(env, truth), RULE, home_rng(*NUMBERS))
    assert trial.outcome(layout_rng(*NUMBERS)) == (True, True, 0, measures(2, 1, 1, 0))


@pytest.mark.parametrize("target", [0, 1])
def test_doubt_leaves_everything_as_without_a_judge(env: Environment, target: int) -> None:
    plain = outcome(env, Carrier(env, target), layout_rng(*NUMBERS))
    for judge in (Teller(env, lambda _: 0.5), Blind(env, truth)):
        assert watched(env, judge, target) == (*plain[:3], measures(1, 0, 0, 0))


def test_a_judge_that_is_wrong_costs_a_success_and_that_is_told(env: Environment) -> None:
    assert watched(env, Teller(env, lambda _: 0.01), 0, 1) == (True, False, 1, measures(2, 0, 1, 1))


def test_a_judge_that_sees_success_everywhere_ends_no_run_before_the_gripper_opens(env: Environment) -> None:
    assert watched(env, Teller(env, lambda _: 0.99), 0) == (True, True, 0, measures(1, 1, 0, 0))


class Pusher:
    """The expert, which sees the simulation itself."""

    def __init__(self, env: Environment) -> None:
        self.env, self.expert = env, PushExpert()

    def reset(self) -> None:
        pass

    def act(self, observation: Observation) -> np.ndarray:
        return self.expert.act(self.env)


class Goalkeeper(Teller):
    """Is told how far the target is from the goal, at this moment."""

    def look(self, picture: np.ndarray) -> Sighting:
        place_m = self.env.data.body(OBJECTS[0]).xpos[:2]
        return Sighting(self.probability(bool(np.linalg.norm(place_m) < RELEASED_RADIUS_M)), 0.5)


def test_where_no_gripper_lets_go_a_run_ends_by_itself() -> None:
    with Environment(task_at("push", "test", 7, 0), Pr2TorqueArm()) as env:
        pusher = Pusher(env)
        trial = WatchedTrial(env, (pusher, pusher), Goalkeeper(env, truth), RULE, home_rng(*NUMBERS))
        assert trial.outcome(layout_rng(*NUMBERS)) == (True, True, 0, measures(1, 0, 0, 0))


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, untrained: Callable[[str], Path]) -> Path:
    out = tmp_path_factory.mktemp("retry") / "daml_place_retry.json"
    words = f"evaluate --experiment daml_place --retry --tasks 1 --trials 1 --workers 0 --retry-below 0.9 --out {out}"
    folders = ["--checkpoint", str(untrained("daml_place")), "--goal-checkpoint", str(untrained("flo_place"))]
    assert main([*words.split(), *folders]) == OK
    return out


def test_both_methods_met_the_same_scenes_and_their_difference_is_told(measured: Path, tmp_path: Path) -> None:
    content = json.loads(measured.read_text())
    plain, retried = content["methods"]["daml_temporal"], content["methods"]["daml_temporal_retry"]
    assert [task["task_id"] for task in plain["per_task"]] == [task["task_id"] for task in retried["per_task"]]
    row = content["retry"]
    assert (row["first"], row["second"], row["failure_below"]) == ("daml_temporal_retry", "daml_temporal", 0.9)
    assert row["difference"] == pytest.approx(retried["rate"] - plain["rate"])
    assert row["difference95"][0] <= row["difference"] <= row["difference95"][1]
    (headline,) = headlines(content)
    assert "tried again where success is less likely than 0.9 |" in headline
    assert f"`daml_temporal_retry` {retried['successes']}/1" in headline
    assert f"`once` {plain['successes']}/1" in headline
    text = results_text(measured.parent, tmp_path)
    assert "A second attempt that a goal classifier asks for gains" in text
    assert "--trials 1 --retry --retry-below 0.9`" in text


def test_somebody_else_may_make_the_second_attempt_and_acts_alone_too(
    tmp_path: Path, untrained: Callable[[str], Path]
) -> None:
    out = tmp_path / "results" / "mil_push_retry.json"
    words = f"evaluate --experiment mil_push --retry --tasks 1 --trials 1 --workers 0 --retry-below 0.9 --out {out}"
    names = {"checkpoint": "mil_push", "goal-checkpoint": "flo_push", "second-checkpoint": "mil_push_video_temporal"}
    folders = [word for name, which in names.items() for word in (f"--{name}", str(untrained(which)))]
    assert main([*words.split(), *folders]) == OK
    content = json.loads(out.read_text())
    assert list(content["methods"]) == ["mil_two_head", "mil_video_temporal", "mil_two_head_retry"]
    row = content["retry"]["second_attempt"]
    assert (row["first"], row["second"]) == ("mil_two_head_retry", "mil_video_temporal")
    rates = [content["methods"][row[name]]["rate"] for name in ("first", "second")]
    assert row["difference"] == pytest.approx(rates[0] - rates[1])
    text = results_text(out.parent, tmp_path)
    assert "--retry --second-checkpoint checkpoints/mil_push_video_temporal --retry-below 0.9`" in text
    assert "`mil_video_temporal` makes it, adapted to the same; over that one alone it gains" in text
    (headline,) = headlines(content)
    assert "`once`" in headline and "mil_video_temporal" not in headline


def test_the_second_attempt_of_a_trial_is_the_second_policys(untrained: Callable[[str], Path]) -> None:
    folder, goals = untrained("mil_push"), untrained("flo_push")
    sha256, goal_sha256 = load(folder).sha256, load(goals).sha256
    twin = Rival("mil_two_head_second", folder, sha256)
    plan = RetryPlan(folder, sha256, goals, goal_sha256, seed=7, trials=1, failure_below=0.1, second=twin)
    episodes = {episode.method: episode for episode in run_retry_task(plan, 0)}
    assert set(episodes) == {"mil_two_head", "mil_two_head_second", "mil_two_head_retry"}
    assert episodes["mil_two_head"].measures == episodes["mil_two_head_second"].measures


@pytest.mark.parametrize(
    ("name", "differs"), [("mil_reach", "task"), ("daml_place", "task"), ("mil_push_released", "task")]
)
def test_somebody_who_cannot_act_there_is_refused(
    name: str, differs: str, untrained: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ["--checkpoint", str(untrained("mil_push")), "--second-checkpoint", str(untrained(name))]
    words = ["evaluate", "--experiment", "mil_push", "--retry", "--goal-checkpoint", str(untrained("flo_push"))]
    assert main([*words, *folders]) == BAD_INPUT
    assert f"expected the {differs} of mil_push" in capsys.readouterr().err


def test_a_film_and_a_demonstration_are_not_the_same_to_adapt_to() -> None:
    film, demo, watched = (EXPERIMENTS[name]() for name in ("daml_place", "mil_place", "mil_place_video"))
    demo.check_replaces(watched)
    watched.check_replaces(demo)
    small = replace(demo, policy=replace(demo.policy, image_height=64))
    for one, other, differs in ((demo, film, "support"), (film, watched, "support"), (small, demo, "picture size")):
        with pytest.raises(SupportMismatch, match=f"expected the {differs} of {other.name}"):
            one.check_replaces(other)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("--experiment flo_place --retry", "expected a policy and one shot"),
        ("--experiment daml_place --retry --shots 2", "expected a policy and one shot"),
        ("--experiment daml_place --retry --retry-below 1.0", "between 0 and 1"),
        ("--experiment daml_place --second-checkpoint somewhere", "expected --retry beside it"),
    ],
)
def test_what_cannot_be_tried_again_is_refused(
    words: str, expected: str, untrained: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", *words.split(), "--checkpoint", str(untrained("daml_place"))]) == BAD_INPUT
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "expected"), [("flo_arrange", "found those of arrange"), ("daml_place", "classifier")]
)
def test_a_judge_of_something_else_is_refused(
    name: str, expected: str, untrained: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ["--checkpoint", str(untrained("daml_place")), "--goal-checkpoint", str(untrained(name))]
    assert main(["evaluate", "--experiment", "daml_place", "--retry", *folders]) == BAD_INPUT
    assert expected in capsys.readouterr().err
