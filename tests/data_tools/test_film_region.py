"""Regions: pixels and fractions agree, names are kept, and what lies outside cannot be recognised."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_tools.errors import DataError
from data_tools.film_region import REGIONS, Region, blur_outside, save_region, saved_region


@given(st.data(), st.integers(2, 4000), st.integers(2, 4000))
def test_a_crop_in_pixels_is_the_crop_in_fractions(data, height, width):
    left, top = data.draw(st.integers(0, width - 2)), data.draw(st.integers(0, height - 2))
    w, h = data.draw(st.integers(2, width - left)), data.draw(st.integers(2, height - top))
    in_pixels = Region.of((left, top, w, h), height, width)
    in_fractions = Region.of((left / width, top / height, w / width, h / height), height, width)
    assert in_pixels == in_fractions
    rows, columns = in_pixels.slices(height, width)
    assert (rows.start, rows.stop, columns.start, columns.stop) == (top, top + h, left, left + w)
    assert in_pixels.mask(height, width).sum() == h * w


@pytest.mark.parametrize(
    "numbers", [(0.5, 0, 0.6, 1), (-0.1, 0, 0.5, 0.5), (0, 0, 0, 1), (0, 0, float("nan"), 1), (100, 100, 2000, 20)]
)
def test_a_region_lies_inside_the_picture(numbers):
    with pytest.raises(DataError, match="expected x y width height inside the picture, found .*--crop"):
        Region.of(numbers, 1080, 1920)


def test_saved_regions_come_back_by_name(tmp_path):
    table, shelf = Region(0.1, 0.2, 0.3, 0.4), Region(0.0, 0.5, 1.0, 0.5)
    save_region(tmp_path / "library", "table", shelf)
    save_region(tmp_path / "library", "shelf", shelf)
    save_region(tmp_path / "library", "table", table)
    assert saved_region(tmp_path / "library", "table") == table
    assert saved_region(tmp_path / "library", "shelf") == shelf
    with pytest.raises(DataError, match=r"found 'floor' \(known: shelf, table\).*--save-region floor"):
        saved_region(tmp_path / "library", "floor")


@pytest.mark.parametrize("content", ["no json", "[1]", '{"table": [1, 2]}', '{"table": [0, 0, 9, 9]}', '{"table": 3}'])
def test_a_damaged_list_of_regions_is_refused(tmp_path, content):
    (tmp_path / REGIONS).write_text(content)
    with pytest.raises(DataError):
        saved_region(tmp_path, "table")


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(120, 400), st.integers(120, 400))
def test_outside_is_unreadable_and_inside_untouched(seed, height, width):
    rng = np.random.default_rng(seed)
    region = Region(0.25, 0.4, 0.5, 0.3)
    letters = np.kron(rng.integers(0, 2, (height // 4 + 1, width // 4 + 1), dtype=np.uint8) * 255, np.ones((4, 4)))
    picture = np.repeat(letters[:height, :width, None], 3, 2).astype(np.uint8)
    blurred, inside = blur_outside(picture, region), region.mask(height, width)
    np.testing.assert_array_equal(blurred[inside], picture[inside])
    # what is left of the letters, against their own variance of 127.5 squared
    assert blurred[~inside].var() < 0.1 * picture[~inside].var()
    steps = np.abs(np.diff(blurred.astype(int), axis=0))[: height // 3]
    assert steps.max() < 30 and np.abs(np.diff(picture.astype(int), axis=0)).max() == 255


def test_two_faces_of_one_colour_become_one(tmp_path):
    """What differs only in details smaller than a patch looks the same afterwards."""
    rng = np.random.default_rng(0)
    faces = np.full((2, 240, 320, 3), 100, np.uint8)
    for face in faces:
        details = rng.permutation(np.repeat([90, 110], 800)).reshape(40, 40)
        face[20:60, 20:60] = details[..., None]
    region = Region(0.5, 0.5, 0.5, 0.5)
    first, second = (blur_outside(face, region).astype(int) for face in faces)
    assert np.abs(first - second).max() <= 3 < np.abs(faces[0].astype(int) - faces[1]).max()
