"""What meta-training must remember to go on after a stop: parameters, moments of Adam, running mean; as safetensors."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from mil_core.errors import CheckpointCorrupt, CheckpointMissing

Result = TypeVar("Result")
STATE_FILE = "training.safetensors"


class TrainingState:
    """Adam over a module's parameters, with their running mean, that can be saved and loaded."""

    def __init__(self, module: nn.Module, learning_rate: float, average: float) -> None:
        """Args: average: decay of the running mean, in [0, 1)."""
        self.iteration = 0
        self._parameters = dict(module.named_parameters())
        self.optimizer = torch.optim.Adam(self._parameters.values(), lr=learning_rate)
        self._decay = average
        self._mean = {name: value.detach().clone() for name, value in self._parameters.items()}

    def step(self, learning_rate: float) -> None:
        """One step of Adam with the gradients that stand in the parameters, at this rate."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.optimizer.step()
        self.iteration += 1
        # While young the mean forgets faster, or it would long remember the random start.
        decay = min(self._decay, self.iteration / (self.iteration + 10))
        for name, value in self._parameters.items():
            self._mean[name].lerp_(value.detach(), 1 - decay)

    def with_average(self, action: Callable[[], Result]) -> Result:
        """What `action` returns while the module holds its averaged parameters."""
        live = {name: value.detach().clone() for name, value in self._parameters.items()}
        self.use_average()
        try:
            return action()
        finally:
            self._assign(live)

    def use_average(self) -> None:
        """Put the averaged parameters into the module."""
        self._assign(self._mean)

    def save(self, folder: Path) -> None:
        """Write everything to `folder` by rename, so that a stop at any moment leaves a whole state behind."""
        tensors = {f"live.{name}": value.detach() for name, value in self._parameters.items()}
        tensors |= {f"mean.{name}": value for name, value in self._mean.items()}
        for name, value in self._parameters.items():
            for key, moment in self.optimizer.state.get(value, {}).items():
                tensors[f"adam.{name}.{key}"] = moment
        temporary = folder / (STATE_FILE + ".partial")
        tensors = {name: value.contiguous() for name, value in tensors.items()}
        save_file(tensors, temporary, metadata={"progress": json.dumps({"iteration": self.iteration})})
        os.replace(temporary, folder / STATE_FILE)

    def load(self, folder: Path) -> None:
        """Continue from what `save` wrote.

        Raises:
            CheckpointMissing: there is nothing to resume from.
            CheckpointCorrupt: the state belongs to another network.
        """
        path = folder / STATE_FILE
        if not path.exists():
            raise CheckpointMissing(f"expected {path} to resume from, found none; leave out --resume to start afresh.")
        tensors = load_file(path)
        expected = {f"live.{name}": tuple(value.shape) for name, value in self._parameters.items()}
        found = {name: tuple(value.shape) for name, value in tensors.items() if name.startswith("live.")}
        if found != expected:
            differ = sorted(name for name in expected | found if expected.get(name) != found.get(name))[:3]
            raise CheckpointCorrupt(
                f"{path}: expected {[(name, expected.get(name)) for name in differ]}, "
                f"found {[(name, found.get(name)) for name in differ]}; was the experiment changed?"
            )
        self._assign({name: tensors[f"live.{name}"] for name in self._parameters})
        self._mean = {name: tensors[f"mean.{name}"] for name in self._parameters}
        for name, value in self._parameters.items():
            prefix = f"adam.{name}."
            moments = {key[len(prefix) :]: tensor for key, tensor in tensors.items() if key.startswith(prefix)}
            if moments:
                self.optimizer.state[value] = moments
        self.iteration = _iteration(path)

    def _assign(self, values: dict[str, Tensor]) -> None:
        with torch.no_grad():
            for name, value in self._parameters.items():
                value.copy_(values[name])


def _iteration(path: Path) -> int:
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        return int(json.loads(file.metadata()["progress"])["iteration"])
