"""The visuomotor policy: pictures and robot states in, actions and the predicted end pose out."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mil_core.policies.bias_transform import BiasTransform
from mil_core.policies.encoder import Encoder
from mil_core.policies.norm_relu import offset_norm


@dataclass(frozen=True)
class PolicyConfig:
    """Sizes of the policy."""

    image_height: int
    """Rows of the picture."""
    image_width: int
    """Columns of the picture."""
    state_size: int
    """Numbers in the robot state."""
    velocity_size: int
    """Continuous action dimensions: velocities or torques."""
    has_gripper: bool
    """Whether one more action dimension opens (0) and closes (1) a gripper."""
    end_pose: tuple[int, ...] = ()
    """Which numbers of the state, at the end of the demo, are predicted from its first picture; none = no such head."""
    pose_is_told: bool = False
    """Whether the context enters the prediction of that pose, too: what never adapts can learn of a demonstration by
    no other way."""
    pose_hidden: tuple[int, ...] = ()
    """Widths of hidden layers before a pose that is told. Without any it is a sum of what the picture says and what the
    demonstration says, which cannot mean "that one of those in the picture"."""
    filters: tuple[int, ...] = (64, 64, 64, 64, 64)
    """Filters of each convolution; none = a policy of states alone, which does not look at pictures."""
    strides: tuple[int, ...] = (2, 2, 2, 1, 1)
    """Stride of each convolution."""
    kernel_size: int = 3
    """Side of every convolution's kernel."""
    hidden: tuple[int, ...] = (100, 100)
    """Widths of the hidden layers; "three layers of 100" of the thesis are two hidden ones and the output."""
    context_size: int = 20
    """Length of the bias transformation's vector, 0 = none."""
    control: Literal["velocity", "pose_first"] = "velocity"
    """How an adapted policy moves: by velocities alone, or first to the predicted end pose (mil_core.pose_first)."""
    two_heads: bool = False
    """Whether the inner loss has an output layer of its own (thesis 7.1.2)."""
    two_first_layers: bool = False
    """Whether the inner loss has a first fully connected layer of its own: so the released code learns from videos
    without states; the thesis does not say so."""
    image_bias: bool = False
    """Whether pictures get three more channels of learned numbers: the bias transformation of the first convolution
    (thesis 7.1.4, used for pushing)."""
    hidden_norm: bool = False
    """Whether hidden layers are normalised as convolutions are: the thesis says so, the released code does not."""

    @property
    def num_points(self) -> int:
        """Numbers that are read out of a picture; 0 without convolutions, where pictures are not looked at."""
        return 2 * self.filters[-1] if self.filters else 0

    @property
    def end_pose_size(self) -> int:
        """Numbers in the predicted end pose."""
        return len(self.end_pose)

    @property
    def state_inputs(self) -> int:
        """Numbers about the robot's state that the network takes: the state, and the pose once more."""
        return self.state_size + self.end_pose_size

    @property
    def action_size(self) -> int:
        """Numbers in one action."""
        return self.velocity_size + int(self.has_gripper)


class PolicyOutput(NamedTuple):
    """All that a loss or a controller may want to look at."""

    feature_points: Float[Tensor, "frame xy_of_channel"]
    """Output of the perception layers."""
    end_pose: Float[Tensor, " pose"]
    """Predicted pose at the end of the episode, normalised; empty when there is no such head."""
    hidden: Float[Tensor, "frame unit"]
    """Last hidden layer."""
    action: Float[Tensor, "frame action"]
    """Normalised velocities and, last, the logit of closing the gripper."""


