"""The part of a film that shows the task: known beginnings and ends are found in films drawn here."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from data_tools.active_part import MARGIN_S, ActivePart, active_part
from data_tools.film_motion import Motion, MotionMeter, camera_motion, moving_pixels

START_S, END_S, LAST_S = 2.0, 4.5, 6.0
HEIGHT, WIDTH, EDGE = 90, 160, 16
TOLERANCE_S = 0.2


def table(rng: np.random.Generator) -> np.ndarray:
    """A table with things on it, larger than the picture, so that a shaking camera always sees some of it."""
    coarse = rng.integers(0, 256, (16, 26), dtype=np.uint8)
    return cv2.resize(coarse, (WIDTH + 2 * EDGE, HEIGHT + 2 * EDGE), interpolation=cv2.INTER_CUBIC) // 2 + 60


def paint(scene: np.ndarray, x: float, y: float, patch: np.ndarray) -> None:
    left, top = round(x) + EDGE, round(y) + EDGE
    place = scene[max(0, top) : top + patch.shape[0], max(0, left) : left + patch.shape[1]]
    place[:] = patch[: place.shape[0], : place.shape[1]]


def film(
    rng: np.random.Generator, *, shake_px: float, noise: float, rate_hz: float = 15.0, walk_s: float | None = None
) -> Iterator[tuple[float, np.ndarray]]:
    """A hand moves from START_S to END_S before a camera that shakes; somebody walks out of the picture at walk_s."""
    background = table(rng)
    hand = cv2.resize(rng.integers(120, 256, (5, 6), dtype=np.uint8), (24, 18))
    body = cv2.resize(rng.integers(0, 200, (18, 8), dtype=np.uint8), (WIDTH // 4, round(0.85 * HEIGHT)))
    count = round(LAST_S * rate_hz) + 1
    sway = np.apply_along_axis(np.convolve, 0, rng.normal(size=(count, 3)), np.full(3, 0.6), "same")
    for index in range(count):
        time_s = index / rate_hz
        scene = background.copy()
        phase = 2 * np.pi * np.clip((time_s - START_S) / (END_S - START_S), 0, 1)
        paint(scene, 0.4 * WIDTH + 40 * np.sin(phase), 0.5 * HEIGHT - 18 * (1 - np.cos(phase)), hand)
        if walk_s is not None and time_s >= walk_s:
            paint(scene, (0.5 + 0.5 * (time_s - walk_s)) * WIDTH, 0.1 * HEIGHT, body)
        camera = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 0.2 * shake_px * sway[index, 2], 1.0)
        camera[:, 2] += shake_px * sway[index, :2]
        seen = cv2.warpAffine(scene, camera, (scene.shape[1], scene.shape[0]), borderMode=cv2.BORDER_REPLICATE)
        seen = seen[EDGE:-EDGE, EDGE:-EDGE] + rng.normal(0, noise, (HEIGHT, WIDTH))
        yield time_s, np.clip(seen, 0, 255).astype(np.uint8)


def part_of(frames: Iterator[tuple[float, np.ndarray]], mask: np.ndarray | None = None) -> ActivePart:
    meter = MotionMeter(mask)
    motions = [meter.add(time_s, grey) for time_s, grey in frames if meter.wants(time_s)]
    return active_part([motion for motion in motions if motion], 0.0, LAST_S)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("shake_px", "noise", "rate_hz", "walk_s"),
    [(0, 0, 15, None), (0, 4, 10, None), (1, 3, 30, None), (2, 4, 15, None), (0, 3, 15, END_S), (2, 4, 15, END_S)],
)
def test_start_and_end_are_found(seed, shake_px, noise, rate_hz, walk_s):
    rng = np.random.default_rng(seed)
    part = part_of(film(rng, shake_px=shake_px, noise=noise, rate_hz=rate_hz, walk_s=walk_s))
    assert part.is_found
    assert abs(part.start_s + MARGIN_S - START_S) <= TOLERANCE_S
    assert abs(part.end_s - MARGIN_S - END_S) <= TOLERANCE_S


def test_a_still_film_is_kept_whole_and_said_to_be_still():
    rng = np.random.default_rng(0)
    still = ((index / 15, np.clip(table(rng), 0, 255)[:HEIGHT, :WIDTH]) for index in range(1))
    assert part_of(still) == ActivePart(0.0, LAST_S, False)
    background = table(rng)[:HEIGHT, :WIDTH]
    noisy = ((i / 15, (background + rng.normal(0, 4, background.shape)).astype(np.uint8)) for i in range(91))
    assert part_of(noisy) == ActivePart(0.0, LAST_S, False)


def test_motion_outside_the_region_does_not_count():
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[:20, :20] = True
    assert not part_of(film(np.random.default_rng(0), shake_px=0, noise=3), mask).is_found


def test_motion_that_never_rests_keeps_the_film_whole():
    motions = [Motion(0.05 + 0.1 * index, 0.1, 0.4) for index in range(60)]
    assert active_part(motions, 0.0, 6.0) == ActivePart(0.0, 6.0, True)


def test_of_two_bursts_the_one_in_which_more_happens_is_the_task():
    area = [0.05 if 10 <= t < 13 or 20 <= t < 26 else 0.0 for t in np.arange(0, 40, 0.1)]
    motions = [Motion(0.1 * index, value, 0.3) for index, value in enumerate(area)]
    part = active_part(motions, 0.0, 40.0)
    assert (part.start_s, part.end_s) == pytest.approx((20 - MARGIN_S, 26 + MARGIN_S), abs=0.11)


def test_hands_may_rest_in_the_middle():
    area = [0.05 if 10 <= t < 13 or 15.5 <= t < 18 else 0.0 for t in np.arange(0, 30, 0.1)]
    motions = [Motion(0.1 * index, value, 0.3) for index, value in enumerate(area)]
    part = active_part(motions, 0.0, 30.0)
    assert (part.start_s, part.end_s) == pytest.approx((10 - MARGIN_S, 18 + MARGIN_S), abs=0.11)


def test_somebody_who_walks_in_first_and_off_last_is_left_out():
    def area(t: float) -> tuple[float, float]:
        return (0.2, 0.9) if t < 2 or t >= 9 else (0.03, 0.3) if 3 <= t < 8 else (0.0, 0.0)

    motions = [Motion(float(t), *area(t)) for t in np.arange(0, 11, 0.1)]
    part = active_part(motions, 0.0, 11.0)
    assert (part.start_s, part.end_s) == pytest.approx((3 - MARGIN_S, 8 + MARGIN_S), abs=0.11)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (3.0, -2.0), (-5.5, 4.25)])
def test_the_motion_of_the_camera_is_found(shift):
    before = table(np.random.default_rng(0))
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], float)
    after = cv2.warpAffine(before, matrix, before.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    inner = slice(8, -8), slice(8, -8)
    found = camera_motion(before[inner].copy(), after[inner].copy())
    np.testing.assert_allclose(found, matrix, atol=0.15)
    assert moving_pixels(before[inner].copy(), after[inner].copy()).mean() < 0.002


def test_a_hand_before_a_plain_table_is_not_taken_for_the_camera():
    rng = np.random.default_rng(0)
    before, after = np.full((2, HEIGHT, WIDTH), 128, np.uint8)
    hand = cv2.resize(rng.integers(0, 256, (6, 8), dtype=np.uint8), (32, 24))
    before[30:54, 40:72] = after[30:54, 48:80] = hand
    np.testing.assert_array_equal(camera_motion(before, after), np.eye(2, 3))
    assert moving_pixels(before, after).any()


def test_a_change_of_exposure_is_no_motion():
    before = table(np.random.default_rng(0))[:HEIGHT, :WIDTH]
    assert not moving_pixels(before, before + 25).any()
