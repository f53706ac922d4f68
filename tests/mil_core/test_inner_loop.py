import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mil_core.errors import NonFiniteLoss
from mil_core.inner_loop import InnerConfig, adapt

FREE = InnerConfig(num_steps=1, step_size=0.1, clip=None)


def quadratic(target):
    return lambda parameters: 0.5 * (parameters["w"] - target).square().sum()


def weights(*values):
    return {"w": torch.tensor(values, dtype=torch.float64, requires_grad=True)}


@given(st.floats(-5, 5), st.floats(-5, 5), st.integers(0, 6), st.floats(0.01, 0.9))
def test_a_quadratic_is_followed_in_closed_form(start, target, num_steps, step_size):
    config = InnerConfig(num_steps=num_steps, step_size=step_size, clip=None)
    result = adapt(quadratic(target), weights(start), frozenset({"w"}), config, create_graph=False)
    expected = target + (start - target) * (1 - step_size) ** num_steps
    assert result.parameters["w"].item() == pytest.approx(expected, abs=1e-9)
    assert len(result.losses) == num_steps


def test_zero_steps_return_the_parameters_themselves():
    parameters = weights(1.0)
    result = adapt(quadratic(0.0), parameters, frozenset({"w"}), InnerConfig(num_steps=0), create_graph=True)
    assert result.parameters["w"] is parameters["w"]


def test_parameters_outside_the_adapted_set_stay():
    parameters = weights(1.0) | {"v": torch.ones(1, dtype=torch.float64, requires_grad=True)}
    result = adapt(lambda p: (p["w"] * p["v"]).sum(), parameters, frozenset({"w"}), FREE, create_graph=True)
    assert result.parameters["v"] is parameters["v"]
    assert result.parameters["w"].item() == pytest.approx(0.9)


def test_a_parameter_without_part_in_the_loss_stays():
    parameters = weights(1.0) | {"v": torch.ones(1, dtype=torch.float64, requires_grad=True)}
    result = adapt(quadratic(0.0), parameters, frozenset({"w", "v"}), FREE, create_graph=True)
    assert result.parameters["v"] is parameters["v"]


def test_the_meta_gradient_passes_a_finite_difference_check():
    def outer(w, v):
        inner = lambda p: (p["w"].sin() * v).sum() + (p["w"] ** 3).sum()  # noqa: E731
        result = adapt(inner, {"w": w}, frozenset({"w"}), InnerConfig(3, 0.05, None), create_graph=True)
        return result.parameters["w"].square().sum()

    w = torch.tensor([0.3, -0.7], dtype=torch.float64, requires_grad=True)
    v = torch.tensor([0.5, 1.5], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(outer, (w, v))


def test_the_meta_gradient_with_rms_normalisation_passes_a_finite_difference_check():
    def outer(w):
        config = InnerConfig(2, 0.05, None, rms_floor=1e-3)
        result = adapt(lambda p: (p["w"] ** 4).sum(), {"w": w}, frozenset({"w"}), config, create_graph=True)
        return result.parameters["w"].sin().sum()

    assert torch.autograd.gradcheck(outer, (torch.tensor([0.3, -0.7, 1.1], dtype=torch.float64, requires_grad=True),))


def test_first_order_changes_the_gradient_but_not_the_value():
    def outer(first_order):
        parameters = weights(2.0)
        config = InnerConfig(1, 0.1, None, first_order=first_order)
        result = adapt(lambda p: (p["w"] ** 3).sum(), parameters, frozenset({"w"}), config, create_graph=True)
        value = result.parameters["w"].sum()
        return value.item(), torch.autograd.grad(value, parameters["w"])[0].item()

    (full, full_gradient), (first, first_gradient) = outer(False), outer(True)
    assert full == first
    assert first_gradient == pytest.approx(1.0)
    assert full_gradient == pytest.approx(1.0 - 0.1 * 6 * 2.0)


def test_a_saturated_clip_bounds_the_step_and_passes_no_second_order_signal():
    parameters = weights(100.0)
    config = InnerConfig(1, 0.1, clip=1.0)
    result = adapt(quadratic(0.0), parameters, frozenset({"w"}), config, create_graph=True)
    assert result.parameters["w"].item() == pytest.approx(100.0 - 0.1)
    assert torch.autograd.grad(result.parameters["w"].sum(), parameters["w"])[0].item() == pytest.approx(1.0)


def test_rms_normalisation_makes_the_step_independent_of_the_loss_scale():
    config = InnerConfig(1, 0.1, None, rms_floor=1e-12)
    steps = []
    for scale in (1.0, 1e6):
        loss = lambda p, scale=scale: scale * quadratic(0.0)(p)  # noqa: E731
        steps.append(adapt(loss, weights(3.0, 4.0), frozenset({"w"}), config, create_graph=False).parameters["w"])
    torch.testing.assert_close(steps[0], steps[1])


def test_a_zero_gradient_under_rms_normalisation_stays_finite_to_second_order():
    parameters = weights(0.0)
    config = InnerConfig(1, 0.1, None, rms_floor=1e-6)
    result = adapt(quadratic(0.0), parameters, frozenset({"w"}), config, create_graph=True)
    assert torch.isfinite(torch.autograd.grad(result.parameters["w"].sum(), parameters["w"])[0]).all()


def test_a_non_finite_loss_names_the_step():
    with pytest.raises(NonFiniteLoss, match="inner step 0.*nan"):
        adapt(lambda p: p["w"].sum() * float("nan"), weights(1.0), frozenset({"w"}), FREE, create_graph=False)
