import pytest
import torch

from mil_core.learned_loss import LearnedLossConfig, LinearLoss, TemporalLoss, learned_loss


@pytest.mark.parametrize("kind", ["temporal", "linear"])
def test_the_loss_is_a_scalar_that_is_never_negative(kind):
    loss = learned_loss(6, LearnedLossConfig(kind=kind, num_filters=4))
    value = loss(torch.randn(12, 6))
    assert value.shape == () and value.item() >= 0


def test_the_temporal_loss_sees_the_order_of_frames_and_the_linear_loss_does_not():
    frames, order = torch.randn(12, 6), torch.arange(11, -1, -1)
    temporal, linear = TemporalLoss(6, 4, 10, "mean_square"), LinearLoss(6, 4, "mean_square")
    assert temporal(frames).item() != pytest.approx(temporal(frames[order]).item(), rel=1e-4)
    torch.testing.assert_close(linear(frames), linear(frames[order]))


@pytest.mark.parametrize("num_frames", [1, 2, 9, 10, 40])
def test_films_shorter_and_longer_than_the_kernel_are_accepted(num_frames):
    assert torch.isfinite(TemporalLoss(6, 4, 10, "mean_square")(torch.randn(num_frames, 6)))


def test_mean_square_and_norm_agree_up_to_square_root_and_size():
    loss, frames = TemporalLoss(6, 4, 10, "mean_square"), torch.randn(12, 6)
    mean_square = loss(frames)
    loss.reduction = "norm"
    torch.testing.assert_close(loss(frames), (mean_square * 12 * 4).sqrt())


def test_the_loss_passes_a_second_order_finite_difference_check():
    loss = TemporalLoss(2, 3, 4, "mean_square").double()
    frames = torch.randn(5, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(loss, (frames,))
