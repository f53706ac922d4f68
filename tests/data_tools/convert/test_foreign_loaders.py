"""The libraries of other projects open what is written for them, and find the same numbers."""

import json

import h5py
import minari
import numpy as np
import pyarrow.parquet as pq
import pytest
from rosbags.highlevel import AnyReader

from data_tools.convert.format import Losses


def test_minari_loads_it(tmp_path, write, demos):
    write(demos, "minari", tmp_path / "set")
    data = minari.MinariDataset(tmp_path / "set" / "data")
    assert (data.total_episodes, data.total_steps) == (3, 16)
    for demo, episode in zip(demos, data.iterate_episodes(), strict=True):
        assert len(episode) == len(demo)
        np.testing.assert_array_equal(episode.actions, demo.actions)
        np.testing.assert_array_equal(episode.observations["image"][:-1], demo.video.frames)
        np.testing.assert_array_equal(episode.observations["state"][:-1], demo.states)
        np.testing.assert_array_equal(episode.infos["action_time_s"][:-1], demo.action_time_s)
        assert episode.terminations.tolist() == [False] * (len(demo) - 1) + [True]
        assert data.observation_space["image"].contains(episode.observations["image"][0])
        assert data.action_space.contains(episode.actions[0])


def test_what_minari_wrote_itself_is_read(tmp_path, read):
    """A data set with JPEG pictures, made by Minari's own collector of episodes."""
    import gymnasium as gym
    from minari.data_collector.episode_buffer import EpisodeBuffer
    from minari.dataset.minari_storage import MinariStorage

    pictures = gym.spaces.Box(0, 255, (32, 48, 3), np.uint8)
    space = gym.spaces.Dict({"image": pictures, "state": gym.spaces.Box(-1, 1, (2,), np.float64)})
    actions = gym.spaces.Box(-1, 1, (3,), np.float32)
    (tmp_path / "set").mkdir()
    storage = MinariStorage.new(tmp_path / "set" / "data", space, actions)
    frames = np.repeat(np.linspace(0, 250, 6).astype(np.uint8), 32 * 48 * 3).reshape(6, 32, 48, 3)
    states, taken = np.linspace(-1, 1, 12).reshape(6, 2), np.zeros((5, 3), np.float32)
    zeros = np.zeros(5)
    storage.update_episodes([EpisodeBuffer(
        id=0, seed=1, options=None, observations={"image": list(frames), "state": states}, actions=taken,
        rewards=zeros, terminations=zeros > 1, truncations=zeros > 1, infos={},
    )])  # fmt: skip
    storage.update_metadata({"dataset_id": "push/cube-v3", "minari_version": minari.__version__})
    losses = Losses()
    (demo,) = read("minari", tmp_path / "set", losses, rate_hz=4)
    assert demo.task_id.startswith("push-cube-v3-") and demo.outcome == "unknown"
    assert np.abs(demo.video.frames.astype(int) - frames[:-1]).max() <= 3, "JPEG"
    np.testing.assert_array_equal(demo.states, states[:-1].astype(np.float32))
    np.testing.assert_array_equal(demo.action_time_s, np.arange(5) / 4)
    assert "4 Hz" in " ".join(losses.sentences) and "float64 to float32" in " ".join(losses.sentences)


def test_rosbags_reads_the_bag_with_the_definitions_inside_it(tmp_path, write, demos):
    write(demos, "mcap", tmp_path / "set")
    for index, demo in enumerate(demos):
        with AnyReader([tmp_path / "set" / f"episode_{index:06d}"]) as bag:
            found = {topic: [] for topic in bag.topics}
            for connection, _, data in bag.messages():
                found[connection.topic].append(bag.deserialize(data, connection.msgtype))
        assert all(len(found[topic]) == len(demo) for topic in ("/camera/image", "/robot/state", "/robot/command"))
        image, command = found["/camera/image"][-1], found["/robot/command"][-1]
        assert (image.encoding, image.height, image.width) == ("rgb8", 32, 48)
        np.testing.assert_array_equal(image.data.reshape(32, 48, 3), demo.video.frames[-1])
        np.testing.assert_array_equal(command.position, demo.actions[-1])
        stamp_s = command.header.stamp.sec + 1e-9 * command.header.stamp.nanosec
        assert abs(stamp_s - demo.action_time_s[-1]) < 1e-8
        assert json.loads(found["/demo/labels"][0].data)["task_id"] == demo.task_id


def test_messages_of_a_bag_never_go_back_in_log_time(tmp_path, write, demos):
    write(demos, "mcap", tmp_path / "set")
    last_ns = -1
    for index in range(len(demos)):
        with AnyReader([tmp_path / "set" / f"episode_{index:06d}"]) as bag:
            times = [log_ns for _, log_ns, _ in bag.messages()]
        assert times == sorted(times) and times[0] > last_ns
        last_ns = times[-1]


def test_robomimic_finds_every_key_that_it_documents(tmp_path, write, demos):
    write(demos, "robomimic", tmp_path / "set.hdf5")
    with h5py.File(tmp_path / "set.hdf5", "r", swmr=True, libver="latest") as file:
        data = file["data"]
        assert data.attrs["total"] == 16
        assert {"env_name", "type", "env_kwargs"} <= json.loads(data.attrs["env_args"]).keys()
        assert file["mask/test"][()].tolist() == [b"demo_0", b"demo_1", b"demo_2"]
        for index, demo in enumerate(demos):
            group = data[f"demo_{index}"]
            assert group.attrs["num_samples"] == len(demo)
            assert {len(group[name]) for name in ("actions", "rewards", "dones", "states", "obs/image")} == {len(demo)}
            assert group["obs/image"].dtype == np.uint8


