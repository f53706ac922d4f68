"""From the units of demonstrations to those of networks and back. Its numbers travel inside every checkpoint."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from data_tools.demo import Demo
from data_tools.normalizer import Normalizer
from mil_core.episodes import Steps
from mil_core.policies.policy import PolicyConfig

Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class Scaling:
    """Statistics of the meta-training demonstrations.

    Source: the released code of MIL whitens states with the training tasks' statistics and leaves actions as they are.
    Differs: actions are divided by their standard deviation too, so that one error scale fits metres and radians.
    """

    states: Normalizer
    """Of every state."""
    velocities: Normalizer
    """Of the continuous action dimensions; only its scale is used: zero stays zero, which is "stand still"."""
    end_poses: Normalizer
    """Of the end pose of each demonstration, with one scale for all of its dimensions."""

    @classmethod
    def fit(cls, demos: Iterable[Demo], config: PolicyConfig) -> "Scaling":
        """Statistics over all steps of all demonstrations."""
        demos = list(demos)
        end_poses = Normalizer.fit(np.stack([demo.states[-1, list(config.end_pose)] for demo in demos]))
        # One scale for all of the pose: a millimetre counts the same upwards, where demos hardly differ, as sideways.
        scale = np.full_like(end_poses.std, np.sqrt(np.mean(end_poses.std**2)) if config.end_pose else 1.0)
        return cls(
            Normalizer.fit(np.concatenate([demo.states for demo in demos])),
            Normalizer.fit(np.concatenate([demo.actions[:, : config.velocity_size] for demo in demos])),
            Normalizer(end_poses.mean, scale),
        )

    def state(self, states: Numbers, config: PolicyConfig) -> Tensor:
        """Whitened states, followed by the pose that they hold, in the units of the end pose."""
        poses = self.end_poses.normalize(states[:, list(config.end_pose)])
        return torch.from_numpy(np.concatenate([self.states.normalize(states), poses], axis=1))

    def raw_velocity(self, normalised: Tensor) -> Numbers:
        """Velocities in the units of the demonstrations."""
        return (normalised.detach().numpy() * self.velocities.std).astype(np.float32)

    def raw_end_pose(self, normalised: Tensor) -> Numbers:
        """End pose in the units of the state."""
        return self.end_poses.denormalize(normalised.detach().numpy())

    def chosen_steps(self, demo: Demo, chosen: NDArray[np.int64], config: PolicyConfig) -> Steps:
        """The steps with these numbers as tensors; the end pose is predicted from the first, which should be 0."""
        actions = demo.actions[chosen].copy()
        actions[:, : config.velocity_size] /= self.velocities.std
        end_pose = self.end_poses.normalize(demo.states[-1, list(config.end_pose)])
        return Steps(
            to_pictures(demo.video.frames[chosen]),
            self.state(demo.states[chosen], config),
            torch.from_numpy(actions),
            torch.from_numpy(end_pose),
        )

    def to_dict(self) -> dict[str, dict[str, list[float]]]:
        """Plain numbers for JSON."""
        return {
            name: {key: list(map(float, value)) for key, value in part.items()} for name, part in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, value: dict[str, dict[str, list[float]]]) -> "Scaling":
        """The inverse of `to_dict`."""
        return cls(
            **{
                name: Normalizer(**{key: np.asarray(numbers, np.float32) for key, numbers in part.items()})
                for name, part in value.items()
            }
        )


def to_pictures(frames: NDArray[np.uint8]) -> Tensor:
    """Frames (T, height, width, 3) as tensors (T, 3, height, width) with values in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2).float().div_(255)


def to_frames(pictures: Tensor) -> NDArray[np.uint8]:
    """The other way round; what lies outside of [0, 1] is cut. Returns: shape (T, height, width, 3)."""
    return pictures.mul(255).round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()


def spread_frames(length: int, count: int) -> NDArray[np.int64]:
    """`count` frame numbers from 0 to length - 1, spread evenly, both ends included."""
    return np.linspace(0, length - 1, count).round().astype(np.int64)


def whole_and_halves(length: int, count: int) -> tuple[NDArray[np.int64], ...]:
    """`count` frame numbers spread evenly, every second one of them, and the others."""
    chosen = spread_frames(length, count)
    return chosen, chosen[::2], chosen[1::2]


def random_frames(length: int, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`count` frame numbers in order: 0, then one drawn from each equal stretch of the remaining time."""
    edges = np.linspace(1, length, count)
    return np.concatenate([[0], np.floor(rng.uniform(edges[:-1], edges[1:]))]).astype(np.int64)
