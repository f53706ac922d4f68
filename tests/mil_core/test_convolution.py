"""The convolution and the norm of the policy equal PyTorch's own, with their first and second derivatives."""

import pytest
import torch
import torch.nn.functional as functional
from torch.autograd import gradcheck, gradgradcheck

from mil_core.policies.convolution import convolved
from mil_core.policies.norm_relu import norm_relu, offset_norm


def _drawn(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), (2, 0)])
@pytest.mark.parametrize("bias_is_map", [False, True])
def test_it_is_a_convolution_by_value_gradient_and_second_gradient(
    stride: int, padding: int, bias_is_map: bool
) -> None:
    torch.manual_seed(0)
    pictures, weight = _drawn(2, 2, 5, 6), _drawn(3, 2, 3, 3)
    maps = functional.conv2d(pictures, weight, None, stride, padding)
    bias = _drawn(1, *maps.shape[1:]) if bias_is_map else _drawn(3)
    torch.testing.assert_close(
        convolved(pictures, weight, bias, stride, padding), maps + (bias if bias_is_map else bias.view(1, -1, 1, 1))
    )

    def function(*inputs: torch.Tensor) -> torch.Tensor:
        return convolved(*inputs, stride, padding)

    assert gradcheck(function, (pictures, weight, bias))
    assert gradgradcheck(function, (pictures, weight, bias))


def test_norm_and_relu_in_one_are_norm_then_relu_by_value_gradient_and_second_gradient() -> None:
    torch.manual_seed(1)
    maps, offset = _drawn(2, 3, 3, 4), _drawn(3)
    last = maps.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(norm_relu(last, offset), offset_norm(maps, offset).relu())

    def function(maps: torch.Tensor, offset: torch.Tensor) -> torch.Tensor:
        return norm_relu(maps.contiguous(memory_format=torch.channels_last), offset)

    assert gradcheck(function, (maps, offset))
    assert gradgradcheck(function, (maps, offset))


def test_a_third_derivative_is_refused_not_wrong() -> None:
    maps, offset = _drawn(1, 2, 3, 3), _drawn(2)
    (first,) = torch.autograd.grad(norm_relu(maps, offset).square().sum(), [maps], create_graph=True)
    (second,) = torch.autograd.grad(first.square().sum(), [maps], create_graph=True)
    with pytest.raises(NotImplementedError, match="second derivative"):
        torch.autograd.grad(second.sum(), [maps])
