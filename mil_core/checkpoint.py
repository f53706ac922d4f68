"""Checkpoints: weights as safetensors, configuration and statistics as JSON, a card to read. Nothing is ever unpickled.

A checkpoint folder holds model.safetensors, config.json, stats.json and card.md. An adapted policy is a second folder
with adapted.safetensors: its parameters, with the hashes of the checkpoint and of the support that made them.
"""

import dataclasses
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from mil_core.adapted_policy import AdaptedPolicy
from mil_core.algorithms.algorithm import AbstractAlgorithm, Adapted
from mil_core.errors import CheckpointCorrupt, CheckpointMissing, CheckpointVersion, NonFiniteParameters
from mil_core.experiments.experiment import Experiment
from mil_core.policies.policy import Policy
from mil_core.scaling import Scaling
from mil_core.structure import from_plain

FORMAT_VERSION = 1
MODEL, CONFIG, STATS, CARD, ADAPTED = "model.safetensors", "config.json", "stats.json", "card.md", "adapted.safetensors"


@dataclass(frozen=True)
class Checkpoint:
    """A meta-trained model with everything that is needed to use it."""

    experiment: Experiment
    """What it was trained by."""
    scaling: Scaling
    """Statistics of its meta-training set."""
    weights: dict[str, Tensor]
    """Meta-parameters by name."""
    iteration: int
    """Outer steps it was trained for."""
    sha256: str
    """Hash of model.safetensors."""

    def algorithm(self) -> AbstractAlgorithm:
        """The algorithm with these weights."""
        algorithm = self.experiment.build(self.scaling)
        algorithm.load_state_dict(self.weights)
        return algorithm.eval()


def save(
    folder: Path, algorithm: AbstractAlgorithm, experiment: Experiment, scaling: Scaling, iteration: int, command: str
) -> None:
    """Write a checkpoint; each file by rename, the weights last, so that a whole one is there at any moment.

    Args: command: what to type to make this checkpoint again; goes into the card.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = {"format_version": FORMAT_VERSION, "iteration": iteration, "experiment": dataclasses.asdict(experiment)}
    _write_text(folder / STATS, json.dumps(scaling.to_dict(), indent=1))
    _write_text(folder / CONFIG, json.dumps(config, indent=1))
    _write_text(folder / CARD, _card(experiment, iteration, command))
    weights = {name: value.detach().contiguous() for name, value in algorithm.state_dict().items()}
    _write_tensors(folder / MODEL, weights, {"iteration": str(iteration)})


def load(folder: Path) -> Checkpoint:
    """Read and check a checkpoint.

    Raises:
        CheckpointMissing: the folder or a file is not there.
        CheckpointVersion: another version of the format wrote it.
        CheckpointCorrupt: a file is cut short, or weights and configuration do not belong together.
        NonFiniteParameters: a weight is NaN or infinite.
    """
    for name in (CONFIG, STATS, MODEL):
        if not (folder / name).is_file():
            raise CheckpointMissing(
                f"expected {folder / name}, found none; type `mil doctor` to see the checkpoints at hand."
            )
    config = _read_json(folder / CONFIG)
    found = config.get("format_version") if isinstance(config, dict) else None
    if found != FORMAT_VERSION:
        raise CheckpointVersion(
            f"{folder / CONFIG}: expected format_version {FORMAT_VERSION}, found {found}; train again with `mil train`."
        )
    try:
        experiment = from_plain(Experiment, config["experiment"])
        scaling = Scaling.from_dict(_read_json(folder / STATS))
        iteration = int(config["iteration"])
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointCorrupt(
            f"{folder}: expected a whole configuration, found {error!r}; restore the folder."
        ) from error
    weights = _read_tensors(folder / MODEL)
    _check_weights(folder / MODEL, weights, experiment.build(scaling).state_dict())
    return Checkpoint(experiment, scaling, weights, iteration, file_sha256(folder / MODEL))


def save_adapted(folder: Path, adapted: Adapted, base_sha256: str, support_sha256: str) -> None:
    """Write an adapted policy as a delta to its checkpoint, with the hashes of both origins."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = ("loss_before", "loss_after", "uncertainty")
    metadata = {name: repr(float(getattr(adapted, name))) for name in numbers}
    metadata |= {"format_version": str(FORMAT_VERSION), "base_sha256": base_sha256, "support_sha256": support_sha256}
    _write_tensors(folder / ADAPTED, {name: value.contiguous() for name, value in adapted.parameters.items()}, metadata)