def test_robomimic_s_own_class_loads_windows(tmp_path, write, demos):
    dataset = pytest.importorskip("robomimic.utils.dataset", reason="robomimic is not part of any extra")
    write(demos, "robomimic", tmp_path / "set.hdf5")
    sequences = dataset.SequenceDataset(
        str(tmp_path / "set.hdf5"), ("image",), ("actions",), seq_length=3, pad_seq_length=False, load_next_obs=False
    )
    assert len(sequences) == sum(len(demo) - 2 for demo in demos)
    np.testing.assert_array_equal(sequences[1]["obs"]["image"], demos[0].video.frames[1:4])


def test_act_finds_every_key_that_it_reads(tmp_path, write, demos):
    write(demos, "act", tmp_path / "set")
    for index, demo in enumerate(demos):
        with h5py.File(tmp_path / "set" / f"episode_{index}.hdf5") as file:
            assert file.attrs["sim"]
            assert file["observations/images/top"].chunks == (1, 32, 48, 3)
            assert file["observations/qvel"].shape == file["observations/qpos"].shape == demo.states.shape
            np.testing.assert_array_equal(file["action"], demo.actions)


@pytest.mark.parametrize("name", ["lerobot_v21", "lerobot_v3"])
def test_lerobot_s_tables_are_as_documented(tmp_path, write, demos, name):
    write(demos, name, tmp_path / "set", "video")
    info = json.loads((tmp_path / "set" / "meta" / "info.json").read_text())
    assert (info["fps"], info["total_episodes"], info["total_frames"], info["total_tasks"]) == (10, 3, 16, 2)
    assert info["splits"] == {"train": "0:3"}
    files = sorted((tmp_path / "set" / "data").rglob("*.parquet"))
    rows = [row for file in files for row in pq.read_table(file).to_pylist()]
    assert [row["index"] for row in rows] == list(range(16))
    assert [row["episode_index"] for row in rows] == [0] * 5 + [1] * 7 + [2] * 4
    assert [row["task_index"] for row in rows] == [0] * 5 + [1] * 7 + [0] * 4
    for row in rows:
        assert row["timestamp"] == pytest.approx(row["frame_index"] / 10)
        assert row.keys() == {key for key, part in info["features"].items() if part["dtype"] != "video"}
    assert not [key for key, part in info["features"].items() if "image" in key and part["dtype"] == "float64"]


def test_lerobot_v3_finds_each_episode_in_table_and_film(tmp_path, write, demos):
    write(demos, "lerobot_v3", tmp_path / "set", "video")
    table = pq.read_table(tmp_path / "set" / "meta" / "episodes" / "chunk-000" / "file-000.parquet")
    rows = table.to_pylist()
    assert [(row["dataset_from_index"], row["dataset_to_index"]) for row in rows] == [(0, 5), (5, 12), (12, 16)]
    key = "videos/observation.images.camera"
    spans = [(row[f"{key}/from_timestamp"], row[f"{key}/to_timestamp"]) for row in rows]
    np.testing.assert_allclose(spans, [(0, 0.5), (0.5, 1.2), (1.2, 1.6)])
    assert [row["tasks"] for row in rows] == [["a"], ["b"], ["a"]]
    tasks = pq.read_table(tmp_path / "set" / "meta" / "tasks.parquet")
    assert json.loads(tasks.schema.metadata[b"pandas"])["index_columns"] == ["task"]
    assert tasks.to_pylist() == [{"task_index": 0, "task": "a"}, {"task_index": 1, "task": "b"}]


def value_of(dtype):
    return {"dtype": dtype, "_type": "Value"}


def test_lerobot_v21_is_told_which_column_holds_pictures(tmp_path, write, demos):
    write(demos, "lerobot_v21", tmp_path / "set", "lossless")
    info = json.loads((tmp_path / "set" / "meta" / "info.json").read_text())
    for file in (tmp_path / "set" / "data").rglob("*.parquet"):
        schema = pq.read_schema(file)
        told = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
        assert list(told) == schema.names
        assert told["observation.images.camera"] == {"_type": "Image"}
        for name in set(told) - {"observation.images.camera"}:
            size, kind = info["features"][name]["shape"][0], value_of(info["features"][name]["dtype"])
            assert told[name] == (kind if size == 1 else {"feature": kind, "length": size, "_type": "Sequence"})


def test_hugging_face_s_own_loader_gives_the_pictures_of_lerobot_v21(tmp_path, write, demos):
    datasets = pytest.importorskip("datasets", reason="datasets is not part of any extra")
    write(demos, "lerobot_v21", tmp_path / "set", "lossless")
    files = sorted(map(str, (tmp_path / "set" / "data").rglob("*.parquet")))
    rows = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(tmp_path / "cache"))
    frames = np.concatenate([demo.video.frames for demo in demos])
    for row, frame in zip(rows, frames, strict=True):
        np.testing.assert_array_equal(np.asarray(row["observation.images.camera"]), frame)
