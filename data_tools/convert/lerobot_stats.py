"""Statistics as LeRobot keeps them: of each feature of each episode, and of all episodes together.

Source: huggingface/lerobot src/lerobot/datasets/compute_stats.py. Numbers by dimension; pictures by channel, in [0, 1],
of at most 100 frames of an episode. Quantiles of all episodes are means weighted by count, as there.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Stats = dict[str, NDArray]
"""Statistic -> values."""
QUANTILES = {"q01": 0.01, "q10": 0.10, "q50": 0.50, "q90": 0.90, "q99": 0.99}
_MAX_FRAMES = 100
_MAX_SIDE = 150


def of_numbers(values: NDArray, *, quantiles: bool = True) -> Stats:
    """Statistics of rows. Args: values: shape (T, D)."""
    return _of_rows(values.astype(np.float64), len(values), quantiles)


def of_pictures(frames: NDArray[np.uint8], *, quantiles: bool = True) -> Stats:
    """Statistics of pictures, shape (3, 1, 1). Args: frames: shape (T, height, width, 3)."""
    chosen = np.unique(np.linspace(0, len(frames) - 1, min(len(frames), _MAX_FRAMES)).round().astype(int))
    step = max(1, -(-max(frames.shape[1:3]) // _MAX_SIDE))
    sample = frames[chosen, ::step, ::step].reshape(-1, 3)
    channels = [_of_counts(np.bincount(sample[:, channel], minlength=256), quantiles) for channel in range(3)]
    stats: Stats = {name: np.array([part[name] for part in channels]).reshape(3, 1, 1) for name in channels[0]}
    return stats | {"count": np.array([len(chosen)])}


def _of_counts(counts: NDArray[np.int64], quantiles: bool) -> dict[str, float]:
    """Statistics, in [0, 1], of values from 0 to 255 of which each occurs so many times; far quicker than sorting."""
    shade, total = np.arange(256) / 255, counts.sum()
    mean = float(counts @ shade / total)
    present = shade[counts > 0]
    stats = {"min": present[0], "max": present[-1], "mean": mean}
    stats["std"] = float(np.sqrt(counts @ (shade - mean) ** 2 / total))
    ends = np.cumsum(counts)  # in order of size, values from ends[k - 1] up to ends[k] less one are shade k
    for name, share in QUANTILES.items() if quantiles else ():
        place = share * (total - 1)
        low, high = shade[np.searchsorted(ends, [np.floor(place), np.ceil(place)], side="right")]
        stats[name] = low + (high - low) * (place - np.floor(place))
    return stats


def together(parts: Sequence[Stats]) -> Stats:
    """Statistics of all episodes from those of each, at least one."""
    counts = np.array([float(part["count"][0]) for part in parts])
    share = (counts / counts.sum()).reshape(-1, *[1] * parts[0]["mean"].ndim)
    mean = (np.stack([part["mean"] for part in parts]) * share).sum(0)
    variance = sum(
        weight * (part["std"] ** 2 + (part["mean"] - mean) ** 2) for weight, part in zip(share, parts, strict=True)
    )
    stats: Stats = {
        "min": np.min([part["min"] for part in parts], axis=0),
        "max": np.max([part["max"] for part in parts], axis=0),
        "mean": mean,
        "std": np.sqrt(np.asarray(variance)),
        "count": np.array([int(counts.sum())]),
    }
    for name in QUANTILES:
        if name in parts[0]:
            stats[name] = (np.stack([part[name] for part in parts]) * share).sum(0)
    return stats


def as_lists(stats: Mapping[str, Stats]) -> dict[str, dict[str, list]]:
    """The same in plain lists, for JSON."""
    return {feature: {name: value.tolist() for name, value in part.items()} for feature, part in stats.items()}


def _of_rows(rows: NDArray[np.float64], count: int, quantiles: bool) -> Stats:
    stats: Stats = {
        "min": rows.min(0),
        "max": rows.max(0),
        "mean": rows.mean(0),
        "std": rows.std(0),
        "count": np.array([count]),
    }
    if quantiles:
        values = np.quantile(rows, list(QUANTILES.values()), axis=0)
        stats |= dict(zip(QUANTILES, values, strict=True))
    return stats
