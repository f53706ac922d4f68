"""How sure is an adaptation? Asked before anything moves, from the support alone."""

import torch

from mil_core.inner_loop import Parameters


def disagreement(before: Parameters, first: Parameters, second: Parameters) -> float:
    """How differently two halves of one support would change the policy.

    Ours; neither the thesis nor the released code has it.

    Args:
        before: parameters before adaptation.
        first: parameters adapted to one half of the frames.
        second: parameters adapted to the other half.

    Returns: one minus the cosine between the two changes: 0 = both halves ask for the same change, 1 = unrelated
        changes, 2 = opposite ones; NaN when a half changes nothing.
    """
    changes = [
        torch.cat([(after[name] - value).detach().flatten() for name, value in before.items()])
        for after in (first, second)
    ]
    lengths = [change.norm() for change in changes]
    return float(1 - changes[0] @ changes[1] / (lengths[0] * lengths[1]))
