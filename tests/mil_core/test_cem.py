"""Search over moves: it finds a hidden place, keeps to what can be done, and is the same again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mil_core.cem import CemConfig, search
from mil_core.errors import InvalidProblem

LOW_M, HIGH_M = np.array([0.4, -0.3]), np.array([0.9, 0.2])


def hidden(thing: int, place_m: np.ndarray):
    def score(things: np.ndarray, places_m: np.ndarray) -> np.ndarray:
        return np.where(things == thing, 1.0, 0.0) - np.linalg.norm(places_m - place_m, axis=1)

    return score


@settings(max_examples=30)
@given(st.integers(0, 3), st.floats(0.42, 0.88), st.floats(-0.28, 0.18), st.integers(0, 10**6))
def test_it_finds_the_thing_and_the_place(thing: int, x_m: float, y_m: float, seed: int) -> None:
    config = CemConfig(num_iterations=12)
    found = search(hidden(thing, np.array([x_m, y_m])), range(4), LOW_M, HIGH_M, config, np.random.default_rng(seed))
    assert found.thing == thing and np.linalg.norm(found.place_m - [x_m, y_m]) < 0.04
    assert found.score == pytest.approx(1 - np.linalg.norm(found.place_m - [x_m, y_m]))


def test_later_rounds_are_better_than_even_draws() -> None:
    score = hidden(2, np.array([0.6, 0.0]))
    errors = {
        rounds: np.mean([
            1 - search(score, range(4), LOW_M, HIGH_M, CemConfig(rounds, 120 // rounds), np.random.default_rng(k)).score
            for k in range(50)
        ])
        for rounds in (1, 4)
    }  # fmt: skip
    assert errors[4] < 0.6 * errors[1]


@given(st.integers(0, 10**6))
def test_every_draw_is_allowed_and_the_search_is_the_same_again(seed: int) -> None:
    def score(things: np.ndarray, places_m: np.ndarray) -> np.ndarray:
        assert set(things.tolist()) <= {1, 3}
        assert ((places_m >= LOW_M) & (places_m <= HIGH_M)).all()
        return np.where(places_m[:, 0] > 0.5, places_m[:, 1], -np.inf)

    one, other = (search(score, [1, 3], LOW_M, HIGH_M, CemConfig(), np.random.default_rng(seed)) for _ in range(2))
    assert one.thing == other.thing and one.score == other.score and one.place_m[0] > 0.5


def test_where_scores_are_flat_it_goes_to_the_middle() -> None:
    def score(things: np.ndarray, places_m: np.ndarray) -> np.ndarray:
        return np.where(np.linalg.norm(places_m - 0.5 * (LOW_M + HIGH_M), axis=1) < 0.15, 1.0, 0.0)

    found = [search(score, [0], LOW_M, HIGH_M, CemConfig(), np.random.default_rng(k)).place_m for k in range(40)]
    errors_m = np.linalg.norm(np.array(found) - 0.5 * (LOW_M + HIGH_M), axis=1)
    assert errors_m.mean() < 0.06  # of draws that are evenly spread in the disc it would be 0.1


def test_where_nothing_can_be_done_it_says_so() -> None:
    found = search(
        lambda things, _: np.full(len(things), -np.inf), [0], LOW_M, HIGH_M, CemConfig(), np.random.default_rng(0)
    )
    assert found.score == -np.inf
    with pytest.raises(InvalidProblem, match="found none"):
        search(hidden(0, LOW_M), [], LOW_M, HIGH_M, CemConfig(), np.random.default_rng(0))
