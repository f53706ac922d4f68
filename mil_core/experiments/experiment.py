"""One experiment: everything that a table of results depends on, as plain data. This file knows no kind of them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

from mil_core.algorithms.algorithm import MetaLearner
from mil_core.training import TrainingConfig


class Statistics(Protocol):
    """Numbers fitted to the meta-training set that travel with a checkpoint."""

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers for JSON."""
        ...


@dataclass(frozen=True)
class Experiment(ABC):
    """What is learned, how, from what."""

    kind: ClassVar[str] = ""
    """Name of the class in mil_core.experiments.KINDS."""

    name: str
    """Name in EXPERIMENTS and of the results file."""
    algorithm: str
    """Name of the algorithm."""
    method: str
    """Key of this method in results files."""
    training: TrainingConfig
    """The outer loop."""

    @property
    def data_label(self) -> str:
        """Beginning of the names of the files of its simulated data."""
        return self.name

    @property
    def results_label(self) -> str:
        """Name of its results file, without its ending."""
        return self.name

    def judged_by(self, folder: Path) -> str:
        """Options of `mil evaluate` that judge a checkpoint of it. Args: folder: of the checkpoint."""
        return f"--experiment {self.name} --checkpoint {folder}"

    @abstractmethod
    def build(self, statistics: Any) -> MetaLearner:
        """A fresh algorithm; its weights come from torch's generator as it stands."""

    @abstractmethod
    def statistics_of(self, plain: dict[str, Any]) -> Statistics:
        """The statistics that `to_dict` made plain."""

    @abstractmethod
    def quick(self) -> Self:
        """The same on a tiny set of data for a few steps, to go through every path in seconds."""

    @abstractmethod
    def about(self) -> str:
        """What it adapts from and what for, as the end of a sentence."""

    @abstractmethod
    def about_data(self) -> str:
        """What it is trained on, as a sentence without its full stop."""
