"""A chain of hashes is followed to its end, believed by hash alone, and what is missing is still named."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from data_tools.atomic import file_sha256
from data_tools.content_hash import DERIVED, array_hash, content_sha256, demo_sha256
from data_tools.doctor_survey import facts_of
from data_tools.edit import delete, merge
from data_tools.edit_files import write_in_place, write_new
from data_tools.errors import DataError
from data_tools.hdf5 import read_tasks
from data_tools.lineage import Origin, lineage
from data_tools.provenance import Provenance

pytestmark = pytest.mark.usefixtures("in_process")


def kinds(origin: Origin) -> list[str]:
    """Every step of the first branch."""
    return [origin.kind, *(kinds(origin.parents[0]) if origin.parents else [])]


@pytest.fixture
def work(tmp_path, dataset) -> Path:
    """A folder in which a file was edited, trained on, adapted and evaluated."""
    whole = dataset()
    write_new(delete(facts_of(whole), ["demo_0"]), tmp_path / "data" / "part.hdf5")
    checkpoint, adapted = tmp_path / "runs" / "toy", tmp_path / "mine"
    for folder in (checkpoint, adapted):
        folder.mkdir(parents=True)
    save_file({"w": np.zeros(3)}, checkpoint / "model.safetensors")
    data = {"part.hdf5": file_sha256(tmp_path / "data" / "part.hdf5")}
    config = {"iteration": 7, "experiment": {"name": "toy"}, "data_sha256": data}
    (checkpoint / "config.json").write_text(json.dumps(config))
    model = file_sha256(checkpoint / "model.safetensors")
    film = tmp_path / "demos_films" / "toy-train-00.mp4"
    hashes = {"base_sha256": model, "support_sha256": file_sha256(film)}
    save_file({"w": np.ones(3)}, adapted / "adapted.safetensors", hashes)
    (adapted / "adapt.json").write_text(json.dumps({"support": film.name}))
    (tmp_path / "results.json").write_text(json.dumps({"experiment": "toy", "seed": 1, "checkpoint_sha256": model}))
    return tmp_path


def test_results_lead_back_to_the_films(work):
    origin = lineage(work / "results.json", [work, work / "data", work / "runs"])
    assert kinds(origin) == ["results", "checkpoint", "demo file", "demo file", "film"]
    part = origin.parents[0].parents[0]
    assert part.made_by.startswith("delete demo_0; 5 demos") and part.is_found
    assert part.parents[0].name == str(work / "demos.hdf5") and part.parents[0].is_found


def test_an_adapted_policy_has_a_checkpoint_and_a_support(work):
    checkpoint, support = lineage(work / "mine", [work, work / "runs", work / "demos_films"]).parents
    assert checkpoint.kind == "checkpoint" and checkpoint.is_found
    assert support.kind == "film" and support.name == str(work / "demos_films" / "toy-train-00.mp4")


def test_a_file_of_the_same_name_and_another_content_is_not_believed(work, dataset):
    shutil.move(dataset("other.hdf5", seed=4), work / "data" / "part.hdf5")
    data = lineage(work / "results.json", [work / "data", work / "runs"]).parents[0].parents[0]
    assert (data.name, data.is_found) == ("part.hdf5", False)


def test_what_is_gone_is_still_named_with_what_made_it(work):
    (work / "demos.hdf5").unlink()
    write_new(delete(facts_of(work / "data" / "part.hdf5"), ["demo_1"]), work / "last.hdf5")
    (work / "data" / "part.hdf5").unlink()
    part = lineage(work / "last.hdf5", [work]).parents[0]
    assert (part.name, part.is_found, part.made_by) == ("part.hdf5", False, "delete demo_0")
    assert (part.parents[0].name, part.parents[0].is_found) == ("demos.hdf5", False)


def test_an_edit_in_place_leads_to_the_undo_copy(work, dataset):
    path = work / "demos.hdf5"
    copy = write_in_place(merge([facts_of(path), facts_of(dataset("b.hdf5", seed=1))]), path)
    old, other, *films = lineage(path, []).parents
    assert (old.name, old.is_found) == (str(copy), True)
    assert other.name == str(work / "b.hdf5") and [film.name for film in films][-1] == "and 1 more"


def test_a_film_of_the_library_leads_to_the_one_that_was_ingested(work):
    film = work / "demos_films" / "toy-train-00.mp4"
    shutil.copy(film, work / "phone.mp4")
    (work / "mine.json").write_text(json.dumps({"original": "phone.mp4", "original_sha256": file_sha256(film)}))
    shutil.copy(film, work / "mine.mp4")
    assert lineage(work / "mine.mp4", []).parents[0].name == str(work / "phone.mp4")


@pytest.mark.parametrize("content", [None, "{}", "no json", "[1]"])
def test_what_says_nothing_of_its_origin_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "a.json").write_text(content)
    with pytest.raises(DataError, match="expected .*found"):
        lineage(tmp_path / "a.json", [])


def test_a_checkpoint_of_an_older_version_says_that_it_does_not_know(work):
    config = work / "runs" / "toy" / "config.json"
    config.write_text(json.dumps({"iteration": 7, "experiment": {"name": "toy"}}))
    assert "does not say on which data" in lineage(work / "runs" / "toy", []).made_by


def test_the_hash_of_a_demo_is_that_of_its_measurements_alone(dataset):
    path = dataset()
    stored = [demo.content_sha256 for demo in facts_of(path).demos]
    demos = [demo for task in read_tasks(path, with_films=False) for demo in task.demos]
    assert [demo_sha256(demo) for demo in demos] == stored and len(set(stored)) == len(stored)


def test_every_byte_shape_type_and_name_counts_and_order_and_pieces_do_not():
    array = np.arange(12.0).reshape(4, 3)

    def hashed(**arrays: np.ndarray) -> str:
        return content_sha256({name: array_hash(a.dtype, a.shape, [a]) for name, a in arrays.items()})

    changed = array.copy()
    changed[3, 2] = np.nextafter(changed[3, 2], 0)
    different = [hashed(a=array), hashed(b=array), hashed(a=changed), hashed(a=array.reshape(3, 4)),
                 hashed(a=array.astype(np.float32)), hashed(a=array, b=array)]  # fmt: skip
    assert len(set(different)) == len(different)
    assert hashed(a=array, b=changed) == hashed(b=changed, a=array)
    assert hashed(a=array, **{name: array for name in DERIVED}) == hashed(a=array)
    assert array_hash(array.dtype, array.shape, [array[:1], array[1:]]) == array_hash(array.dtype, array.shape, [array])


@pytest.mark.parametrize(
    "text",
    ["[]", "no json", '{"task": []}', '{"seed": "7"}', '{"split": "holdout"}', '{"parents": {}}', '{"parents": [{}]}',
     '{"parents": [{"name": 3}]}', '{"parents": [{"name": "a", "parents": 7}]}'],
)  # fmt: skip
def test_a_provenance_of_another_form_is_refused(text):
    with pytest.raises(DataError, match="Provenance: expected .*found"):
        Provenance.from_json(text)


def test_a_provenance_of_a_later_version_is_read():
    assert Provenance.from_json('{"task": "toy", "weather": "fine"}') == Provenance("toy")
