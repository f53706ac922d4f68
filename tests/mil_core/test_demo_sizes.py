import dataclasses

import pytest

from mil_core.demo_sizes import check_demo_sizes
from mil_core.errors import SupportMismatch


def test_a_fitting_demonstration_passes(experiments, tasks):
    check_demo_sizes(tasks[0].demos[0], experiments["mil"].policy)


@pytest.mark.parametrize(
    ("field", "size", "word"),
    [("image_height", 11, "picture"), ("image_width", 9, "picture"), ("state_size", 3, "state"),
     ("velocity_size", 5, "action"), ("has_gripper", False, "action")],
)  # fmt: skip
def test_every_size_counts_and_is_named(experiments, tasks, field, size, word):
    other = dataclasses.replace(experiments["mil"].policy, **{field: size})
    with pytest.raises(SupportMismatch, match=f"{word}s of shape"):
        check_demo_sizes(tasks[0].demos[0], other)


def test_a_demonstration_of_wrong_sizes_is_not_adapted_to(experiments, tasks, scaling):
    policy = dataclasses.replace(experiments["mil"].policy, image_height=20)
    algorithm = dataclasses.replace(experiments["mil"], policy=policy).build(scaling)
    with pytest.raises(SupportMismatch):
        algorithm.adapt(tasks[0].demos[0])
