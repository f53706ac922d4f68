"""Laws of containers and items: held-out identities are disjoint, and in physics things rest, hold and do not sink."""

from itertools import combinations

import mujoco
import numpy as np
import pytest

from data_tools.demo import Split
from sim.object_colours import colour_distance
from sim.objects import (
    CONTAINER_COUNT,
    ITEM_COUNT,
    ITEM_GEOMS,
    KINDS,
    MIN_COLOUR_DISTANCE,
    Container,
    Item,
    add_container,
    add_item,
    catalogue,
    item_catalogue,
    sample_containers,
    sample_item,
)
from sim.textures import PATTERNS

SPLITS: tuple[Split, ...] = ("train", "validation", "test")
PAIRS = list(combinations(SPLITS, 2))


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_nothing_that_identifies_a_container_is_shared(one, other):
    for identify in (
        lambda c: [c.object_id],
        lambda c: [c.rgb, c.second_rgb],
        lambda c: [c.texture_seed],
        lambda c: [c.form],
    ):
        here, there = ({key for c in catalogue(split) for key in identify(c)} for split in (one, other))
        assert here.isdisjoint(there)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_nothing_that_identifies_an_item_is_shared(one, other):
    for identify in (lambda item: item.object_id, lambda item: item.rgb, lambda item: item.half_size_m):
        here, there = ({identify(item) for item in item_catalogue(split)} for split in (one, other))
        assert here.isdisjoint(there)


@pytest.mark.parametrize("split", SPLITS)
def test_catalogues_are_whole(split):
    containers, items = catalogue(split), item_catalogue(split)
    assert len({c.object_id for c in containers}) == len(containers) == CONTAINER_COUNT[split]
    assert len({i.object_id for i in items}) == len(items) == ITEM_COUNT[split]
    assert {c.kind for c in containers} == set(KINDS) and {i.shape for i in items} == set(ITEM_GEOMS)
    assert {c.split for c in containers} == {split}
    assert {c.pattern for c in containers} <= {"plain", *PATTERNS}


@pytest.mark.parametrize("split", SPLITS)
def test_sizes_are_as_promised(split):
    for container in catalogue(split):
        assert 0.047 <= container.radius_m <= 0.075 and 0.015 <= container.height_m <= 0.08
        assert container.radius_m <= container.footprint_m < 0.092
    for item in item_catalogue(split):
        assert 0.015 <= min(item.half_size_m) and max(item.half_size_m) <= 0.031


@pytest.mark.parametrize("split", SPLITS)
def test_a_scene_holds_clearly_different_colours(split):
    rng = np.random.default_rng(0)
    for _ in range(50):
        chosen = sample_containers(rng, split)
        assert len(chosen) == 3 and {c.split for c in chosen} == {split}
        for a, b in combinations(chosen, 2):
            assert colour_distance(a.rgb, b.rgb) >= MIN_COLOUR_DISTANCE


def test_samples_depend_on_the_generator_alone():
    one, again = (np.random.default_rng(5) for _ in range(2))
    assert sample_containers(one, "test") == sample_containers(again, "test")
    assert sample_item(one, "test") == sample_item(again, "test")


def test_a_crowd_of_different_colours_is_refused():
    with pytest.raises(ValueError, match="expected a count with clearly different colours, found 60"):
        sample_containers(np.random.default_rng(0), "test", 60)


def _drop(kind: str, steps: int) -> tuple[mujoco.MjData, list[Container], list[Item]]:
    """Ten containers of one kind in a row, an item of every shape let go above two of them each, simulated."""
    containers = [c for split in ("train", "test") for c in catalogue(split) if c.kind == kind][::6][:10]
    items = list(item_catalogue("train")[:10])
    spec = mujoco.MjSpec()
    spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, size=(2, 2, 0.02), pos=(0, 0, -0.02))
    for index, (container, item) in enumerate(zip(containers, items, strict=True)):
        add_container(spec, f"container_{index}", container).pos = (0.2 * index - 1, 0, 0)
        above = container.height_m + max(item.half_size_m) + 0.03
        add_item(spec, f"item_{index}", item).pos = (0.2 * index - 1 + 0.006, -0.005, above)
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_step(model, data, steps)
    return data, containers, items


@pytest.mark.parametrize("kind", KINDS)
def test_items_fall_in_and_stay_and_containers_stand(kind):
    data, containers, items = _drop(kind, 1500)
    for index, (container, item) in enumerate(zip(containers, items, strict=True)):
        body, thing = data.body(f"container_{index}"), data.body(f"item_{index}")
        offset_m = thing.xpos - body.xpos
        assert abs(body.xpos[2]) < 0.002, f"{container} sinks or floats"
        assert body.xmat[8] > 0.999, f"{container} tips"
        assert np.linalg.norm(body.xpos[:2] - (0.2 * index - 1, 0)) < 0.005, f"{container} slides"
        assert np.linalg.norm(offset_m[:2]) < container.radius_m, f"{item} leaves {container}"
        assert offset_m[2] > 0.003 + 0.9 * min(item.half_size_m), f"{item} sinks into {container}"
        assert np.linalg.norm(thing.cvel[3:]) < 0.05, f"{item} does not come to rest in {container}"


def test_a_ball_pushed_on_the_table_comes_to_rest():
    spec = mujoco.MjSpec()
    spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_PLANE, size=(5, 5, 0.1))
    ball = next(item for item in item_catalogue("test") if item.shape == "ball")
    add_item(spec, "item", ball).pos = (0, 0, ball.half_size_m[2])
    model = spec.compile()
    data = mujoco.MjData(model)
    data.qvel[0] = 0.3
    mujoco.mj_step(model, data, 1500)
    assert abs(data.qvel).max() < 1e-2 and 0.01 < data.qpos[0] < 0.6


def test_mass_is_as_stated():
    spec = mujoco.MjSpec()
    container, item = catalogue("train")[0], item_catalogue("train")[0]
    add_container(spec, "container", container)
    add_item(spec, "item", item)
    model = spec.compile()
    assert model.body("container").mass[0] == pytest.approx(container.mass_kg)
    assert model.body("item").mass[0] == pytest.approx(item.mass_kg)
