import dataclasses

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mil_core.policies.bias_transform import BiasTransform
from mil_core.policies.encoder import Encoder, _padded_same, soft_argmax
from mil_core.policies.norm_relu import offset_norm
from mil_core.policies.policy import Policy, PolicyConfig

SMALL = PolicyConfig(
    image_height=18, image_width=20, state_size=3, velocity_size=2, has_gripper=True, end_pose=(0, 1, 2),
    filters=(4, 5), strides=(2, 1), hidden=(7,), context_size=2,
)  # fmt: skip


@given(st.integers(0, 6), st.integers(0, 8))
def test_soft_argmax_of_a_peak_is_its_coordinate(row, column):
    features = torch.full((1, 1, 7, 9), -1e4)
    features[0, 0, row, column] = 1e4
    x, y = soft_argmax(features)[0]
    assert x.item() == pytest.approx((column - 4.5) / 9, abs=1e-6)
    assert y.item() == pytest.approx((row - 3.5) / 7, abs=1e-6)


def test_soft_argmax_interleaves_x_and_y_of_each_channel():
    features = torch.full((1, 2, 4, 4), -1e4)
    features[0, 0, 0, 3] = features[0, 1, 3, 0] = 1e4
    torch.testing.assert_close(soft_argmax(features)[0], torch.tensor([0.25, -0.5, -0.5, 0.25]))


def test_offset_norm_has_zero_mean_and_unit_variance_over_channels_and_pixels_together():
    value = torch.randn(3, 4, 5, 6, dtype=torch.float64) * 7 + 2
    normal = offset_norm(value, torch.zeros(4, dtype=torch.float64))
    torch.testing.assert_close(normal.mean((1, 2, 3)), torch.zeros(3, dtype=torch.float64), atol=1e-9, rtol=0)
    torch.testing.assert_close(
        normal.var((1, 2, 3), correction=0), torch.ones(3, dtype=torch.float64), atol=1e-4, rtol=0
    )


def test_offset_norm_equals_one_group_norm_without_scale():
    value, offset = torch.randn(2, 4, 5, 6), torch.randn(4)
    expected = torch.nn.functional.group_norm(value, 1, torch.ones(4), offset, eps=1e-5)
    torch.testing.assert_close(offset_norm(value, offset), expected)


def test_same_padding_gives_the_map_sizes_of_the_released_code():
    sizes, value = [], torch.zeros(1, 1, 125, 125)
    for _ in range(4):
        value, padding = _padded_same(value, 5, 2)
        value = torch.nn.functional.conv2d(value, torch.zeros(1, 1, 5, 5), stride=2, padding=padding)
        sizes.append(value.shape[-1])
    assert sizes == [63, 32, 16, 8]


def test_same_padding_is_asymmetric_where_an_even_size_meets_a_stride_of_two():
    padded, rest = _padded_same(torch.ones(1, 1, 4, 4), 3, 2)
    assert rest == 0 and padded.shape[-2:] == (5, 5)
    assert padded[0, 0, 0, 0] == 1 and padded[0, 0, -1, -1] == 0


def test_a_bias_transformation_is_a_layer_whose_bias_is_b_plus_w_z():
    transform, layer = BiasTransform(3), torch.nn.Linear(7, 5)
    torch.nn.init.normal_(transform.vector)
    value = torch.randn(2, 4)
    plain = torch.nn.functional.linear(value, layer.weight[:, :4], layer.bias + layer.weight[:, 4:] @ transform.vector)
    torch.testing.assert_close(layer(transform(value)), plain)


def test_a_gradient_step_on_the_bias_transformation_moves_the_bias_by_more_than_the_bias_alone():
    transform, layer = BiasTransform(3), torch.nn.Linear(4, 1)
    layer(transform(torch.zeros(1, 1))).sum().backward()
    assert layer.bias.grad is not None and transform.vector.grad is not None
    torch.testing.assert_close(transform.vector.grad, layer.weight[0, 1:].detach())


def test_the_policy_gives_outputs_of_the_configured_sizes():
    output = Policy(SMALL)(torch.rand(6, 3, 18, 20), torch.rand(6, 6))
    assert [tuple(part.shape) for part in output] == [(6, 10), (3,), (6, 7), (6, 3)]


def test_the_action_loss_does_not_reach_the_end_pose_head():
    policy = Policy(SMALL)
    policy(torch.rand(2, 3, 18, 20), torch.rand(2, 6)).action.square().sum().backward()
    assert policy.end_pose is not None and policy.end_pose.weight.grad is None
    assert policy.encoder.convolutions[0].weight.grad is not None


def test_a_given_end_pose_is_used_in_place_of_the_prediction():
    policy, pictures, states = Policy(SMALL), torch.rand(2, 3, 18, 20), torch.rand(2, 6)
    first = policy(pictures, states)
    again = policy(pictures[1:], states[1:], end_pose=first.end_pose)
    torch.testing.assert_close(again.action[0], first.action[1])
    other = policy(pictures[1:], states[1:], end_pose=first.end_pose + 1)
    assert not torch.allclose(other.action, again.action)


