"""No identity is in two splits, and a manifest that was edited is noticed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools.errors import DataError
from data_tools.split import SplitManifest, check_disjoint

SPLITS = ("train", "validation", "test")
labels = st.dictionaries(st.text(), st.sampled_from(SPLITS))


def sets_of(labels: dict[str, str]) -> dict[str, set[str]]:
    return {split: {name for name, home in labels.items() if home == split} for split in SPLITS}


@given(labels)
def test_a_manifest_survives_its_file(labels):
    manifest = SplitManifest(*map(frozenset, sets_of(labels).values()))
    assert SplitManifest.from_json(manifest.to_json()) == manifest


@given(labels.filter(bool), st.data())
def test_any_identity_in_a_second_split_is_found(labels, data):
    leak = data.draw(st.sampled_from(sorted(labels)))
    split = data.draw(st.sampled_from([other for other in SPLITS if other != labels[leak]]))
    sets = sets_of(labels)
    check_disjoint(sets)
    sets[split].add(leak)
    with pytest.raises(DataError, match="no common identity"):
        check_disjoint(sets)
    with pytest.raises(DataError, match="no common identity"):
        SplitManifest(*map(frozenset, sets.values()))


@given(st.lists(st.text(), unique=True))
def test_the_hash_depends_on_the_set_alone(names):
    assert SplitManifest(frozenset(names)).sha256("train") == SplitManifest(frozenset(names[::-1])).sha256("train")
    changed = SplitManifest(frozenset([*names, "".join(names) + "x"]))
    assert changed.sha256("train") != SplitManifest(frozenset(names)).sha256("train")


def test_identities_with_separators_do_not_collide():
    assert SplitManifest(frozenset({"a", "b"})).sha256("train") != SplitManifest(frozenset({"a\nb"})).sha256("train")


def test_data_of_another_split_is_named():
    manifest = SplitManifest(frozenset({"red"}), frozenset({"green"}), frozenset({"blue"}))
    manifest.check_used("test", ["blue", "blue"])
    with pytest.raises(DataError, match=r"'test'.*\{'pink': 'none', 'red': 'train'\}"):
        manifest.check_used("test", ["blue", "red", "pink"])


def test_an_edited_manifest_is_refused():
    rows = json.loads(SplitManifest(frozenset({"red"})).to_json())
    rows["train"]["identities"].append("blue")
    with pytest.raises(DataError, match="it was edited"):
        SplitManifest.from_json(json.dumps(rows))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"train": 3}', "null"])
def test_what_is_no_manifest_is_refused(text):
    with pytest.raises(DataError, match="expected train, validation and test"):
        SplitManifest.from_json(text)
