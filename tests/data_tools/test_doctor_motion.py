"""What the numbers of demonstrations say, against motions whose answer is known."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools.doctor_checks import JERK_DEMOS, jerk
from data_tools.doctor_facts import DemoFacts
from data_tools.doctor_motion import frozen_runs, jerks, statistics_agree, statistics_of


def facts(states: np.ndarray, is_repeat: np.ndarray) -> DemoFacts:
    return DemoFacts("demo_0", states=states.astype(np.float32), is_repeat=is_repeat, num_samples=len(states))


def test_equal_pictures_are_ordinary_while_nothing_moves():
    states = np.concatenate([np.linspace(0, 1, 10), np.ones(10)])[:, None]
    still = np.arange(19) >= 9
    assert frozen_runs(facts(states, still)) == []
    assert frozen_runs(facts(states, still | (np.arange(19) == 4) | (np.arange(19) == 5))) == [(4, 6)]
    assert frozen_runs(facts(states, np.ones(19, bool))) == [(0, 19)]


def test_one_pair_of_equal_pictures_among_many_is_no_frozen_camera():
    states = np.cumsum(np.random.default_rng(0).uniform(0.5, 1.5, 101))[:, None]
    steps = np.arange(100)
    assert frozen_runs(facts(states, steps == 40)) == []
    assert frozen_runs(facts(states, (steps >= 40) & (steps < 46))) == [(40, 46)]
    assert len(frozen_runs(facts(states, steps % 2 == 0))) > 20  # every second picture is a copy


def test_jerk_of_a_known_motion():
    times_s = {"actions": np.arange(50) * 0.1}

    def demo(name: str, actions: np.ndarray) -> DemoFacts:
        return DemoFacts(name, num_samples=50, states=np.zeros((50, 1), np.float32), times_s=times_s,
                         actions=actions[:, None].astype(np.float32))  # fmt: skip

    time = times_s["actions"]
    straight, curved = demo("straight", time), demo("curved", 3 * time**2)
    scale = np.concatenate([straight.actions, curved.actions]).astype(np.float64).std()
    assert jerks([straight, curved]) == pytest.approx({"curved": 6 / scale, "straight": 0.0}, abs=1e-3)


@given(st.integers(JERK_DEMOS, 2 * JERK_DEMOS), st.integers(1, 1000))
def test_no_demo_stands_out_where_most_move_without_any_jerk(count, speed):
    def demo(index: int, actions: np.ndarray) -> DemoFacts:
        times_s = {"actions": np.arange(20) / 8}  # eighths are exact, so that even motion has a jerk of zero
        states = np.zeros((20, 1), np.float32)
        return DemoFacts(f"demo_{index}", 20, states=states, times_s=times_s, actions=np.float32(actions)[:, None])

    steady = [demo(index, speed * np.arange(20) + index) for index in range(count)]
    jerky = demo(count, np.arange(20) % 3)
    for demos in (steady, [*steady, jerky]):
        assert list(jerk(SimpleNamespace(alike=demos), [])) == []


@given(st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_statistics_agree_with_themselves_and_with_nothing_else(count, seed):
    rng = np.random.default_rng(seed)
    made = [facts(rng.normal(size=(n, 2)), np.zeros(0, bool)) for n in (count, 3)]
    found = statistics_of(made)
    values = np.concatenate([demo.states for demo in made]).astype(np.float64)
    np.testing.assert_allclose(found["states"]["std"], values.std(0))
    assert statistics_agree(json.dumps(found), found)
    found["states"]["mean"][0] += 0.01
    assert not statistics_agree(json.dumps(statistics_of(made)), found)
