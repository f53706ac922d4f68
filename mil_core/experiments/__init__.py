"""Every experiment by name: one module each, one table of results each."""

from collections.abc import Callable

from mil_core.experiments.daml_place import daml_place
from mil_core.experiments.experiment import Experiment
from mil_core.experiments.imitation import ImitationExperiment
from mil_core.experiments.mil_reach import mil_reach

EXPERIMENTS: dict[str, Callable[[], Experiment]] = {"mil_reach": mil_reach, "daml_place": daml_place}

KINDS: dict[str, type[Experiment]] = {kind.kind: kind for kind in (ImitationExperiment,)}
"""Kind -> class of the experiments of that kind."""
