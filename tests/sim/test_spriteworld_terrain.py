import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.disc_colours import NEUTRAL_LAB, lab
from sim.spriteworld.ground import GROUND_RGB, LARGE_PPC, cell_under, ground
from sim.spriteworld.sprites import sprite
from sim.spriteworld.terrain import MAY_TOUCH, SIZE_CELLS, TERRAINS, sample_terrain


def rngs(*seeds: int) -> list[np.random.Generator]:
    return [np.random.default_rng(seed) for seed in seeds]


def test_the_rule_is_mutual_and_every_terrain_may_lie_beside_itself() -> None:
    assert (MAY_TOUCH == MAY_TOUCH.T).all()
    assert MAY_TOUCH.diagonal().all()


@settings(max_examples=25)
@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=3))
def test_neighbours_always_match(seeds: list[int]) -> None:
    terrain = sample_terrain(rngs(*seeds))
    assert terrain.shape == (len(seeds), SIZE_CELLS, SIZE_CELLS)
    assert MAY_TOUCH[terrain[:, 1:], terrain[:, :-1]].all()
    assert MAY_TOUCH[terrain[:, :, 1:], terrain[:, :, :-1]].all()


def test_a_map_depends_on_its_own_seed_alone() -> None:
    together, alone = sample_terrain(rngs(3, 4)), sample_terrain(rngs(4))
    np.testing.assert_array_equal(together[1], alone[0])
    assert (together[0] != together[1]).any()


def test_maps_are_varied_and_in_patches() -> None:
    terrain = sample_terrain(rngs(*range(100)))
    share = np.bincount(terrain.ravel(), minlength=len(TERRAINS)) / terrain.size
    assert share.min() > 0.04
    assert (terrain[:, 1:] == terrain[:, :-1]).mean() > 0.75
    # Sweeps take away the direction in which the map was first walked over.
    falling, rising = (terrain[:, 1:, 1:] == terrain[:, :-1, :-1]), (terrain[:, 1:, :-1] == terrain[:, :-1, 1:])
    assert abs(falling.mean() - rising.mean()) < 0.1


def test_the_middle_of_every_cell_shows_its_own_terrain() -> None:
    for pixels_per_cell in (4, LARGE_PPC):
        row, column = cell_under(pixels_per_cell)
        own = np.arange(SIZE_CELLS * pixels_per_cell) // pixels_per_cell
        inside = np.arange(len(own)) % pixels_per_cell
        middle = np.flatnonzero(np.abs(inside + 0.5 - pixels_per_cell / 2) < 0.14 * pixels_per_cell)
        np.testing.assert_array_equal(row[np.ix_(middle, middle)], np.repeat(own[middle, None], len(middle), 1))
        np.testing.assert_array_equal(column[np.ix_(middle, middle)], np.repeat(own[None, middle], len(middle), 0))


def test_ground_is_muted_and_sprites_are_not() -> None:
    ground_lab = lab(np.array(list(GROUND_RGB.values())) / 255)
    sprite_lab = lab(np.array([sprite(index).main for index in range(105)]))
    assert (
        np.linalg.norm(ground_lab[:, 1:], axis=1).max() < NEUTRAL_LAB <= np.linalg.norm(sprite_lab[:, 1:], axis=1).min()
    )


def test_every_terrain_looks_like_itself_at_both_scales() -> None:
    means = np.stack([ground(scale).reshape(len(TERRAINS), -1, 3).mean(1) for scale in (4, LARGE_PPC)])
    np.testing.assert_allclose(means[0], means[1], atol=1.0)
    apart = np.linalg.norm(means[0][:, None] - means[0][None], axis=-1) + 1e3 * np.eye(len(TERRAINS))
    assert apart.min() > 20.0
