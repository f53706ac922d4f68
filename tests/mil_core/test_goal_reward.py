"""From probabilities to rewards: two frames, cascades, calibration, novelty."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from mil_core.adapted_goal import AdaptedGoal, Cascade, GoalReward, Sighting, check_picture
from mil_core.calibration import (
    MOST_FALSE_ALARMS,
    Calibration,
    auroc,
    balanced_accuracy,
    calibration_error,
    fit,
)
from mil_core.errors import BadThreshold, SupportMismatch, UnusablePicture
from mil_core.novelty import Novelty

CHANCES = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=30)
SCORES = st.lists(st.tuples(st.floats(-5, 5), st.booleans()), min_size=4, max_size=40).filter(
    lambda rows: len({label for _, label in rows}) == 2
)


class Told:
    """A judge whose pictures are numbers: the probability, and whether they are novel."""

    calibration = Calibration(threshold=0.8)

    def look(self, picture: tuple[float, bool]) -> Sighting:
        return Sighting(picture[0], 2.0 if picture[1] else 0.5)


@given(CHANCES)
def test_nothing_is_rewarded_but_the_second_known_frame_above_the_threshold_and_those_that_follow(frames) -> None:
    reward, row = GoalReward(Told()), 0
    for chance, is_novel in frames:
        row = row + 1 if chance > 0.8 and not is_novel else 0
        assert reward.reward((chance, is_novel)) == (chance if row >= 2 else 0.0)
    reward.reset()
    assert reward.reward((1.0, False)) == 0.0 and reward.reward((1.0, False)) == 1.0


def test_a_picture_that_cannot_be_judged_breaks_the_row() -> None:
    class Blind(Told):
        def look(self, picture):
            if picture is None:
                raise UnusablePicture("black")
            return super().look(picture)

    reward = GoalReward(Blind())
    assert reward.reward((0.9, False)) == 0.0
    with pytest.raises(UnusablePicture):
        reward.reward(None)
    assert reward.reward((0.9, False)) == 0.0 and reward.reward((0.9, False)) == 0.9


@given(CHANCES, st.integers(1, 3))
def test_a_cascade_takes_one_goal_after_another(frames, num_goals: int) -> None:
    cascade, rewards, current = Cascade([Told()] * num_goals), [GoalReward(Told()) for _ in range(num_goals)], 0
    for frame in frames:
        expected = rewards[current].reward(frame) if current < num_goals else 0.0
        assert cascade.reward(frame) == expected
        current += expected > 0
        assert cascade.current == current and cascade.is_done == (current == num_goals)
    cascade.reset()
    assert cascade.current == 0


def test_an_empty_cascade_is_refused() -> None:
    with pytest.raises(SupportMismatch, match="at least one"):
        Cascade([])


@given(SCORES, st.booleans())
def test_calibration_keeps_the_order_and_lets_few_negatives_pass(rows, with_offset: bool) -> None:
    scores = np.array([score for score, _ in rows])
    labels = np.array([label for _, label in rows])
    weights = np.ones(len(rows))
    found = fit(scores, labels, weights, with_offset=with_offset)
    order = np.argsort(scores)
    assert (np.diff(found.probability(scores[order])) >= 0).all()
    assert 0 < found.threshold < 1
    if found.threshold < 1 - 1e-6:
        assert (found.probability(scores[~labels]) > found.threshold).mean() <= MOST_FALSE_ALARMS + 1e-9
    assert with_offset or found.offset == 0.0


@pytest.mark.parametrize(("slope", "offset"), [(0.3, 0.0), (4.0, 0.0), (2.0, -3.0)])
def test_calibration_finds_the_slope_that_made_the_labels(slope: float, offset: float) -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(0, 2, 40_000)
    labels = rng.random(len(scores)) < expit(slope * scores + offset)
    weights = np.ones(len(scores))
    found = fit(scores, labels, weights, with_offset=offset != 0)
    assert found.slope == pytest.approx(slope, rel=0.06) and found.offset == pytest.approx(offset, abs=0.15)
    assert calibration_error(found.probability(scores), labels, weights) < 0.01
    overconfident = Calibration(10 * slope, offset).probability(scores)
    assert calibration_error(overconfident, labels, weights) > 0.02


@given(SCORES)
def test_auroc_counts_pairs(rows) -> None:
    scores = np.array([score for score, _ in rows])
    labels = np.array([label for _, label in rows])
    apart = scores[labels][:, None] - scores[~labels][None]
    assert auroc(scores, labels) == pytest.approx(((apart > 0) + 0.5 * (apart == 0)).mean())


def test_measures_of_perfect_and_of_blind_guesses() -> None:
    labels = np.array([True, False] * 50)
    perfect, blind = labels.astype(float), np.full(100, 0.5)
    assert balanced_accuracy(perfect, labels, 0.5) == 1.0 and balanced_accuracy(blind, labels, 0.5) == 0.5
    assert calibration_error(perfect, labels, np.ones(100)) == 0.0 == calibration_error(blind, labels, np.ones(100))
    assert calibration_error(1 - perfect, labels, np.ones(100)) == 1.0
    assert np.isnan(auroc(blind, np.ones(100, bool)))


@pytest.mark.parametrize("threshold", [0.0, 1.0, -0.1, 1.5, float("nan"), float("inf")])
def test_a_threshold_outside_is_refused(threshold: float) -> None:
    with pytest.raises(BadThreshold, match="between 0 and 1"):
        Calibration(threshold=threshold)


@pytest.mark.parametrize(("slope", "offset"), [(0.0, 0.0), (-1.0, 0.0), (float("nan"), 0.0), (1.0, float("inf"))])
def test_a_calibration_that_turns_the_order_round_is_refused(slope: float, offset: float) -> None:
    with pytest.raises(BadThreshold, match="positive slope"):
        Calibration(slope, offset)


def edged(rng: np.random.Generator, row: int, count: int = 80) -> np.ndarray:
    """Pictures of a table whose edge is in this row, with things anywhere."""
    pictures = rng.normal(120, 3, (count, 32, 32, 3))
    pictures[:, :row] += 80
    for picture in pictures:
        top, left = rng.integers(0, 26, 2)
        picture[top : top + 6, left : left + 6] = rng.integers(0, 256, 3)
    return pictures.clip(0, 255).astype(np.uint8)


def test_another_view_is_novel_and_another_colour_is_not() -> None:
    rng = np.random.default_rng(0)
    novelty = Novelty.fit(edged(rng, 6), edged(rng, 6))
    known, turned = edged(rng, 6), edged(rng, 6)[..., ::-1]
    assert (novelty.distance(known) > 1.0).mean() < 0.1
    assert (novelty.distance(turned) > 1.0).mean() < 0.1
    for moved in (
        edged(rng, 16),
        edged(rng, 8),
        edged(rng, 3),
        edged(rng, 6).transpose(0, 2, 1, 3),
        edged(rng, 6)[:, ::-1],
    ):
        assert (novelty.distance(moved) > 1.0).mean() > 0.95
    again = Novelty.from_dict(novelty.to_dict())
    np.testing.assert_allclose(again.distance(known), novelty.distance(known))
    plain = novelty.to_dict()
    spoilt = [("limits", [1.0, 0.0]), ("limits", [1.0]), ("mean", [math.nan, *plain["mean"][1:]]), ("cell_spread", [])]
    for name, values in spoilt:
        with pytest.raises(ValueError, match="novelty"):
            Novelty.from_dict({**plain, name: values})


def test_goals_from_another_camera_are_named_and_nothing_is_rewarded_there() -> None:
    rng = np.random.default_rng(1)
    novelty = Novelty.fit(edged(rng, 6), edged(rng, 6))
    goals = [*edged(rng, 6, 3), *edged(rng, 18, 2)]
    judged = AdaptedGoal(lambda pictures: np.full(len(pictures), 9.0), Calibration(), novelty, goals)
    assert set(judged.novel_goals) >= {3, 4}
    reward = GoalReward(judged)
    assert judged.look(goals[3]).is_novel and [reward.reward(goals[3]) for _ in range(3)] == [0.0] * 3


@pytest.mark.parametrize(
    ("picture", "error"),
    [
        (np.zeros((4, 4, 3), np.uint8), UnusablePicture),
        (np.full((4, 4, 3), 255, np.uint8), UnusablePicture),
        (np.zeros((4, 5, 3), np.uint8), SupportMismatch),
        (np.zeros((4, 4, 3), np.float32), SupportMismatch),
        (None, SupportMismatch),
    ],
)
def test_pictures_that_show_nothing_are_refused(picture, error) -> None:
    with pytest.raises(error, match="the picture: expected"):
        check_picture(picture, (4, 4, 3), "the picture")
