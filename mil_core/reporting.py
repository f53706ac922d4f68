"""Numbers about one meta-training step that belong in a learning curve."""

import torch
from torch import Tensor

from mil_core.inner_loop import InnerResult, Parameters


def outer_report(terms: dict[str, Tensor], before: Parameters, after: InnerResult) -> dict[str, float]:
    """Every term of the outer loss, the inner loss, and how far the inner loop moved the parameters.

    The relative size of the inner update is the first thing to look at: below a percent, nothing adapts.
    """
    report = {name: float(value.detach()) for name, value in terms.items()}
    moved = [(after.parameters[name].detach() - value.detach()) for name, value in before.items()]
    distance = torch.stack([value.square().sum() for value in moved]).sum().sqrt()
    length = torch.stack([value.detach().square().sum() for value in before.values()]).sum().sqrt()
    report["inner_update"] = float(distance / length)
    if after.losses:
        report["inner_loss"] = after.losses[0]
    return report