class Policy(nn.Module):
    """Convolutions, feature points, predicted end pose, bias transformation, fully connected layers.

    Source: thesis 7.2.5.1 and Figure 30; the pose is predicted from the first frame only and enters the layers above
    behind a stop-gradient, as in the released code of MIL. Differs: the way that remains to the predicted pose enters
    beside it, so that the layers above need not learn to subtract.
    """

    def __init__(self, config: PolicyConfig) -> None:
        super().__init__()
        self.config = config
        bias_size = (config.image_height, config.image_width) if config.image_bias else None
        self.encoder = Encoder(3, config.filters, config.strides, config.kernel_size, bias_size)
        num_inputs = config.num_points + config.end_pose_size + config.state_size + config.end_pose_size
        widths = (num_inputs + config.context_size, *config.hidden)
        self.end_pose = _end_pose_head(config, widths[0]) if config.end_pose_size else None
        self.context = BiasTransform(config.context_size)
        self.layers = nn.ModuleList([nn.Linear(i, o) for i, o in zip(widths[:-1], widths[1:], strict=True)])
        self.inner_first = nn.Linear(*widths[:2]) if config.two_first_layers else None
        norms = config.hidden if config.hidden_norm else ()
        self.hidden_offsets = nn.ParameterList([nn.Parameter(torch.zeros(width)) for width in norms])
        self.head = nn.Linear(widths[-1], config.action_size)
        self.inner_head = nn.Linear(widths[-1], config.action_size) if config.two_heads else None

    def forward(
        self,
        pictures: Float[Tensor, "frame 3 height width"],
        states: Float[Tensor, "frame state_and_pose"],
        *,
        end_pose: Float[Tensor, " pose"] | None = None,
        feature_points: Float[Tensor, "frame xy_of_channel"] | None = None,
        inner: bool = False,
    ) -> PolicyOutput:
        """Outputs for the frames of one episode.

        Args:
            pictures: values in [0, 1]; the first one is the first of the episode unless `end_pose` is given.
            states: whitened robot states, followed by the present pose in the units of the end pose.
            end_pose: the pose predicted earlier in this episode; None = predict it from the first picture.
            feature_points: what was read out of these pictures before; None = read it out of them.
            inner: use the inner loss's own layers, where there are such.

        Returns: see PolicyOutput.
        """
        points = self.encoder(pictures) if feature_points is None else feature_points
        last_pose = self._end_pose(points[0]) if end_pose is None else end_pose
        repeated_pose = last_pose.detach().expand(len(points), -1)
        state, pose = states.split([self.config.state_size, self.config.end_pose_size], dim=1)
        value = self.context(torch.cat([points, repeated_pose, state, repeated_pose - pose], dim=1))
        for depth, layer in enumerate(self.layers):
            own = self.inner_first if inner and depth == 0 else None
            value = (layer if own is None else own)(value)
            value = offset_norm(value, self.hidden_offsets[depth]).relu() if self.hidden_offsets else value.relu()
        head = self.inner_head if inner and self.inner_head is not None else self.head
        return PolicyOutput(points, last_pose, value, head(value))

    def _end_pose(self, points: Tensor) -> Tensor:
        if self.end_pose is None:
            return points.new_zeros(0)
        if self.config.pose_is_told:
            # Beside the picture the context meets zeros: of states that are whitened, their mean.
            no_state = points.new_zeros(self.config.state_inputs + self.config.end_pose_size)
            points = self.context(torch.cat([points, no_state])[None])[0]
        return self.end_pose(points)

    def adapted_names(self) -> frozenset[str]:
        """Names of the parameters that the inner loop moves: all but the layer norm's offsets.

        Source: the released code of MIL, where the offsets are learned by the outer loop alone.
        """
        return frozenset(name for name, _ in self.named_parameters() if "offsets." not in name)


def _end_pose_head(config: PolicyConfig, told_inputs: int) -> nn.Module:
    """Feature points to the end pose; with the context beside them where it is told. Args: told_inputs: all of them."""
    if not config.pose_is_told:
        return nn.Linear(config.num_points, config.end_pose_size)
    if not config.pose_hidden:
        return nn.Linear(told_inputs, config.end_pose_size)
    widths = (told_inputs, *config.pose_hidden)
    hidden = [layer for sizes in pairwise(widths) for layer in (nn.Linear(*sizes), nn.ReLU())]
    return nn.Sequential(*hidden, nn.Linear(widths[-1], config.end_pose_size))
