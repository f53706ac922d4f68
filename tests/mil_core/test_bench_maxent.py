import numpy as np
import pytest
import torch

from mil_core.bench.maxent import GOAL, HORIZON, bench_maxent, problems, run_peers
from mil_core.bench.maxent_cost import cost_by_size, draw_cost, memory_over_meta_steps
from mil_core.errors import PeerMissing
from mil_core.maxent import soft_policy
from mil_core.transitions import Transitions


def visits_by_hand(next_state, reward, start):
    """Soft values and visits of one task with one loop over states, in numpy alone."""
    value, policies = np.zeros(len(reward)), []
    for _ in range(HORIZON):
        after = value[next_state]
        top = after.max(axis=1, keepdims=True)
        weight = np.exp(after - top)
        policies.append(weight / weight.sum(axis=1, keepdims=True))
        value = reward + top[:, 0] + np.log(weight.sum(axis=1))
    visits, total = start, start.copy()
    for policy in policies[:0:-1]:
        visits = np.bincount(next_state.ravel(), (visits[:, None] * policy).ravel(), len(reward))
        total += visits
    return total


@pytest.fixture
def given(rng):
    return problems(rng)


@pytest.fixture
def peers(given):
    """What peers would find, one of them counting only the arrival at the goal."""
    plain = [visits_by_hand(given["next_state"], given["reward"][i], given["start"][i]) for i in range(2)]
    names = ("absorbing_reward", "absorbing_start")
    absorbing = [visits_by_hand(given["absorbing_next_state"], *(given[name][i] for name in names)) for i in range(2)]
    for visits in absorbing:
        visits[GOAL] = 1.0
    seconds = np.full(2, 1e3)
    return {
        "imitation_visits": np.stack(plain), "imitation_seconds": seconds,
        "irl_maxent_visits": np.stack(absorbing), "irl_maxent_seconds": 2 * seconds,
    }  # fmt: skip


def test_equal_visits_agree_and_the_chosen_peer_gives_the_ratio(peers, given):
    first = bench_maxent(peers, given, 2, "imitation", {"memory": 1}).to_dict()
    second = bench_maxent(peers, given, 2, "irl_maxent", {}).to_dict()
    assert first["agreement"]["is_close"] and first["memory"] == 1
    assert first["peer"]["p50_s"] == 1e3 and second["peer"]["p50_s"] == 2e3
    assert first["ratio"] == first["peers"]["imitation"]["ratio"] > 1
    assert second["ratio"] == second["peers"]["irl_maxent"]["ratio"]


@pytest.mark.parametrize("name", ["imitation", "irl_maxent"])
def test_a_visit_that_differs_in_either_peer_is_no_agreement(name, peers, given):
    peers[f"{name}_visits"][1, GOAL - 1] += 1e-5
    assert not bench_maxent(peers, given, 1, "imitation", {}).agreement.is_close


def test_the_absorbing_problem_is_over_long_before_its_horizon(given):
    """So a peer that has no horizon solves the same problem."""
    world = Transitions.certain(given["absorbing_next_state"])
    policy = soft_policy(torch.from_numpy(given["absorbing_reward"][:4]), world, HORIZON)
    torch.testing.assert_close(policy[0], policy[10], atol=1e-12, rtol=0)


def test_missing_peers_are_named_with_the_line_to_type(given, tmp_path):
    with pytest.raises(PeerMissing, match="imitation.*pip install --no-deps --target .*irl-maxent==0.1.0"):
        run_peers(given, 1, tmp_path)


def test_cost_is_measured_for_each_size_and_drawn(rng, tmp_path):
    cost = cost_by_size((3, 6), (2, 4), rng)
    assert [point["size"] for point in cost["by_side"]] == [9 * 9 * 60, 36 * 9 * 60]
    assert [point["size"] for point in cost["by_horizon"]] == [400 * 9 * 2, 400 * 9 * 4]
    assert all(point["seconds_per_task"] > 0 for point in cost["by_side"] + cost["by_horizon"])
    draw_cost(cost, tmp_path / "cost.png")
    assert (tmp_path / "cost.png").read_bytes().startswith(b"\x89PNG")


def test_memory_of_meta_steps_is_reported_in_bytes(rng):
    found = memory_over_meta_steps(5, rng)
    assert found["meta_steps"] == 5 and 0 <= found["growth_bytes"] < 2**26
