"""Random interaction with blocks: any block that can be taken is put anywhere, with a picture before and one after.

Source: thesis 8.2.6.1 and Ebert et al. 2017, whose video prediction model learns from a robot's own random play.
Differs: a whole move from lifting to letting go is one action, and the arm is brought back to where it was before the
second picture is taken, so that only what was moved differs.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from data_tools.interactions import Interactions
from sim.arrange_collect import group_id
from sim.arrange_moves import ArrangeTable
from sim.arrange_trials import trial_env
from sim.collect import layout_rng
from sim.errors import LayoutFailed
from sim.parallel import in_order
from sim.tasks.arrange import AREA_HIGH_M, AREA_LOW_M, MAX_LAYOUT_ATTEMPTS, scattered

PLAY_LAYOUT = 900_000
"""Layout index of play: far from those of pictures and trials."""
MOVES_PER_LAYOUT = 5
"""After so many moves blocks are scattered anew."""
ONTO_SHARE = 0.25
"""Share of moves that aim at another block, so that stacks are built and taken apart often enough."""
BESIDE_M = 0.02
"""They miss its middle by up to so much along each axis."""


def collect_play(
    split: Split, seed: int, num_groups: int, num_moves: int, workers: int | None = None
) -> Iterator[Interactions]:
    """Play with groups 0 to `num_groups` - 1 in their order, whatever the number of workers.

    Args: split, seed: as in sim.collect. num_moves: with each group. workers: as for sim.parallel.in_order.
    Raises: SimError: as drawing layouts does.
    """
    return in_order(partial(play, split, seed, num_moves), num_groups, workers)


def play(split: Split, seed: int, num_moves: int, index: int) -> Interactions:
    """Moves of the blocks of group number `index`; the same on every call."""
    rng = layout_rng(seed, split, index, PLAY_LAYOUT)
    before, after, take_m, put_m = [], [], [], []
    with trial_env(split, seed, index) as env:
        env.begin(rng)
        table = ArrangeTable(env, rng)
        for number in range(num_moves):
            if number % MOVES_PER_LAYOUT == 0:
                table.begin(scattered(rng, table.blocks, range(int(rng.integers(2, 1 + len(table.blocks))))))
            thing, place_m = random_move(table, rng)
            before.append(table.look())
            take_m.append(table.places_m[thing, :2])
            put_m.append(place_m)
            table.move(thing, place_m)
            after.append(table.look_again())
    places_m = (np.array(one, np.float32) for one in (take_m, put_m))
    return Interactions(group_id(split, seed, index), np.stack(before), np.stack(after), *places_m)


def random_move(table: ArrangeTable, rng: np.random.Generator) -> tuple[int, NDArray[np.float64]]:
    """A move that can be made: the number of a block, and x and y of where it is put.

    Raises: LayoutFailed: none was found.
    """
    places_m = table.places_m
    for _ in range(MAX_LAYOUT_ATTEMPTS):
        things = table.movable()
        thing, other = int(rng.choice(things)), int(rng.choice(things))
        place_m = rng.uniform(AREA_LOW_M, AREA_HIGH_M)
        if other != thing and rng.random() < ONTO_SHARE:
            place_m = places_m[other, :2] + rng.uniform(-BESIDE_M, BESIDE_M, 2)
        if table.after(thing, place_m) is not None:
            return thing, place_m
    raise LayoutFailed("Expected a block that can be put somewhere, found none; use smaller blocks.")