def load_adapted(folder: Path, checkpoint: Checkpoint) -> AdaptedPolicy:
    """Read an adapted policy that was made from this checkpoint.

    Raises: as `load`; CheckpointCorrupt also when it was made from another checkpoint.
    """
    path = folder / ADAPTED
    if not path.is_file():
        raise CheckpointMissing(
            f"expected {path}, found none; type `mil adapt --checkpoint DIR --video FILE --out {folder}`."
        )
    parameters, metadata = _read_tensors(path), _read_metadata(path)
    if metadata.get("base_sha256") != checkpoint.sha256:
        raise CheckpointCorrupt(
            f"{path}: expected a policy adapted from checkpoint {checkpoint.sha256[:12]}, found one from "
            f"{metadata.get('base_sha256', 'nowhere')[:12]}; adapt again."
        )
    policy = Policy(checkpoint.experiment.policy)
    _check_weights(path, parameters, policy.state_dict())
    losses = {name: float(metadata[name]) for name in ("loss_before", "loss_after", "uncertainty")}
    return AdaptedPolicy(policy, parameters, checkpoint.scaling, **losses)


def adapted_base(folder: Path) -> str:
    """Hash of the checkpoint that an adapted policy was made from."""
    return _read_metadata(folder / ADAPTED).get("base_sha256", "")


def file_sha256(path: Path) -> str:
    """Hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_weights(path: Path, weights: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    wanted = {name: tuple(value.shape) for name, value in expected.items()}
    found = {name: tuple(value.shape) for name, value in weights.items()}
    wrong = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if wrong:
        name = wrong[0]
        raise CheckpointCorrupt(
            f"{path}: expected {name} of shape {wanted.get(name)}, found {found.get(name)}; "
            "weights and config.json differ, restore both."
        )
    broken = sorted(name for name, value in weights.items() if not torch.isfinite(value).all())
    if broken:
        raise NonFiniteParameters(
            f"{path}: expected finite weights, found NaN or infinity in {broken[:3]}; restore the file."
        )


def _read_tensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointCorrupt(
            f"{path}: expected a whole safetensors file, found {error}; restore the file."
        ) from error


def _read_metadata(path: Path) -> dict[str, str]:
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise CheckpointCorrupt(f"{path}: expected a whole safetensors file, found {error}; adapt again.") from error


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise CheckpointCorrupt(f"{path}: expected JSON, found {error}; restore the file.") from error


def _write_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    temporary = path.with_suffix(".partial")
    save_file(tensors, temporary, metadata=metadata)
    os.replace(temporary, path)


def _write_text(path: Path, text: str) -> None:
    temporary = path.with_suffix(".partial")
    temporary.write_text(text + "\n")
    os.replace(temporary, path)


def _card(experiment: Experiment, iteration: int, command: str) -> str:
    data = experiment.data
    return (
        f"# {experiment.name}\n\n"
        f"- Method: {experiment.algorithm} (`{experiment.method}`), adapts from a {experiment.support}; "
        f"task `{experiment.task}`, robot `{experiment.robot}`.\n"
        f"- Made by: `{command}`, stopped at outer step {iteration} of {experiment.training.iterations}, "
        f"seed {experiment.training.seed}.\n"
        f"- Data: {data.num_tasks} simulated training tasks x {data.demos_per_task} demos, seed {data.seed}; "
        "objects and colours of the test split never occur in it.\n"
        f"- Results: `results/{experiment.name}.json`, made by `mil evaluate`.\n"
        "- Licence: Apache-2.0. Meant for simulation and research; on hardware only behind the safety gate.\n"
    )
