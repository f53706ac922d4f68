"""The laws of every format: what goes out comes back, the same goes out twice, and a failure leaves nothing."""

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from data_tools.convert import FORMATS, campaign
from data_tools.demo import Demo, Video
from data_tools.errors import ConversionError, DataError

from .conftest import ORIGIN, smooth_demo

EXACT = [(name, images) for name, part in FORMATS.items() for images in part.images if images != "video"]
FILMED = [name for name, part in FORMATS.items() if "video" in part.images]
finite = st.floats(width=32, allow_nan=False, allow_infinity=False)


def times(length: int) -> st.SearchStrategy[np.ndarray]:
    gaps = st.lists(st.floats(1e-3, 10.0), min_size=length, max_size=length)
    return st.builds(lambda start, values: start + np.cumsum(values), st.floats(-1e3, 1e3), gaps)


@st.composite
def any_demos(draw) -> list[Demo]:
    height, width, state_size, action_size = draw(st.tuples(*[st.integers(1, 9)] * 2, *[st.integers(1, 4)] * 2))

    rng = np.random.default_rng(draw(st.integers(0, 1000)))

    def demo() -> Demo:
        length = draw(st.integers(1, 5))
        return Demo(
            video=Video(rng.integers(0, 256, (length, height, width, 3), dtype=np.uint8), draw(times(length))),
            states=draw(hnp.arrays(np.float32, (length, state_size), elements=finite)),
            actions=draw(hnp.arrays(np.float32, (length, action_size), elements=finite)),
            state_time_s=draw(times(length)),
            action_time_s=draw(times(length)),
            task_id=draw(st.sampled_from(["a", "b", "place-train-7", "x.y_z"])),
            robot=draw(st.sampled_from(["pr2", "Roboter Ä", "two words"])),
            outcome=draw(st.sampled_from(["success", "failure", "unknown"])),
            clock=draw(st.sampled_from(["simulated", "steady"])),
        )

    return [demo() for _ in range(draw(st.integers(1, 3)))]


def tree_hash(path: Path) -> str:
    files = [path] if path.is_file() else sorted(part for part in path.rglob("*") if part.is_file())
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file.relative_to(path)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def assert_same(before: Demo, after: Demo, max_time_error_s: float) -> None:
    for name in ("states", "actions"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name), strict=True)
    np.testing.assert_array_equal(before.video.frames, after.video.frames, strict=True)
    for name in ("task_id", "robot", "outcome", "clock"):
        assert getattr(before, name) == getattr(after, name)
    pairs = [(before.video.capture_time_s, after.video.capture_time_s), (before.state_time_s, after.state_time_s)]
    for first, second in [*pairs, (before.action_time_s, after.action_time_s)]:
        np.testing.assert_allclose(first, second, rtol=0, atol=max_time_error_s)


