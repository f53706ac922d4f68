"""Messages and back again lose nothing, and messages that lie are refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from mil_nodes import conversions
from mil_nodes.command import Command
from mil_nodes.errors import MessageError, NonFiniteAction
from sensor_msgs.msg import Image

from data_tools.demo import Observation

finite = st.floats(allow_nan=False, allow_infinity=False)
vectors = st.tuples(finite, finite, finite)
stamps_ns = st.integers(0, 2**31 * 10**9 - 1)


def image(
    height: int = 2, width: int = 3, encoding: str = "rgb8", step: int | None = None, size: int | None = None
) -> Image:
    step = 3 * width if step is None else step
    size = height * step if size is None else size
    return Image(height=height, width=width, encoding=encoding, step=step, data=bytes(range(size)))


@given(stamps_ns)
def test_stamps_keep_every_nanosecond(stamp_ns: int) -> None:
    assert conversions.stamp_to_ns(conversions.stamp_from_ns(stamp_ns)) == stamp_ns


@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))), stamps_ns)
def test_pictures_and_states_come_back_as_the_same_observation(picture: np.ndarray, stamp_ns: int) -> None:
    state = np.linspace(-1, 1, 9, dtype=np.float32)
    found = conversions.observation_from(
        conversions.image_message(picture, stamp_ns), conversions.state_message("pr2", state, stamp_ns, 3)
    )
    assert isinstance(found, Observation)
    np.testing.assert_array_equal(found.image, picture)
    np.testing.assert_array_equal(found.state, state)
    assert found.time_s == stamp_ns / 1e9


@given(
    seq=st.integers(0, 2**64 - 1),
    linear=vectors,
    angular=vectors,
    gripper=st.floats(0, 1, width=32),
    stamp_ns=stamps_ns,
    episode_id=st.integers(0, 2**32 - 1),
)
def test_commands_come_back_as_they_were(seq, linear, angular, gripper, stamp_ns, episode_id) -> None:
    command = Command(seq, "policy_runner", linear, angular, gripper, stamp_ns, episode_id)
    assert conversions.command_from(conversions.command_message(command)) == command


@given(arrays(np.float32, 7, elements=st.floats(0, 1, width=32)))
def test_actions_come_back_from_commands(action: np.ndarray) -> None:
    command = conversions.command_from_action(action, 1, "policy_runner", 5, 2)
    np.testing.assert_array_equal(conversions.action_from(command), action.astype(np.float64))
    assert (command.seq, command.observation_ns, command.episode_id) == (1, 5, 2)


@pytest.mark.parametrize(
    "action", [np.zeros(6), np.zeros((1, 7)), np.full(7, np.nan), np.array([0, 0, 0, 0, 0, 0, np.inf])]
)
def test_actions_that_are_no_motion_are_refused(action: np.ndarray) -> None:
    with pytest.raises(NonFiniteAction):
        conversions.command_from_action(action, 1, "policy_runner", 5, 2)


def test_other_channel_orders_are_turned_round() -> None:
    red_green_blue = conversions.picture_from(image())
    blue_green_red = conversions.picture_from(image(encoding="bgr8"))
    np.testing.assert_array_equal(red_green_blue, blue_green_red[..., ::-1])


def test_padding_at_the_end_of_rows_is_cut_off() -> None:
    assert conversions.picture_from(image(step=12)).shape == (2, 3, 3)
    np.testing.assert_array_equal(conversions.picture_from(image(step=12))[1, 0], [12, 13, 14])


@pytest.mark.parametrize(
    "lie",
    [
        image(encoding="mono8"),
        image(encoding="rgb16"),
        image(step=8),
        image(size=17),
        image(size=19),
        image(height=0, size=0),
        image(width=0, step=0, size=0),
        Image(height=2**31, width=2**31, encoding="rgb8", step=0),
    ],
)
def test_images_whose_numbers_disagree_are_refused(lie: Image) -> None:
    with pytest.raises(MessageError, match="expected rgb8 or bgr8"):
        conversions.picture_from(lie)


def test_halves_of_different_moments_are_refused() -> None:
    state = conversions.state_message("pr2", np.zeros(9, np.float32), 7, 1)
    with pytest.raises(MessageError, match="one stamp"):
        conversions.observation_from(conversions.image_message(np.zeros((1, 1, 3), np.uint8), 8), state)


@pytest.mark.parametrize("values", [[], [np.nan], [0.0, np.inf]])
def test_states_that_are_no_numbers_are_refused(values: list[float]) -> None:
    state = conversions.state_message("pr2", np.array(values, np.float32), 7, 1)
    with pytest.raises(MessageError, match="finite"):
        conversions.observation_from(conversions.image_message(np.zeros((1, 1, 3), np.uint8), 7), state)
