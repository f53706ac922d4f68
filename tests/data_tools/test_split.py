"""No identity is in two splits, and a hash tells sets of them apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools.errors import DataError
from data_tools.split import SplitManifest, check_disjoint

SPLITS = ("train", "validation", "test")
labels = st.dictionaries(st.text(), st.sampled_from(SPLITS))


def sets_of(labels: dict[str, str]) -> dict[str, set[str]]:
    return {split: {name for name, home in labels.items() if home == split} for split in SPLITS}


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
