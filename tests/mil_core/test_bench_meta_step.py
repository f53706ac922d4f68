from types import SimpleNamespace

import pytest
import torch

from mil_core.bench import meta_step
from mil_core.bench.meta_step import bench_meta_step, drawn_tasks, experiment
from mil_core.bench.meta_step_peers import by_torchopt, in_plain_pytorch, peer_module
from mil_core.errors import PeerMissing
from mil_core.policies.policy import Policy


class PlainDescent:
    """Stands for torchopt's FuncOptimizer: one differentiable step of gradient descent."""

    def __init__(self, rate):
        self.rate = rate

    def step(self, loss, parameters):
        gradients = torch.autograd.grad(loss, list(parameters.values()), create_graph=True, allow_unused=True)
        pairs = zip(parameters.items(), gradients, strict=True)
        return {name: value if g is None else value - self.rate * g for (name, value), g in pairs}


def a_library(scale=1.0):
    return SimpleNamespace(FuncOptimizer=PlainDescent, sgd=lambda lr: scale * lr)


@pytest.fixture
def without_packages(monkeypatch):
    """Both peers are the descent above; memory, which a fresh process tells, is left out."""
    monkeypatch.setattr(meta_step, "peer_module", lambda name, folder: a_library())
    monkeypatch.setattr(meta_step, "by_higher", by_torchopt)
    monkeypatch.setattr(meta_step, "_peak_memory_mib", lambda peers, name, num_frames: 1.0)


def test_the_same_descent_in_plain_pytorch_has_the_same_meta_gradient(without_packages, tmp_path, rng):
    content = bench_meta_step(tmp_path, 2, rng, num_tasks=1, num_frames=3).to_dict()
    assert content["agreement"]["is_close"] and content["agreement"]["difference"] < 1e-5
    assert content["ratio"] == content["peer"]["p50_s"] / content["ours"]["p50_s"]
    assert content["peers"][content["faster_peer"]]["p50_s"] == min(row["p50_s"] for row in content["peers"].values())


def test_another_step_is_no_agreement(without_packages, monkeypatch, tmp_path, rng):
    monkeypatch.setattr(meta_step, "by_higher", lambda library, *rest: by_torchopt(a_library(2.0), *rest))
    assert not bench_meta_step(tmp_path, 1, rng, num_tasks=1, num_frames=3).agreement.is_close


def test_the_plain_policy_computes_the_same(rng):
    policy = Policy(experiment().policy)
    torch.nn.init.normal_(policy.encoder.image_bias.plane)
    (task,) = drawn_tasks(rng, 1, 2)
    for mine, theirs in zip(policy(*task.support[:2]), in_plain_pytorch(policy)(*task.support[:2]), strict=True):
        torch.testing.assert_close(mine, theirs)


def test_a_missing_peer_says_what_to_type(tmp_path):
    with pytest.raises(PeerMissing, match=r"pip install --no-deps --target .* higher==.* torchopt=="):
        peer_module("no_such_peer", tmp_path)
