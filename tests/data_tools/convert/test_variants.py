"""What other projects write, made by hand as they document it, and what is said about what they do not hold."""

import json

import h5py
import numpy as np
import pytest

from data_tools.convert.format import Losses
from data_tools.errors import ConversionError, DataError

FRAMES = np.random.default_rng(0).integers(0, 256, (4, 8, 10, 3), dtype=np.uint8)


def robosuite(path, first=0, camera="agentview_image", **more):
    """A file as robomimic renders it from robosuite: several keys in obs, no times, doubles."""
    with h5py.File(path, "w") as file:
        data = file.create_group("data")
        env = {"env_name": "Lift", "type": 1, "env_kwargs": {"control_freq": 25, "robots": ["Panda"]}}
        data.attrs["env_args"] = json.dumps(env)
        for index in range(first, first + 2):
            group = data.create_group(f"demo_{index}")
            group.attrs["num_samples"] = 4
            group["actions"] = np.full((4, 7), 0.1)
            group[f"obs/{camera}"] = FRAMES
            group["obs/robot0_eef_pos"], group["obs/object"] = np.ones((4, 3)), np.zeros((4, 2))
            for name, value in more.items():
                group[f"obs/{name}"] = value


def test_robosuite_s_keys_become_one_state_and_its_rate_gives_the_times(tmp_path, read):
    robosuite(tmp_path / "a.hdf5", first=1, robot0_eye_in_hand_image=FRAMES[::-1])
    losses = Losses()
    demos = read("robomimic", tmp_path / "a.hdf5", losses)
    said = " ".join(losses.sentences)
    assert len(demos) == 2 and (demos[0].task_id, demos[0].robot, demos[0].outcome) == ("Lift", "Panda", "unknown")
    np.testing.assert_array_equal(demos[0].states, np.tile(np.array([0, 0, 1, 1, 1], np.float32), (4, 1)))
    np.testing.assert_array_equal(demos[0].video.frames, FRAMES)
    np.testing.assert_array_equal(demos[0].action_time_s, np.arange(4) / 25)
    for words in ("object, robot0_eef_pos", "robot0_eye_in_hand_image", "25 Hz", "numbered anew", "to float32"):
        assert words in said


def test_another_camera_may_be_named(tmp_path, read):
    robosuite(tmp_path / "a.hdf5", robot0_eye_in_hand_image=FRAMES[::-1])
    demos = read("robomimic", tmp_path / "a.hdf5", camera="robot0_eye_in_hand_image")
    np.testing.assert_array_equal(demos[0].video.frames, FRAMES[::-1])
    with pytest.raises(ConversionError, match="agentview_image.*--camera"):
        read("robomimic", tmp_path / "a.hdf5", camera="side")


def test_isaac_lab_s_nested_groups_and_outcomes(tmp_path, read):
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        data = file.create_group("data")
        data.attrs["env_args"] = json.dumps({"env_name": "Isaac-Stack-Cube-v0", "type": 2})
        for index, is_success in enumerate((True, False)):
            group = data.create_group(f"demo_{index}")
            group.attrs.update({"num_samples": 4, "success": is_success, "seed": 3})
            group.create_dataset("actions", data=np.zeros((4, 7), np.float32), compression="gzip")
            group["initial_state/articulation/robot/joint_position"] = np.zeros((1, 9))
            group["states/articulation/robot/joint_position"] = np.zeros((4, 9))
            group["obs/policy/table_cam"], group["obs/policy/joint_pos"] = FRAMES, np.ones((4, 9), np.float32)
    demos = read("robomimic", tmp_path / "a.hdf5")
    assert [demo.outcome for demo in demos] == ["success", "failure"]
    assert demos[0].task_id == "Isaac-Stack-Cube-v0" and demos[0].states.shape == (4, 9)


def test_raw_robosuite_without_pictures_says_how_to_get_them(tmp_path, read):
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        group = file.create_group("data/demo_1")
        group["states"], group["actions"] = np.zeros((4, 30)), np.zeros((4, 7))
    with pytest.raises(ConversionError, match="dataset_states_to_obs"):
        read("robomimic", tmp_path / "a.hdf5")


def test_aloha_s_episodes_in_the_order_of_their_numbers(tmp_path, read):
    for index in (2, 10):
        with h5py.File(tmp_path / f"episode_{index}.hdf5", "w") as file:
            file.attrs["sim"] = False
            file["observations/qpos"] = np.full((4, 14), index, np.float32)
            file["observations/qvel"], file["action"] = np.zeros((4, 14)), np.zeros((4, 14), np.float32)
            file["observations/images/cam_high"], file["observations/images/cam_low"] = FRAMES, FRAMES
    losses = Losses()
    demos = read("act", tmp_path, losses)
    assert [demo.states[0, 0] for demo in demos] == [2, 10]
    np.testing.assert_array_equal(demos[0].action_time_s, np.arange(4) / 50)
    said = " ".join(losses.sentences)
    assert "qvel is not carried over" in said and "cam_low" in said and "50 Hz" in said and "numbered anew" in said


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_actions_that_are_no_numbers_are_refused(tmp_path, read, value):
    robosuite(tmp_path / "a.hdf5")
    with h5py.File(tmp_path / "a.hdf5", "r+") as file:
        file["data/demo_1/actions"][2, 3] = value
    with pytest.raises(ConversionError, match=r"demo_1, actions: expected finite numbers; found .* at \[2, 3\]"):
        read("robomimic", tmp_path / "a.hdf5")


@pytest.mark.parametrize(
    ("name", "value"),
    [("actions", np.zeros((3, 7))), ("actions", np.zeros(4)), ("obs/agentview_image", FRAMES[:3]),
     ("obs/agentview_image", FRAMES.astype(float)), ("obs/object", np.zeros((3, 2)))],
)  # fmt: skip
def test_wrong_shapes_are_refused(tmp_path, read, name, value):
    robosuite(tmp_path / "a.hdf5")
    with h5py.File(tmp_path / "a.hdf5", "r+") as file:
        del file[f"data/demo_1/{name}"]
        file[f"data/demo_1/{name}"] = value
    with pytest.raises(DataError, match="expected.*found"):
        read("robomimic", tmp_path / "a.hdf5")


def test_no_link_leads_out_of_a_foreign_file(tmp_path, read):
    robosuite(tmp_path / "secret.hdf5")
    robosuite(tmp_path / "a.hdf5")
    with h5py.File(tmp_path / "a.hdf5", "r+") as file:
        del file["data/demo_1/actions"]
        file["data/demo_1/actions"] = h5py.ExternalLink(str(tmp_path / "secret.hdf5"), "/data/demo_1/actions")
    with pytest.raises(DataError, match="ExternalLink"):
        read("robomimic", tmp_path / "a.hdf5")


def test_a_cut_file_is_refused(tmp_path, read):
    robosuite(tmp_path / "a.hdf5")
    content = (tmp_path / "a.hdf5").read_bytes()
    for length in np.linspace(10, len(content) - 1, 12).astype(int):
        (tmp_path / "a.hdf5").write_bytes(content[:length])
        with pytest.raises(DataError):
            read("robomimic", tmp_path / "a.hdf5")
