"""Maps of terrain: which type lies on each cell, with rules for what may lie beside what.

It refuses to know what a terrain looks like and what it is worth.
"""

import numpy as np
from numpy.typing import NDArray

SIZE_CELLS = 20
"""Cells along each side of a map (thesis B.4.1)."""
TERRAINS = ("water", "sand", "grass", "dirt", "forest")
"""A terrain's number is its place in this list."""
MAY_TOUCH = np.array(
    [
        [True, True, False, False, False],
        [True, True, True, True, False],
        [False, True, True, True, True],
        [False, True, True, True, False],
        [False, False, True, False, True],
    ]
)
"""Whether two terrains may lie on 4-neighbours: water ends in sand, a forest ends in grass."""
WALK_LIKENESS = 1.2
"""How much likelier (natural logarithm) a cell gets the type of a neighbour while the map is first walked over."""
SWEEPS = 5
"""How often each cell is drawn anew after the walk, which leaves diagonal streaks."""
SWEEP_LIKENESS = 1.3
"""As WALK_LIKENESS, for each of the four neighbours in those sweeps."""
_SIDES = ((-1, 0), (1, 0), (0, -1), (0, 1))


def sample_terrain(rngs: list[np.random.Generator]) -> NDArray[np.int64]:
    """One map for each source of chance, whatever the others are.

    Source: thesis B.4.2 (a walk over the map that draws each tile among those its neighbours allow). Differs: the
    walk goes row by row and can never get stuck, because the type of the cell above and to the left may always lie
    beside both neighbours that are drawn already; sweeps of Gibbs sampling under the same rules follow.

    Args: rngs: each one is read for its own map alone.
    Returns: types, shape (len(rngs), SIZE_CELLS, SIZE_CELLS).
    """
    chance = np.stack([rng.random((1 + SWEEPS, SIZE_CELLS, SIZE_CELLS)) for rng in rngs], axis=1)
    terrain = _walk(chance[0])
    for sweep in chance[1:]:
        _sweep(terrain, sweep)
    return terrain


def _walk(chance: NDArray[np.float64]) -> NDArray[np.int64]:
    terrain = np.zeros(chance.shape, np.int64)
    for row in range(SIZE_CELLS):
        for column in range(SIZE_CELLS):
            weight = np.ones((len(chance), len(TERRAINS)))
            if row > 0:
                weight *= _pull(terrain[:, row - 1, column], WALK_LIKENESS)
            if column > 0:
                weight *= _pull(terrain[:, row, column - 1], WALK_LIKENESS)
            terrain[:, row, column] = _drawn(weight, chance[:, row, column])
    return terrain


def _sweep(terrain: NDArray[np.int64], chance: NDArray[np.float64]) -> None:
    """Draw each cell anew given its neighbours, in place; the cells of one colour of a chessboard at a time."""
    row, column = np.mgrid[:SIZE_CELLS, :SIZE_CELLS]
    for colour in (0, 1):
        # A border cell counts itself as its missing neighbour; nothing beyond the border forbids anything.
        padded = np.pad(terrain, ((0, 0), (1, 1), (1, 1)), mode="edge")
        weight = np.ones((*terrain.shape, len(TERRAINS)))
        for down, right in _SIDES:
            neighbour = padded[:, 1 + down : 1 + down + SIZE_CELLS, 1 + right : 1 + right + SIZE_CELLS]
            weight *= _pull(neighbour, SWEEP_LIKENESS)
        is_drawn = (row + column) % 2 == colour
        terrain[:, is_drawn] = _drawn(weight, chance)[:, is_drawn]


def _pull(neighbour: NDArray[np.int64], likeness: float) -> NDArray[np.float64]:
    """Weight that a neighbour gives to each type, 0 where it forbids the type, shape (..., 5)."""
    return (MAY_TOUCH * np.exp(likeness * np.eye(len(TERRAINS))))[neighbour]


def _drawn(weight: NDArray[np.float64], chance: NDArray[np.float64]) -> NDArray[np.int64]:
    """Index drawn with the given weights by numbers in [0, 1)."""
    cumulative = weight.cumsum(axis=-1)
    return (chance[..., None] * cumulative[..., -1:] >= cumulative).sum(axis=-1)
