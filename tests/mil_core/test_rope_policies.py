"""Policies for the rope: PPO learns from what pictures say, and sees what moves with the rope."""

import sys

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mil_core.commands.rope_policies import summaries
from mil_core.errors import ExtraMissing
from mil_core.goal_rewards import Gain


class Line(gymnasium.Env):
    """A point on a line that should stay at zero; the picture is as bright as it is far."""

    observation_space = gymnasium.spaces.Dict({
        "state": gymnasium.spaces.Box(-np.inf, np.inf, (1,), np.float32),
        "image": gymnasium.spaces.Box(0, 255, (4, 4, 3), np.uint8),
    })  # fmt: skip
    action_space = gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place, self.count = float(self.np_random.choice([-1.0, 1.0])), 0
        return self.look(), {}

    def step(self, action):
        self.place, self.count = self.place + 0.5 * float(action[0]), self.count + 1
        return self.look(), 0.0, False, self.count == 5, {}

    def look(self):
        level = int(np.clip(60 * abs(self.place), 0, 255))
        return {"state": np.array([self.place], np.float32), "image": np.full((4, 4, 3), level, np.uint8)}


def darkness(observations: dict[str, np.ndarray]) -> np.ndarray:
    return -observations["image"].mean((1, 2, 3))


def test_a_policy_learns_from_pictures_alone_and_the_last_picture_of_an_episode_counts() -> None:
    ppo = pytest.importorskip("mil_core.ppo")
    ends: list[float] = []

    class Dark(Gain):
        def begin(self, observations, begins):
            if len(self._before):
                ends.extend(-self._before[begins])
            super().begin(observations, begins)

    config = ppo.PpoConfig(num_envs=4, steps_per_env=48, minibatch=64, discount=0.95, hidden=(16, 16), log_std=-0.5)
    policy = ppo.learn(Line, lambda seen: seen["state"], 1, Dark(darkness), 2400, config, 0)
    assert np.mean(ends[-40:]) < 0.5 * np.mean(ends[:40])
    assert policy.act(np.array([[1.0]], np.float32))[0, 0] < 0 < policy.act(np.array([[-1.0]], np.float32))[0, 0]


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "stable_baselines3", None)
    monkeypatch.delitem(sys.modules, "mil_core.ppo", raising=False)
    with pytest.raises(ExtraMissing, match=r"pip install 'mil\[rl\]'"):
        __import__("mil_core.ppo")


@given(st.integers(0, 2**32 - 1), st.floats(-0.2, 0.2), st.floats(-0.2, 0.2))
@settings(max_examples=20, deadline=None)
def test_a_policy_sees_the_same_wherever_gripper_and_rope_lie_together(seed: int, x_m: float, y_m: float) -> None:
    pytest.importorskip("stable_baselines3")
    from mil_core.commands.rope_cells import FULL_STATE_SIZE, full_state

    rng = np.random.default_rng(seed)
    gripper, beads = rng.uniform(-0.2, 0.2, (3, 4)), rng.uniform(-0.2, 0.2, (3, 10, 2))
    gripper[0, :2] = beads[0, 6]
    beside, moved = gripper.copy(), np.array([x_m, y_m])
    beside[:, :2] += moved

    def seen(hand: np.ndarray, rope: np.ndarray) -> np.ndarray:
        state = np.concatenate([hand, rope.reshape(3, -1)], axis=1).astype(np.float32)
        return full_state({"state": state, "elapsed": np.full((3, 1), 0.3, np.float32)})

    here, there = seen(gripper, beads), seen(beside, beads + moved)
    assert here.shape == (3, FULL_STATE_SIZE) and here.dtype == np.float32
    np.testing.assert_allclose(here[:, 2:], there[:, 2:], atol=1e-4)  # all but the gripper's place
    assert here[0, -10:].argmax() == 6 and here[0, -4] == pytest.approx(1.0)  # the bead between the fingers


def test_methods_whose_policies_see_the_same_are_compared_on_the_same_shapes_and_seeds() -> None:
    whole, started = (("oracle", "flo"), range(3)), (("autoencoder_features", "flo_features"), range(1))
    cells = [
        {"method": m, "task": task, "seed": seed, "share": 0.1 * task, "distance_m": 0.01 * task}
        for methods, seeds in (whole, started) for m in methods for seed in seeds for task in range(4)
    ]  # fmt: skip
    cells.remove(next(cell for cell in cells if cell["method"] == "flo" and cell["seed"] == 2 and cell["task"] == 3))
    rows = summaries(cells, [*whole[0], *started[0]])
    assert {method: row["n"] for method, row in rows.items()} == {
        "oracle": 11, "flo": 11, "autoencoder_features": 4, "flo_features": 4
    }  # fmt: skip
    assert rows["oracle"] == rows["flo"] and rows["flo_features"]["median_distance"] == pytest.approx(0.15)