@pytest.mark.parametrize(("name", "images"), EXACT)
@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(demos=any_demos())
def test_what_goes_out_comes_back_bit_by_bit(tmp_path_factory, write, read, name, images, demos):
    path = tmp_path_factory.mktemp("set") / f"set{FORMATS[name].suffix}"
    report = write(demos, name, path, images)
    back = read(name, path)
    assert len(back) == len(demos)
    for before, after in zip(demos, back, strict=True):
        assert_same(before, after, report.difference.max_time_error_s)
    assert report.is_identical and report.difference.max_time_error_s <= 1e-6
    assert (report.before.episodes, report.before.frames) == (len(demos), sum(map(len, demos)))
    assert report.difference.psnr_db is None and report.to_dict()["is_identical"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_second_trip_changes_nothing_more(tmp_path, write, read, demos, name):
    first, second = (tmp_path / f"{number}{FORMATS[name].suffix}" for number in (1, 2))
    images = FORMATS[name].images[-1]
    write(demos, name, first, images)
    once = read(name, first)
    write(once, name, second, images)
    for before, after in zip(once, read(name, second), strict=True):
        assert_same(before, after, 0.0)


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_demos_give_the_same_bytes(tmp_path, write, demos, name):
    paths = [tmp_path / f"{number}{FORMATS[name].suffix}" for number in (1, 2)]
    for path in paths:
        write(demos, name, path)
    assert tree_hash(paths[0]) == tree_hash(paths[1])


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_knows_its_own_and_no_other(tmp_path, write, demos, name):
    path = tmp_path / f"set{FORMATS[name].suffix}"
    write(demos, name, path)
    assert [known for known, part in FORMATS.items() if part.matches(path)] == [name]
    assert not [known for known, part in FORMATS.items() if part.matches(tmp_path / "nothing")]


@pytest.mark.parametrize("name", FORMATS)
def test_the_origin_is_carried_along(tmp_path, write, demos, name):
    path = tmp_path / f"set{FORMATS[name].suffix}"
    write(demos, name, path)
    assert FORMATS[name].read_provenance(path) == ORIGIN


@pytest.mark.parametrize("name", FILMED)
def test_film_is_lossy_and_says_how_much(tmp_path, write, read, demos, name):
    report = write(demos, name, tmp_path / "set", "video")
    assert not report.is_identical and report.before.actions_sha256 == report.after.actions_sha256
    errors = [
        np.square(a.video.frames.astype(float) - b.video.frames).ravel()
        for a, b in zip(demos, read(name, tmp_path / "set"), strict=True)
    ]
    expected_db = 10 * np.log10(255**2 / np.concatenate(errors).mean())
    assert report.difference.psnr_db == pytest.approx(expected_db) and expected_db > 30


@pytest.mark.parametrize("name", FORMATS)
def test_a_failure_leaves_what_was_there(tmp_path, write, demos, name):
    path = tmp_path / f"set{FORMATS[name].suffix}"
    write(demos, name, path)
    before = tree_hash(path)

    class Broken(list):
        def __iter__(self):
            yield demos[0]
            raise ConversionError("expected a demo, found none")

    with pytest.raises(ConversionError, match="found none"):
        write(Broken(), name, path, overwrite=True)
    with pytest.raises(ConversionError, match="--overwrite"):
        write(demos, name, path)
    assert tree_hash(path) == before and [entry.name for entry in tmp_path.iterdir()] == [path.name]
    write(demos[:1], name, path, overwrite=True)
    assert tree_hash(path) != before and [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", FORMATS)
def test_a_writer_that_loses_something_is_found_out(tmp_path, write, demos, name, monkeypatch):
    """The report is about what a reader finds, so a fault of a writer cannot pass as success."""
    path = tmp_path / f"set{FORMATS[name].suffix}"
    write_well = FORMATS[name].write
    faulty = dataclasses.replace(
        FORMATS[name], write=lambda path, demos, *rest: write_well(path, map(without_its_sign, demos), *rest)
    )
    monkeypatch.setitem(FORMATS, name, faulty)
    with pytest.raises(DataError, match="actions that were written; found others"):
        write(demos, name, path)
    assert not list(tmp_path.iterdir())


def without_its_sign(demo: Demo) -> Demo:
    return dataclasses.replace(demo, actions=np.abs(demo.actions) + 1)


@pytest.mark.parametrize(("name", "wrong"), [("robomimic", "set"), ("mil", "set.h5")])
def test_a_name_of_another_kind_is_refused(tmp_path, write, demos, name, wrong):
    with pytest.raises(ConversionError, match="ends in .hdf5"):
        write(demos, name, tmp_path / wrong)


def test_only_so_many_demos_when_asked(tmp_path, write, read):
    demos = [smooth_demo("a", 3) for _ in range(4)]
    write(demos, "robomimic", tmp_path / "set.hdf5", max_demos=2)
    assert len(read("robomimic", tmp_path / "set.hdf5")) == 2


def test_the_campaign_of_10000_frames_in_small(tmp_path):
    """The same code as the command; films are the only way that changes pictures, and no time moves a microsecond."""
    campaign.make_demos(tmp_path / "a.hdf5", 80, np.random.default_rng(0))
    for name, images in [("lerobot_v3", "lossless"), ("lerobot_v3", "video"), ("robomimic", "plain")]:
        out, back = tmp_path / f"{name}_{images}{FORMATS[name].suffix}", tmp_path / f"{name}_{images}_back.hdf5"
        there = campaign.convert_one("mil", name, tmp_path / "a.hdf5", out, images)
        here = campaign.convert_one(name, "mil", out, back, "lossless")
        assert there["is_identical"] == (images != "video") and here["is_identical"]
        assert there["before"]["frames"] == here["after"]["frames"] == 80
        assert there["before"]["actions_sha256"] == here["after"]["actions_sha256"]
        assert max(there["max_time_error_s"], here["max_time_error_s"]) <= 1e-6


@pytest.mark.parametrize("name", ["lerobot_v21", "lerobot_v3", "minari"])
@pytest.mark.parametrize("part", ["states", "actions"])
def test_formats_that_state_sizes_once_take_demos_of_one_size(tmp_path, write, demos, name, part):
    values = getattr(demos[1], part)
    demos[1] = dataclasses.replace(demos[1], **{part: np.concatenate([values, values[:, :1]], axis=1)})
    with pytest.raises(ConversionError, match="as of the first demo; found .*or all to mcap"):
        write(demos, name, tmp_path / "set")
    assert not list(tmp_path.iterdir())
    write(demos, "mcap", tmp_path / "set")
