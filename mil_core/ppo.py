"""Proximal policy optimisation by stable-baselines3, on environments whose rewards come from what they show.

The only importer of stable_baselines3, which the extra `rl` installs. Knows no simulator and no goal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from mil_core.errors import ExtraMissing
from mil_core.goal_rewards import BatchReward

try:
    from stable_baselines3 import PPO
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv, VecEnvWrapper, VecNormalize
except ModuleNotFoundError as error:
    raise ExtraMissing("expected stable-baselines3, found none; type: pip install 'mil[rl]'") from error

Observe = Callable[[dict[str, NDArray[Any]]], NDArray[np.float32]]
"""From observations of some environments, by name, to what the policy sees, (environment, feature)."""


@dataclass(frozen=True)
class PpoConfig:
    """How a policy is learned; all methods have the same."""

    num_envs: int = 16
    """Episodes that go on side by side."""
    steps_per_env: int = 30
    """Steps of each of them between two updates."""
    minibatch: int = 120
    """Steps of one gradient."""
    epochs: int = 10
    """How often each step is used."""
    learning_rate: float = 1e-3
    """Adam's."""
    discount: float = 0.99
    """Of rewards, per step."""
    hidden: tuple[int, int] = (128, 128)
    """Units of the layers of policy and value."""
    log_std: float = -1.0
    """Logarithm of the actions' spread at the beginning."""


class Judged(VecEnvWrapper):
    """Environments as a policy sees them, rewarded by what they show."""

    def __init__(self, envs: VecEnv, observe: Observe, size: int, reward: BatchReward) -> None:
        super().__init__(envs, observation_space=gymnasium.spaces.Box(-np.inf, np.inf, (size,), np.float32))
        self._observe, self._reward = observe, reward

    def reset(self) -> NDArray[np.float32]:
        """See VecEnv."""
        observations = self.venv.reset()
        assert isinstance(observations, dict)
        self._reward.begin(observations, np.ones(self.num_envs, bool))
        return self._observe(observations)

    def step_wait(self) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """See VecEnv. An environment that is done has begun anew: its last observation stands in its info."""
        observations, _, dones, infos = self.venv.step_wait()
        assert isinstance(observations, dict)
        last = {name: values.copy() for name, values in observations.items()}
        for number in np.flatnonzero(dones):
            for name in last:
                last[name][number] = infos[number]["terminal_observation"][name]
        rewards = self._reward(last)
        if dones.any():
            self._reward.begin(observations, dones)
            ends = self._observe(last)
            for number in np.flatnonzero(dones):
                infos[number]["terminal_observation"] = ends[number]
        return self._observe(observations), rewards, dones, infos


class Policy:
    """What came of learning."""

    def __init__(self, model: PPO, scale: VecNormalize) -> None:
        self._model, self._scale = model, scale

    def act(self, seen: NDArray[np.float32]) -> NDArray[np.float32]:
        """The likeliest actions. Args: seen: by the policy, (environment, feature)."""
        action, _ = self._model.predict(self._scale.normalize_obs(seen), deterministic=True)  # pyright: ignore
        return action


def learn(
    make_env: Callable[[], gymnasium.Env[Any, Any]],
    observe: Observe,
    size: int,
    reward: BatchReward,
    num_steps: int,
    config: PpoConfig,
    seed: int,
    progress: Callable[[int], None] = lambda steps: None,
) -> Policy:
    """Learn a policy.

    Source: Schulman et al. 2017, as in stable-baselines3; observations and rewards are normalised as they come.

    Args:
        make_env: makes one environment with observations by name.
        observe, size: what the policy sees of them, and how many numbers that is.
        reward: of their steps.
        num_steps: steps of all environments together; rounded up to whole updates.
        config, seed: how, and from which weights and actions.
        progress: called with the steps so far.
    """
    made = DummyVecEnv([make_env] * config.num_envs)
    envs = VecNormalize(Judged(made, observe, size, reward), gamma=config.discount)
    model = PPO(
        "MlpPolicy",
        envs,
        learning_rate=config.learning_rate,
        n_steps=config.steps_per_env,
        batch_size=config.minibatch,
        n_epochs=config.epochs,
        gamma=config.discount,
        policy_kwargs={"net_arch": list(config.hidden), "log_std_init": config.log_std},
        seed=seed,
        device="cpu",
    )
    model.learn(num_steps, callback=_Tell(progress))
    envs.close()
    return Policy(model, envs)


class _Tell(BaseCallback):
    def __init__(self, progress: Callable[[int], None]) -> None:
        super().__init__()
        self._progress = progress

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        self._progress(self.num_timesteps)
