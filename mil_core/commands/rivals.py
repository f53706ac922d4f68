"""Who else stands in the table of results of an experiment: its variants, as far as they are trained."""

from pathlib import Path

from mil_core import checkpoint as checkpoints
from mil_core.commands.checked import checkpoint_of
from mil_core.commands.output import console
from mil_core.commands.trials import Rival
from mil_core.experiments import VARIANTS
from mil_core.experiments.experiment import Experiment
from mil_core.experiments.imitation import ImitationExperiment


def rivals_of(experiment: Experiment, folder: Path) -> tuple[Rival, ...]:
    """Every trained variant that lies beside the checkpoint; a missing one is named with what to type.

    Args: experiment: the one that is evaluated. folder: its checkpoint's.
    Raises: MilError: a checkpoint is damaged, or of another experiment than its folder says.
    """
    rivals = []
    for variant in VARIANTS.get(experiment.name, ()):
        name, beside = f"{experiment.name}_{variant}", folder.parent / f"{folder.name}_{variant}"
        if (beside / checkpoints.MODEL).is_file():
            found = checkpoint_of(name, beside, ImitationExperiment)
            rivals.append(Rival(found.experiment.method, beside, found.sha256))
        else:
            again = f"mil train --experiment {name} --out {beside}"
            console.print(f"without {variant}, as there is no checkpoint in {beside}; train it with: {again}")
    return tuple(rivals)
