"""Checkpoints: weights as safetensors, configuration and statistics as JSON, a card to read.

A checkpoint folder holds model.safetensors, config.json, stats.json and card.md. Every kind of experiment has the same
folder; config.json names the kind.
"""

import dataclasses
import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from data_tools.atomic import file_sha256
from data_tools.errors import DataError
from data_tools.provenance import code_version
from mil_core.errors import CheckpointCorrupt, CheckpointMissing, CheckpointVersion
from mil_core.experiments import KINDS
from mil_core.experiments.experiment import Experiment, Statistics
from mil_core.structure import from_plain
from mil_core.tensor_files import check_weights, read_json, read_tensors, write_tensors, write_text

FORMAT_VERSION = 1
MODEL, CONFIG, STATS, CARD = "model.safetensors", "config.json", "stats.json", "card.md"
_SMALL_NUMEL = 1 << 22  # below this no claim can do harm
_FIRST_KIND = "imitation"
"""Kind of the checkpoints that were written before there were several."""

AnyExperiment = TypeVar("AnyExperiment", bound=Experiment)


@dataclass(frozen=True)
class Checkpoint(Generic[AnyExperiment]):
    """A meta-trained model with everything that is needed to use it."""

    experiment: AnyExperiment
    """What it was trained by."""
    statistics: Any
    """Statistics of its meta-training set, of the type that its experiment builds with."""
    weights: dict[str, Tensor]
    """Meta-parameters by name."""
    iteration: int
    """Outer steps it was trained for."""
    sha256: str
    """Hash of model.safetensors."""
    data_sha256: dict[str, str] = field(default_factory=dict)
    """Hash of every file of demonstrations that it was trained on, by its name."""
    measured: dict[str, float] = field(default_factory=dict)
    """What `MetaLearner.finish` measured on validation tasks, by name; empty in older checkpoints."""

    def algorithm(self) -> Any:
        """The algorithm with these weights."""
        algorithm = self.experiment.build(self.statistics)
        algorithm.load_state_dict(self.weights)
        return algorithm.eval()

    def origin(self) -> dict[str, Any]:
        """What a results file says of the model that was measured, and of the code that measured it."""
        return {
            "experiment": self.experiment.name,
            "checkpoint_sha256": self.sha256,
            "iteration": self.iteration,
            "code_version": code_version(),
        }


def save(
    folder: Path,
    algorithm: nn.Module,
    experiment: Experiment,
    statistics: Statistics,
    iteration: int,
    command: str,
    data_sha256: Mapping[str, str] | None = None,
    measured: Mapping[str, float] | None = None,
) -> None:
    """Write a checkpoint; each file by rename, the weights last, so that a whole one is there at any moment.

    Args: command: what to type to make this checkpoint again; goes into the card. data_sha256, measured: see
        Checkpoint.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "format_version": FORMAT_VERSION,
        "kind": experiment.kind,
        "iteration": iteration,
        "data_sha256": dict(data_sha256 or {}),
        "measured": dict(measured or {}),
        "experiment": dataclasses.asdict(experiment),
    }
    write_text(folder / STATS, json.dumps(statistics.to_dict(), indent=1))
    write_text(folder / CONFIG, json.dumps(config, indent=1))
    write_text(folder / CARD, _card(experiment, iteration, command))
    write_tensors(folder / MODEL, algorithm.state_dict(), {"iteration": str(iteration)})


def load(folder: Path, kind: type[AnyExperiment] = Experiment) -> Checkpoint[AnyExperiment]:
    """Read and check a checkpoint.

    Args: folder: see above. kind: class that its experiment must have.

    Raises:
        CheckpointMissing: the folder or a file is not there.
        CheckpointVersion: another version of the format wrote it.
        CheckpointCorrupt: a file is cut short, weights and configuration do not belong together, or the experiment is
            of another kind.
        NonFiniteParameters: a weight is NaN or infinite.
    """
    for name in (CONFIG, STATS, MODEL):
        if not (folder / name).is_file():
            raise CheckpointMissing(
                f"expected {folder / name}, found none; type `mil doctor` to see the checkpoints at hand."
            )
    config = read_json(folder / CONFIG)
    found = config.get("format_version") if isinstance(config, dict) else None
    if found != FORMAT_VERSION:
        raise CheckpointVersion(
            f"{folder / CONFIG}: expected format_version {FORMAT_VERSION}, found {found}; train again with `mil train`."
        )
    try:
        experiment = from_plain(KINDS[config.get("kind", _FIRST_KIND)], config["experiment"])
        statistics = experiment.statistics_of(read_json(folder / STATS))
        iteration, data_sha256 = int(config["iteration"]), dict(config.get("data_sha256", {}))
        measured = {name: float(value) for name, value in dict(config.get("measured", {})).items()}
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, DataError) as error:
        raise CheckpointCorrupt(
            f"{folder}: expected a whole configuration, found {error!r}; restore the folder."
        ) from error
    if not isinstance(experiment, kind):
        raise CheckpointCorrupt(
            f"{folder}: expected a checkpoint of kind {kind.kind!r}, found {experiment.kind!r} ({experiment.name}); "
            "name another folder."
        )
    weights = read_tensors(folder / MODEL)
    check_weights(folder / MODEL, weights, _promised(folder, experiment, statistics, weights))
    return Checkpoint(experiment, statistics, weights, iteration, file_sha256(folder / MODEL), data_sha256, measured)


def _promised(
    folder: Path, experiment: Experiment, statistics: Any, weights: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Weights as the configuration promises them; it is not believed when it asks for more than is in the file."""
    largest = max((weight.numel() for weight in weights.values()), default=0)
    try:
        with _Bounded(max(largest, _SMALL_NUMEL)), warnings.catch_warnings(action="ignore"):
            return experiment.build(statistics).state_dict()
    except (RuntimeError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise CheckpointCorrupt(
            f"{folder / CONFIG}: expected sizes that fit the weights, found {error}; restore the folder."
        ) from error


class _Bounded(TorchFunctionMode):
    """Stops the making of a tensor before it is filled when it has more elements than allowed."""

    def __init__(self, max_numel: int) -> None:
        super().__init__()
        self._max_numel = max_numel

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        if isinstance(made, Tensor) and made.numel() > self._max_numel:
            raise ValueError(f"a tensor of {made.numel()} elements where the largest weight has {self._max_numel}")
        return made


def _card(experiment: Experiment, iteration: int, command: str) -> str:
    start = experiment.training.start_from
    return (
        f"# {experiment.name}\n\n"
        f"- Method: {experiment.algorithm} (`{experiment.method}`), {experiment.about()}.\n"
        f"- Made by: `{command}`, stopped at outer step {iteration} of {experiment.training.iterations}, "
        f"seed {experiment.training.seed}{f', from the weights of `{start}`' if start else ''}.\n"
        f"- Data: {experiment.about_data()}.\n"
        f"- Results: `results/{experiment.results_label}.json`, made by `mil evaluate`.\n"
        "- Licence: Apache-2.0. Meant for simulation and research; on hardware only behind the safety gate.\n"
    )