def test_a_picture_bias_is_three_more_channels_within_the_range_of_pictures():
    encoder, pictures = Encoder(3, (4,), (2,), 3, bias_size=(8, 10)), torch.rand(2, 3, 8, 10)
    assert encoder.image_bias is not None
    plane = torch.nn.init.normal_(encoder.image_bias.plane, std=2.0)
    six = Encoder(6, (4,), (2,), 3)
    six.load_state_dict({k: v for k, v in encoder.state_dict().items() if "plane" not in k})
    appended = torch.cat([pictures, plane.clamp(0, 1).expand(2, -1, -1, -1)], dim=1)
    torch.testing.assert_close(encoder(pictures), six(appended))
    encoder(pictures).square().sum().backward()
    assert plane.grad is not None
    assert not plane.grad[(plane < 0) | (plane > 1)].any() and plane.grad[(plane > 0) & (plane < 1)].all()


@pytest.mark.parametrize("option", ["image_bias", "hidden_norm", "two_first_layers", "two_heads"])
def test_each_option_adds_parameters_and_keeps_the_sizes(option):
    plain, changed = Policy(SMALL), Policy(dataclasses.replace(SMALL, **{option: True}))
    output = changed(torch.rand(6, 3, 18, 20), torch.rand(6, 6), inner=True)
    assert [tuple(part.shape) for part in output] == [(6, 10), (3,), (6, 7), (6, 3)]
    sizes = [sum(value.numel() for value in policy.parameters()) for policy in (plain, changed)]
    assert sizes[0] < sizes[1]


def test_normalised_hidden_layers_have_zero_mean_before_their_offset_and_relu():
    policy = Policy(dataclasses.replace(SMALL, hidden_norm=True))
    torch.nn.init.constant_(policy.hidden_offsets[0], 100.0)  # nothing is cut off
    hidden = policy(torch.rand(6, 3, 18, 20), torch.rand(6, 6)).hidden
    torch.testing.assert_close(hidden.mean(dim=1), torch.full((6,), 100.0), atol=1e-3, rtol=0)
    assert "hidden_offsets.0" not in policy.adapted_names()


def test_only_the_inner_pass_goes_through_the_inner_first_layer():
    policy = Policy(dataclasses.replace(SMALL, two_first_layers=True))
    pictures, states = torch.rand(2, 3, 18, 20), torch.rand(2, 6)
    outer, inner = policy(pictures, states), policy(pictures, states, inner=True)
    assert not torch.allclose(outer.hidden, inner.hidden)
    assert policy.inner_first is not None
    torch.nn.init.zeros_(policy.inner_first.weight)
    torch.testing.assert_close(policy(pictures, states).hidden, outer.hidden)


def test_all_but_the_norm_offsets_are_adapted():
    policy = Policy(SMALL)
    left_out = {name for name, _ in policy.named_parameters()} - policy.adapted_names()
    assert left_out == {"encoder.offsets.0", "encoder.offsets.1"}


def test_an_encoder_refuses_filters_and_strides_of_different_lengths():
    with pytest.raises(ValueError, match="zip"):
        Encoder(3, (4, 4), (2,), 3)


def test_without_convolutions_a_policy_does_not_look_at_pictures():
    blind = Policy(dataclasses.replace(SMALL, filters=(), strides=(), end_pose=()))
    states = torch.randn(3, 3)
    outputs = [blind(torch.rand(3, 3, 18, 20), states) for _ in range(2)]
    assert outputs[0].feature_points.shape == (3, 0)
    torch.testing.assert_close(outputs[0].action, outputs[1].action, rtol=0, atol=0)
    assert not torch.allclose(blind(torch.rand(3, 3, 18, 20), states + 1).action, outputs[0].action)
    assert not any("encoder" in name for name, _ in blind.named_parameters())


def test_what_is_told_can_mean_one_of_the_things_in_the_picture():
    """So what it changes of the pose differs from picture to picture, which a sum of what both say could not do."""
    torch.manual_seed(0)
    policy = Policy(dataclasses.replace(SMALL, pose_is_told=True, pose_hidden=(20, 20)))
    picture, other, states = torch.rand(1, 3, 18, 20), torch.rand(1, 3, 18, 20), torch.zeros(1, 6)

    def change(seen):
        ends = []
        for told in ([2.0, -1.0], [-1.0, 2.0]):
            policy.context.vector.data = torch.tensor(told)
            ends.append(policy(seen, states).end_pose)
        return ends[1] - ends[0]

    assert change(picture).abs().max() > 0.01
    assert (change(picture) - change(other)).abs().max() > 1e-4
