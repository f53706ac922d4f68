"""Laws of procedural pictures: reproducible, different by seed, and never more pattern than glaze."""

import numpy as np
import pytest

from sim.textures import PATTERN_SIZE, PATTERNS, SURFACE_SIZE, SURFACES, pattern_picture, smooth_noise, surface_picture

RED, BLUE = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("seed", range(5))
def test_the_main_colour_prevails(pattern, seed):
    picture = pattern_picture(pattern, RED, BLUE, seed)
    assert picture.shape == (PATTERN_SIZE, PATTERN_SIZE, 3) and picture.dtype == np.uint8
    blue_share = picture[..., 2].mean() / 255
    assert 0.01 < blue_share < 0.5


@pytest.mark.parametrize("surface", SURFACES)
def test_surfaces_stay_between_their_colours(surface):
    picture = surface_picture(surface, (0.2, 0.4, 0.6), (0.4, 0.4, 0.4), 3)
    assert picture.shape == (SURFACE_SIZE, SURFACE_SIZE, 3)
    assert picture[..., 0].min() >= 51 and picture[..., 0].max() <= 102
    assert (picture[..., 1] == 102).all()


@pytest.mark.parametrize("surface", SURFACES)
def test_same_seed_same_picture(surface):
    one, again, other = (surface_picture(surface, RED, BLUE, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


@pytest.mark.parametrize("pattern", ["stripes", "checks", "dots", "zigzag"])
def test_a_pattern_closes_around_a_container(pattern):
    # Runs of one colour along a row, counted on the circle: a seam would add a run that is cut short.
    row = pattern_picture(pattern, RED, BLUE, 4)[20, :, 2] > 60
    assert np.count_nonzero(row != np.roll(row, 1)) % 2 == 0


def test_noise_is_smooth_and_tiles():
    noise = smooth_noise(64, np.random.default_rng(0), 3, 3)
    assert noise.min() == 0.0 and noise.max() == 1.0
    inner = np.abs(np.diff(noise, axis=1)).max()
    assert np.abs(noise[:, 0] - noise[:, -1]).max() <= 1.5 * inner


def test_an_unknown_pattern_is_refused():
    with pytest.raises(KeyError):
        pattern_picture("tartan", RED, BLUE, 0)
