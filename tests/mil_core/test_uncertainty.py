import math

import pytest
import torch

from mil_core.uncertainty import disagreement

BEFORE = {"a": torch.zeros(2), "b": torch.ones(1)}


def moved(*change):
    return {"a": BEFORE["a"] + torch.tensor(change[:2]), "b": BEFORE["b"] + change[2]}


@pytest.mark.parametrize(
    ("second", "expected"), [((2.0, 0.0, 0.0), 0.0), ((0.0, 1.0, 0.0), 1.0), ((-3.0, 0.0, 0.0), 2.0)]
)
def test_like_changes_agree_and_opposite_ones_do_not_whatever_their_size(second, expected):
    assert disagreement(BEFORE, moved(1.0, 0.0, 0.0), moved(*second)) == pytest.approx(expected)


def test_no_change_gives_no_number():
    assert math.isnan(disagreement(BEFORE, BEFORE, moved(1.0, 0.0, 0.0)))


@pytest.mark.parametrize("name", ["mil", "daml"])
def test_every_algorithm_reports_it_when_it_adapts(name, experiments, tasks, scaling):
    support = tasks[0].demos[0] if name == "mil" else tasks[0].films[0].video
    assert 0 <= experiments[name].build(scaling).adapt(support).uncertainty <= 2
