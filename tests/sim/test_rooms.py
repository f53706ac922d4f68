"""Laws of rooms: held-out looks are disjoint, surfaces stay muted, and light neither drowns nor burns a picture."""

from itertools import combinations

import mujoco
import numpy as np
import pytest

from sim.cameras import add_camera
from sim.object_colours import oklab
from sim.render import Renderer
from sim.rooms import ROOM_COUNT, add_room, room_catalogue, sample_room

EVERY = [(place, split) for place in ("lab", "film") for split in ("train", "validation", "test")]


@pytest.mark.parametrize(("one", "other"), list(combinations(EVERY, 2)))
def test_no_look_belongs_to_two_catalogues(one, other):
    for identify in (
        lambda room: room.room_id,
        lambda room: room.table.rgb,
        lambda room: room.table.texture_seed,
        lambda room: room.wall_rgb,
        lambda room: room.floor_rgb,
        lambda room: room.light_direction,
    ):
        here, there = ({identify(room) for room in room_catalogue(*which)} for which in (one, other))
        assert here.isdisjoint(there)


@pytest.mark.parametrize(("place", "split"), EVERY)
def test_tables_are_muted_and_lights_shine_down(place, split):
    rooms = room_catalogue(place, split)
    assert len({room.room_id for room in rooms}) == ROOM_COUNT[place][split]
    for room in rooms:
        assert np.linalg.norm(oklab(room.table.rgb)[1:]) < 0.08
        assert room.light_direction[2] < -0.6
        assert np.linalg.norm(room.light_direction) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(("place", "split"), EVERY)
def test_pictures_are_neither_black_nor_blown_out(place, split):
    for seed in range(3):
        spec = mujoco.MjSpec()
        add_room(spec, sample_room(np.random.default_rng(seed), place, split), (0.0, 0.0, 0.7), (0.5, 0.5))
        add_camera(spec, "eye", np.array((-1.0, 0.0, 1.5)), np.array((0.0, 0.0, 0.7)), 45.0)
        model = spec.compile()
        data = mujoco.MjData(model)
        mujoco.mj_forward(model, data)
        renderer = Renderer(model)
        picture = renderer.render(data, "eye", 60, 60)
        renderer.close()
        assert 40 < picture.mean() < 225
        assert (picture == 255).all(axis=2).mean() < 0.02


def test_the_table_top_is_where_it_was_asked_for():
    spec = mujoco.MjSpec()
    add_room(spec, room_catalogue("film", "test")[0], (0.3, -0.2, 0.7), (0.5, 0.4))
    model = spec.compile()
    table = model.geom("table")
    np.testing.assert_allclose(table.pos + (0, 0, table.size[2]), (0.3, -0.2, 0.7))
    np.testing.assert_allclose(table.size[:2], (0.5, 0.4))
