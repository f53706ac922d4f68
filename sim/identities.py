"""All that is held out, catalogue by catalogue, as texts: what a policy may meet in one split and in no other.

`identities.json` beside this file holds the hash of every catalogue. What the shipped checkpoints learned from, and
what they are tested on, cannot change or leak without it changing. To write it anew: python -m sim.identities
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import astuple, is_dataclass
from itertools import product
from pathlib import Path
from typing import Any, get_args

import numpy as np

from data_tools.demo import Split
from data_tools.split import SplitManifest
from sim.blocks import BLOCK_COUNT, block
from sim.disc_colours import colour, colour_ids
from sim.hand import demonstrator_catalogue
from sim.metaworld_goals import split_of_cell
from sim.object_colours import palette
from sim.objects import catalogue, item_catalogue
from sim.push_objects import TEXTURE_COUNT, shapes, texture
from sim.rooms import ROOM_COUNT, room_catalogue
from sim.spriteworld.sprites import sprite, sprite_ids

PATH = Path(__file__).with_suffix(".json")
CELLS_A_SIDE = 20
"""Goals of Meta-World lie in boxes of fewer cells than this along each side."""


def _room_looks(split: Split) -> Iterator[Any]:
    for place in ROOM_COUNT:
        for room in room_catalogue(place, split):
            yield from (room.room_id, room.table.rgb, room.table.texture_seed, room.wall_rgb, room.floor_rgb)
            yield room.light_direction


def _people(split: Split) -> Iterator[Any]:
    for person in demonstrator_catalogue(split):
        yield from (person.demonstrator_id, person.skin_rgb, person.sleeve_rgb)


def _containers(split: Split) -> Iterator[Any]:
    for container in catalogue(split):
        yield from (container.object_id, container.form, container.texture_seed, container.rgb, container.second_rgb)


def _items(split: Split) -> Iterator[Any]:
    for item in item_catalogue(split):
        yield from (item.object_id, item.half_size_m, item.rgb)


def _blocks(split: Split) -> Iterator[Any]:
    for one in (block(split, number) for number in range(BLOCK_COUNT[split])):
        yield from (one.object_id, one.texture_seed, one.rgb, one.second_rgb)


def _push_textures(split: Split) -> Iterator[Any]:
    for one in (texture(split, number) for number in range(TEXTURE_COUNT[split])):
        yield from (one.texture_id, one.seed, one.rgb, one.second_rgb)


def _sprites(split: Split) -> Iterator[Any]:
    for one in map(sprite, sprite_ids(split)):
        yield from (one.name, one.main)


def _goal_cells(split: Split) -> Iterator[Any]:
    cells = product(range(CELLS_A_SIDE), repeat=3)
    return (cell for cell in cells if split_of_cell(np.array(cell)) == split)


CATALOGUES: dict[str, Callable[[Split], Iterator[Any]]] = {
    "blocks": _blocks,
    "containers": _containers,
    "disc_colours": lambda split: (colour(int(number)) for number in colour_ids(split)),
    "items": _items,
    "metaworld_goal_cells": _goal_cells,
    "object_colours": lambda split: iter(palette(split)),
    "people": _people,
    "push_shapes": lambda split: iter(shapes(split)),
    "push_textures": _push_textures,
    "rooms": _room_looks,
    "sprites": _sprites,
}
"""Catalogue -> whatever of its members must not be met in two splits: names, colours, shapes, seeds of pictures."""


def manifest(name: str) -> SplitManifest:
    """What belongs to which split of one catalogue. Args: name: a key of CATALOGUES. Raises: DataError: a leak."""
    return SplitManifest(**{split: frozenset(map(_text, CATALOGUES[name](split))) for split in get_args(Split)})


def hashes() -> dict[str, dict[str, str]]:
    """The hash of each split of each catalogue."""
    found = {name: manifest(name) for name in CATALOGUES}
    return {name: {split: one.sha256(split) for split in get_args(Split)} for name, one in found.items()}


def _text(value: Any) -> str:
    """The same on every machine: the last digits of a calculation are not."""
    if isinstance(value, float | np.floating):
        return f"{value:.5f}"
    if is_dataclass(value) and not isinstance(value, type):
        return _text(astuple(value))
    if isinstance(value, tuple | np.ndarray):
        return f"({', '.join(map(_text, value))})"
    return repr(value)


if __name__ == "__main__":
    PATH.write_text(json.dumps(hashes(), indent=1) + "\n")
