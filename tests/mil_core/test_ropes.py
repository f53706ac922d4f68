"""Goal classifiers for shapes: what the network sees, which pictures count, what is rewarded, what is learned."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from data_tools.rope_pictures import RopePictures
from data_tools.rope_shapes import DIFFERENT_M, shape_distance_m
from mil_core.algorithms.flo import Flo, FloConfig
from mil_core.baselines.goal_distances import OracleDistance, PixelDistance
from mil_core.baselines.unadapted_goals import ViewDistance
from mil_core.calibration import Calibration
from mil_core.evaluate_ropes import evaluate_shapes, shape_tests, shown_goals
from mil_core.experiments import EXPERIMENTS
from mil_core.goal_rewards import LINEAR_LOGIT, Gain, classifier_reward, log_odds, nearness
from mil_core.goal_tasks import NUM_GOALS
from mil_core.inner_loop import InnerConfig
from mil_core.novelty import Novelty
from mil_core.rope_net import RopeNet, RopeNetConfig, around_rope
from mil_core.rope_tasks import RopeSampler, varied

SIDE, BEADS = 32, 4
NET = RopeNetConfig(SIDE, SIDE, filters=4, hidden=(8, 8), window=16)


def drawn(places: np.ndarray) -> np.ndarray:
    """Red beads on a grey table; places are columns and rows."""
    picture = np.full((SIDE, SIDE, 3), 150, np.uint8)
    for col, row in places.round().astype(int):
        picture[row : row + 2, col : col + 2] = (210, 30, 30)
    return picture


def toy_task(seed: int, bend: float, num_goals: int = 9, num_small: int = 4) -> RopePictures:
    """A goal that is bent upwards by so many pixels, all over the picture; small moves are bent by half a pixel."""
    rng, pictures, beads = np.random.default_rng(seed), [], []
    for number in range(num_goals + num_small):
        height = bend if number < num_goals else 0.5
        places = np.array([[0, 0], [4, height], [8, height], [12, 0]]) + rng.integers(6, 14, 2)
        pictures.append(drawn(places))
        beads.append(0.01 * places)
    goal_m = 0.01 * np.array([[0, 0], [4, bend], [8, bend], [12, 0]])
    return RopePictures(
        f"toy-{seed}",
        np.stack(pictures),
        np.stack(beads).astype(np.float32),
        (goal_m - goal_m.mean(0)).astype(np.float32),
        np.arange(num_goals + num_small) < num_goals,
    )


TASKS = [toy_task(seed, bend) for seed, bend in enumerate((5.0, -5.0, 9.0, 5.4))]
NOVELTY = Novelty.fit(TASKS[0].pictures, TASKS[1].pictures)


def flo(config: RopeNetConfig = NET) -> Flo:
    torch.manual_seed(0)
    return Flo(RopeNet(config), NOVELTY, FloConfig(InnerConfig(2, 0.5, None), 2))


def batch():
    return RopeSampler(TASKS, 4, 3, 2, augment=False).draw(0, np.random.default_rng(0))


@given(col=st.integers(2, 16), row=st.integers(6, 20), bend=st.integers(-4, 4))
@settings(max_examples=20)
def test_the_window_shows_the_same_wherever_the_rope_lies(col: int, row: int, bend: int) -> None:
    shape = np.array([[0, 0], [4, bend], [8, bend], [12, 0]])
    places = ((col, row), (9, 13))
    one, other = (torch.from_numpy(drawn(shape + place)).permute(2, 0, 1)[None] / 255 for place in places)
    torch.testing.assert_close(around_rope(one, 16), around_rope(other, 16), atol=5e-3, rtol=0)
    middle = around_rope(one, 16)[0, 0] - around_rope(one, 16)[0, 1]
    rows, cols = torch.nonzero(middle > 0.1, as_tuple=True)
    assert abs(float(rows.float().mean()) - 7.5) < 1.0 and abs(float(cols.float().mean()) - 7.5) < 1.0


def test_in_the_view_of_a_window_a_rope_that_lies_elsewhere_is_as_near_as_it_was() -> None:
    shape, bent = (np.array([[0, 0], [4, bend], [8, bend], [12, 0]]) for bend in (3, -3))
    goal, moved, other = (drawn(form + place) for form, place in ((shape, (4, 8)), (shape, (15, 20)), (bent, (4, 8))))
    learner = flo()
    view, pixel = ViewDistance(learner), PixelDistance(NOVELTY, SIDE, SIDE)
    near, far = view.adapt([goal, goal])._score(np.stack([moved, other]))
    assert -0.2 < near and far < 10 * near
    near, far = pixel.adapt([goal, goal])._score(np.stack([moved, other]))
    assert near < far < 0


def test_the_window_of_a_picture_without_a_rope_is_its_middle() -> None:
    picture = torch.rand(1, 1, SIDE, SIDE).expand(1, 3, SIDE, SIDE)
    torch.testing.assert_close(around_rope(picture, 16), picture[..., 8:24, 8:24], atol=1e-4, rtol=0)


def test_every_picture_counts_as_what_it_shows_and_shapes_that_are_too_alike_for_nothing() -> None:
    found = batch()
    weight, labels = found.weight[0].numpy(), found.labels[0].numpy() > 0.5
    per_task = NUM_GOALS + 3 + 2
    for task in range(4):
        assert weight[task][labels[task]].sum() == pytest.approx(0.5)
        assert weight[task][~labels[task]].sum() == pytest.approx(0.5)
        assert (weight[:, task * per_task : task * per_task + NUM_GOALS] == 0).all()  # goals judge nobody
        small = [k for k in range(4 * per_task) if k % per_task >= NUM_GOALS + 3]
        assert weight[task][small].sum() == pytest.approx(0.25)
    # Tasks 0 and 3 have nearly the same shape.
    assert shape_distance_m(TASKS[0].goal_m, TASKS[3].goal_m) < DIFFERENT_M
    assert (weight[0, 3 * per_task : 3 * per_task + NUM_GOALS + 3] == 0).all()
    assert not labels[0, 3 * per_task :].any()


@given(st.integers(0, 100))
@settings(max_examples=15)
def test_a_mirror_keeps_what_is_alike(seed: int) -> None:
    before, after = batch(), varied(batch(), np.random.default_rng(seed))
    one, other = (torch.cdist(found.apart_m[0, 0], found.apart_m[0, 0]) for found in (before, after))
    torch.testing.assert_close(one, other)
    assert torch.equal(before.labels, after.labels) and torch.equal(before.weight, after.weight)
    assert after.pictures.shape == before.pictures.shape and float(after.pictures.max()) <= 1


@pytest.mark.parametrize("is_centred", [True, False])
def test_the_meta_gradient_passes_finite_differences_through_the_inner_loop(is_centred: bool) -> None:
    learner = flo(dataclasses.replace(NET, centred=is_centred)).double()
    task = batch()
    task = task._replace(pictures=task.pictures.double(), labels=task.labels.double(), weight=task.weight.double())
    learner.meta_loss(task).total.backward()
    for name in ("network.layers.0.weight", "network.convolutions.0.weight", "scales.weight_2"):
        value = learner.get_parameter(name)
        direction = torch.randn_like(value)
        up, down = (moved_loss(learner, task, value, sign * 1e-8 * direction) for sign in (1, -1))
        numeric = (up - down) / 2e-8  # small: normalised flat tables put kinks close by
        assert float((value.grad * direction).sum()) == pytest.approx(numeric, rel=1e-3, abs=1e-5), name


def moved_loss(learner: Flo, task, value: torch.Tensor, step: torch.Tensor) -> float:
    with torch.no_grad():
        value += step
    loss = float(learner.meta_loss(task).total.detach())
    with torch.no_grad():
        value -= step
    return loss


def test_training_and_deployment_give_the_same_logits_and_the_inner_loop_makes_its_goals_likelier() -> None:
    learner, task = flo(), batch()
    trained, _ = learner._query_logits(task)
    torch.testing.assert_close(learner.task_scores(task)[0], trained.detach(), atol=1e-4, rtol=1e-3)
    still = Flo(learner.network, NOVELTY, FloConfig(InnerConfig(0, 0.5, None), 0))
    own = task.support[0, 0]
    assert (learner.task_scores(task)[0, 0, own] > still.task_scores(task)[0, 0, own]).all()


def test_the_oracle_judges_shapes_it_never_met_without_error_and_pixels_do_not() -> None:
    clear = [toy_task(seed, bend) for seed, bend in enumerate((5.0, -5.0, 9.0))]
    tests = shape_tests(clear, 0)
    for number, (queries, truth) in enumerate(zip(tests.queries, tests.truths(), strict=True)):
        assert not set(shown_goals(tests, number)) & set(queries)
        assert truth.sum() == 4 and (~truth).sum() == 8  # four small moves, and four goals of others
        assert tests.shows[queries].sum() == 8
    learners = {"oracle": OracleDistance(NOVELTY, SIDE, SIDE), "pixel": PixelDistance(NOVELTY, SIDE, SIDE)}
    for learner in learners.values():
        learner.finish(RopeSampler(clear, 3, 4, 4, augment=False))
    found = evaluate_shapes(learners, tests, 0)
    assert found["oracle"]["auroc"]["mean"] == 1.0 > found["pixel"]["auroc"]["mean"]
    assert found["oracle"]["found"] == found["oracle"]["refused_small"] == found["oracle"]["refused_other"] == 1.0
    assert [row["task"] for row in found["oracle"]["per_task"]] == [task.task_id for task in clear]


class Judge:
    """A learner whose score of a picture is its brightness."""

    calibration = Calibration(1.0, 0.0, 0.8)

    def see(self, pictures: torch.Tensor, apart_m: torch.Tensor) -> torch.Tensor:
        return 10 * (pictures.mean((1, 2, 3))[:, None] - 0.5)

    def judge(self, goals: torch.Tensor):
        return lambda seen: seen[:, 0]


def pictures_of(*levels: float) -> np.ndarray:
    return np.stack([np.full((4, 4, 3), round(255 * level), np.uint8) for level in levels])


def shown(*levels: float) -> dict[str, np.ndarray]:
    return {"image": pictures_of(*levels)}


def test_the_thesis_rewards_the_second_picture_above_the_threshold_and_no_picture_of_the_next_episode() -> None:
    reward, yes = classifier_reward(Judge(), pictures_of(1.0), "threshold"), 0.9
    probability = 1 / (1 + np.exp(-10 * (round(255 * yes) / 255 - 0.5)))
    reward.begin(shown(yes, yes), np.array([True, True]))
    assert reward(shown(yes, 0.2)).tolist() == [0, 0]
    np.testing.assert_allclose(reward(shown(yes, yes)), [probability, 0], rtol=1e-5)
    np.testing.assert_allclose(reward(shown(yes, yes)), [probability, probability], rtol=1e-5)
    reward.begin(shown(0.2, 0.2), np.array([True, False]))
    np.testing.assert_allclose(reward(shown(yes, 0.55)), [0, 0])  # a new one; a gap
    np.testing.assert_allclose(reward(shown(yes, yes)), [probability, 0], rtol=1e-5)


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=6), st.floats(-5, 5), st.floats(-5, 5))
def test_the_gains_of_an_episode_add_up_to_what_was_gained_in_all(
    ways: list[float], start: float, other: float
) -> None:
    def place(*levels: float) -> dict[str, np.ndarray]:
        return {"state": np.array(levels)}

    reward = Gain(lambda observations: -np.abs(observations["state"]))
    reward.begin(place(other, other), np.array([True, True]))
    reward(place(3.0, 3.0))
    reward.begin(place(start, 99.0), np.array([True, False]))  # the second environment goes on from 3
    gains = np.array([reward(place(level, level)) for level in ways])
    np.testing.assert_allclose(gains.sum(0), [abs(start) - abs(ways[-1]), 3.0 - abs(ways[-1])], atol=1e-5)


def test_log_odds_are_the_calibrated_logits_and_compressed_ones_keep_their_order() -> None:
    levels = (0.0, 0.3, 0.5, 0.7, 1.0)
    logits = 10 * (np.round(255 * np.array(levels)) / 255 - 0.5)
    plain, compressed = (
        log_odds(Judge(), pictures_of(1.0), is_compressed=is_compressed)(shown(*levels))
        for is_compressed in (False, True)
    )
    np.testing.assert_allclose(plain, logits, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(LINEAR_LOGIT * np.sinh(compressed), logits, rtol=1e-5, atol=1e-6)
    assert (np.diff(compressed) > 0).all() and (np.abs(compressed) <= np.abs(plain) / LINEAR_LOGIT + 1e-6).all()


def test_a_picture_is_worth_most_that_is_nearest_to_any_goal() -> None:
    found = nearness(PixelDistance(NOVELTY, 4, 4), pictures_of(0.2, 0.8))(shown(0.2, 0.3, 0.5, 0.8))
    assert found[0] == found[3] == 0.0 > found[1] > found[2]


def test_a_step_towards_the_goal_is_rewarded_by_every_shaping_that_tells_failures_apart() -> None:
    for shaping in ("log_odds", "compressed_log_odds"):
        reward = classifier_reward(Judge(), pictures_of(1.0), shaping)
        reward.begin(shown(0.1, 0.1), np.array([True, True]))
        up, down = reward(shown(0.3, 0.05))
        assert up > 0 > down


@pytest.mark.parametrize("name", ["flo_rope", "flo_rope_autoencoder", "flo_rope_spatial_autoencoder"])
def test_an_experiment_builds_what_its_configuration_says(name: str) -> None:
    experiment = EXPERIMENTS[name]().quick()
    learner = experiment.build(NOVELTY)
    scores = learner.judge(learner.see(torch.rand(5, 3, 64, 64), torch.empty(0)).detach())
    assert scores(learner.see(torch.rand(2, 3, 64, 64), torch.empty(0)).detach()).shape == (2,)
    assert experiment.data_label == "flo_rope"
