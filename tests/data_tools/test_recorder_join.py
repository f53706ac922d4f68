"""The joined file holds every episode as it is, and what was edited in it stays as somebody wished it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from data_tools.atomic import file_sha256
from data_tools.doctor import is_clean, validate
from data_tools.doctor_survey import facts_of
from data_tools.edit import delete, relabel
from data_tools.edit_files import undo, undo_copies, write_in_place
from data_tools.errors import DemoFileError
from data_tools.hdf5 import list_tasks, read_provenance, read_tasks, write_tasks
from data_tools.hdf5_recording import join_episodes, read_stream_counts, read_streams
from data_tools.lineage import lineage
from data_tools.recorder_takes import Takes
from data_tools.seal import write_seal

from .sent_takes import ORIGIN, STEPS, begin, send

pytestmark = pytest.mark.usefixtures("in_process")


@pytest.fixture
def takes(tmp_path: Path) -> Iterator[Takes]:
    with Takes(tmp_path / "demos.takes", ORIGIN) as opened:
        yield opened


@pytest.fixture
def three(takes: Takes) -> Takes:
    """A success, a failure of another task, and an unlabelled one."""
    for number, (task_id, outcome) in enumerate((("a", "success"), ("b", "failure"), ("a", "unknown"))):
        takes.keep(send(begin(takes, task_id), number), outcome, "operator")
    return takes


def test_the_joined_file_holds_every_episode_bit_by_bit(three: Takes, tmp_path: Path) -> None:
    path = tmp_path / "demos.hdf5"
    assert three.join(path) == 3
    assert [(entry.task_id, entry.demo_names) for entry in list_tasks(path)] == [
        ("a", ("demo_0", "demo_2")),
        ("b", ("demo_1",)),
    ]
    for number, episode in enumerate(three.episodes()):
        alone, together = (read_streams(p, n) for p, n in ((episode, "demo_0"), (path, f"demo_{number}")))
        for name, stream in alone.items():
            np.testing.assert_array_equal(stream.values, together[name].values)
            np.testing.assert_array_equal(stream.receive_time_s, together[name].receive_time_s)
    with h5py.File(path) as file:
        assert file["data/demo_2/obs/image"] == file["data/demo_2/streams/image/values"], "still stored once"
        assert file["data"].attrs["total"] == 3 * STEPS


def test_joining_again_replaces_the_file_and_never_leaves_half_of_one(three: Takes, tmp_path: Path) -> None:
    path = tmp_path / "demos.hdf5"
    three.join(path)
    first = path.read_bytes()
    damaged = three.episodes()[1]
    content = bytearray(damaged.read_bytes())
    content[-1] ^= 1
    damaged.write_bytes(content)
    with pytest.raises(DemoFileError, match="damaged"):
        three.join(path)
    assert path.read_bytes() == first
    assert sorted(p.name for p in tmp_path.iterdir()) == ["demos.hdf5", "demos.takes"]


def test_labels_filter(three: Takes, tmp_path: Path) -> None:
    path = tmp_path / "demos.hdf5"
    three.join(path)

    def outcomes(*wanted: str) -> list[str]:
        tasks = read_tasks(path, outcomes=wanted) if wanted else read_tasks(path)
        return sorted(demo.outcome for task in tasks for demo in task.demos)

    assert outcomes() == ["failure", "success", "unknown"]
    assert outcomes("success") == ["success"] and outcomes("failure", "unknown") == ["failure", "unknown"]
    with h5py.File(path) as file:
        assert file["mask/success"][()].tolist() == [b"demo_0"]
        assert file["mask/failure"][()].tolist() == [b"demo_1"]
        assert file["mask/validation"][()].tolist() == [b"demo_0", b"demo_1", b"demo_2"]


def test_episodes_of_another_robot_do_not_fit(three: Takes, tmp_path: Path, task: Callable) -> None:
    write_tasks(tmp_path / "other.hdf5", [task])
    with pytest.raises(DemoFileError, match="another robot or camera"):
        join_episodes(tmp_path / "all.hdf5", [*three.episodes(), tmp_path / "other.hdf5"], ORIGIN)
    assert not (tmp_path / "all.hdf5").exists()


def test_a_file_of_the_first_version_still_loads(tmp_path: Path, task) -> None:

    path = tmp_path / "old.hdf5"
    write_tasks(path, [task])
    with h5py.File(path, "r+") as file:
        file["data"].attrs["format_version"] = 1
        del file["mask/success"]
    write_seal(path)
    assert len(next(read_tasks(path)).demos) == 2
    assert read_streams(path, "demo_0") == {} and read_stream_counts(path, "demo_0") == {}


def contents(path: Path) -> list[str]:
    return [demo.content_sha256 for demo in facts_of(path).demos]


def test_every_file_tells_the_content_and_the_numbers_of_its_demos(three: Takes, tmp_path: Path) -> None:
    path = tmp_path / "demos.hdf5"
    three.join(path)
    assert is_clean(validate([path]))
    for written in (path, *three.episodes()):
        facts = facts_of(written)
        assert [demo.claims["content_sha256"] for demo in facts.demos] == [d.content_sha256 for d in facts.demos]
        actions = np.concatenate([demo.actions for demo in facts.demos])
        claimed = json.loads(facts.claims["statistics"])["actions"]
        assert claimed["count"] == len(actions)
        np.testing.assert_allclose(claimed["mean"], actions.mean(0, dtype=np.float64), atol=1e-7)
    assert contents(path) == [facts_of(episode).demos[0].content_sha256 for episode in three.episodes()]


def test_the_joined_file_names_its_episodes(three: Takes, tmp_path: Path) -> None:
    path = tmp_path / "demos.hdf5"
    three.join(path)
    named = [(parent.name, parent.sha256) for parent in read_provenance(path).parents]
    assert named == [(episode.name, file_sha256(episode)) for episode in three.episodes()]
    assert all(parent.is_found for parent in lineage(path).parents)


def test_what_was_deleted_does_not_come_back_and_what_was_relabelled_stays(three: Takes, tmp_path: Path) -> None:
    path = tmp_path / "demos.hdf5"
    three.join(path)
    whole = contents(path)
    write_in_place(delete(facts_of(path), ["demo_1"]), path)
    write_in_place(relabel(facts_of(path), ["demo_0"], [], outcome="failure"), path)
    edited = path.read_bytes()
    assert three.join(path) == 2 and path.read_bytes() == edited, "nothing new: nothing changes"
    for number in (3, 4):
        three.keep(send(begin(three, "a"), number), "success", "operator")
        assert three.join(path) == number
        assert contents(path)[:2] == [whole[0], whole[2]] and whole[1] not in contents(path)
        assert facts_of(path).demos[0].label("outcome") == "failure" and is_clean(validate([path]))
    undo(path), undo(path)
    assert path.read_bytes() == edited


def test_what_was_undone_is_joined_again(three: Takes, tmp_path: Path) -> None:
    path = tmp_path / "demos.hdf5"
    three.join(path)
    before = contents(path)
    write_in_place(delete(facts_of(path), ["demo_1"]), path)
    undo(path)
    assert three.join(path) == 3 and contents(path) == before and not undo_copies(path)


def test_a_file_that_somebody_else_made_keeps_its_demos(three: Takes, tmp_path: Path) -> None:
    path = tmp_path / "demos.hdf5"
    join_episodes(path, three.episodes()[:1], replace(ORIGIN, created_by="somebody else"))
    assert three.join(path) == 3 and len(set(contents(path))) == 3, "an episode that is there is not taken twice"


def test_sessions_of_different_seeds_leave_a_file_without_one_and_demos_with_theirs(tmp_path: Path) -> None:
    path = tmp_path / "demos.hdf5"
    for number, seed in enumerate((3, 3, 4)):
        with Takes(tmp_path / "demos.takes", replace(ORIGIN, seed=seed)) as takes:
            takes.keep(send(begin(takes), number), "success", "operator")
            takes.join(path)
        assert read_provenance(path).seed == (3 if number < 2 else -1)
    assert [demo.claims["seed"] for demo in facts_of(path).demos] == [3, 3, 4]
