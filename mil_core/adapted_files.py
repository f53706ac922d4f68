"""An adapted policy on disk: its parameters as one safetensors file, with the hashes of the checkpoint and of the
support that made them."""

from pathlib import Path

import torch
from torch import Tensor

from mil_core.adapted_policy import AdaptedPolicy
from mil_core.algorithms.algorithm import AbstractAlgorithm, Adapted
from mil_core.baselines.shown_policy import ShownPolicy
from mil_core.checkpoint import FORMAT_VERSION, Checkpoint
from mil_core.errors import CheckpointCorrupt, CheckpointMissing
from mil_core.experiments.imitation import ImitationExperiment
from mil_core.tensor_files import check_weights, read_metadata, read_tensors, write_tensors

ADAPTED = "adapted.safetensors"


def save_adapted(folder: Path, adapted: Adapted, base_sha256: str, support_sha256: str) -> None:
    """Write an adapted policy as a delta to its checkpoint, with the hashes of both origins."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = ("loss_before", "loss_after", "uncertainty")
    metadata = {name: repr(float(getattr(adapted, name))) for name in numbers}
    metadata |= {"format_version": str(FORMAT_VERSION), "base_sha256": base_sha256, "support_sha256": support_sha256}
    write_tensors(folder / ADAPTED, adapted.parameters, metadata)


def load_adapted(folder: Path, checkpoint: Checkpoint[ImitationExperiment]) -> AdaptedPolicy:
    """Read an adapted policy that was made from this checkpoint.

    Raises: as `mil_core.checkpoint.load`; CheckpointCorrupt also when it was made from another checkpoint.
    """
    path = folder / ADAPTED
    if not path.is_file():
        raise CheckpointMissing(
            f"expected {path}, found none; type `mil adapt --checkpoint DIR --video FILE --out {folder}`."
        )
    parameters, metadata = read_tensors(path), read_metadata(path)
    if metadata.get("base_sha256") != checkpoint.sha256:
        raise CheckpointCorrupt(
            f"{path}: expected a policy adapted from checkpoint {checkpoint.sha256[:12]}, found one from "
            f"{metadata.get('base_sha256', 'nowhere')[:12]}; adapt again."
        )
    algorithm = checkpoint.algorithm()
    told_name = algorithm.told_name if isinstance(algorithm, ShownPolicy) else None
    check_weights(path, parameters, _expected(algorithm, parameters))
    losses = {name: float(metadata[name]) for name in ("loss_before", "loss_after", "uncertainty")}
    return AdaptedPolicy(algorithm.policy, parameters, checkpoint.statistics, told_name=told_name, **losses)


def _expected(algorithm: AbstractAlgorithm, found: dict[str, Tensor]) -> dict[str, Tensor]:
    """The policy's own parameters; what it was told has one value for each demonstration, however many there were."""
    own = algorithm.policy.state_dict()
    if isinstance(algorithm, ShownPolicy) and algorithm.told_name in found:
        number = max([1, *found[algorithm.told_name].shape[:1]])
        # Without memory behind it: the number is the file's word.
        return own | {algorithm.told_name: torch.empty(number, *algorithm.told_shape, device="meta")}
    return own


def adapted_origin(folder: Path) -> dict[str, str]:
    """Hashes of the checkpoint (`base_sha256`) and of the support (`support_sha256`) of an adapted policy."""
    return read_metadata(folder / ADAPTED)
