"""What stands on the table of the tabletop task: low things to end at or to pass over, and tall ones that break.

Identities come from (split, number): no colour, shape or texture of one split occurs in another. It refuses to know
which of the low things is wanted.
"""

from itertools import combinations

import numpy as np

from data_tools.demo import Split
from sim.crockery import Form
from sim.object_colours import colour_distance, palette
from sim.objects import PLAIN_SHARE, SPLIT_SEED, Container, FormRange
from sim.textures import PATTERNS

NUM_LOW, NUM_FRAGILE = 3, 2
LOW_KINDS: dict[str, FormRange] = {
    "bowl": FormRange((0,), (0.050, 0.058), (1, 1), (0.035, 0.048), (0.45, 0.62), (0.45, 0.7)),
    "plate": FormRange((0,), (0.055, 0.062), (1, 1), (0.015, 0.022), (0.6, 0.75), (1.3, 1.8)),
    "tray": FormRange((4,), (0.044, 0.050), (0.8, 1), (0.018, 0.03), (0.85, 0.95), (1, 1)),
}
"""At most 48 mm high: the gripper passes over them."""
GLASS = FormRange((0,), (0.030, 0.036), (1, 1), (0.100, 0.112), (0.7, 0.9), (1, 1))
"""Higher than the fingers' path and lower than the palm's."""
MIN_COLOUR_DISTANCE = 0.1
"""Between the main colours of one table's things, in the units of colour_distance."""
_STREAM = 4


def sample_tableware(rng: np.random.Generator, split: Split) -> tuple[Container, ...]:
    """Three low things, of kinds drawn independently, and two glasses; all of clearly different colours.

    Returns: NUM_LOW low things, then NUM_FRAGILE glasses.
    """
    colours = palette(split)
    while True:
        chosen = [colours[index] for index in rng.choice(len(colours), NUM_LOW + NUM_FRAGILE, replace=False)]
        if all(colour_distance(*pair) >= MIN_COLOUR_DISTANCE for pair in combinations(chosen, 2)):
            break
    kinds = [str(rng.choice(list(LOW_KINDS))) for _ in range(NUM_LOW)] + ["glass"] * NUM_FRAGILE
    return tuple(_thing(rng, split, kind, rgb) for kind, rgb in zip(kinds, chosen, strict=True))


def _thing(rng: np.random.Generator, split: Split, kind: str, rgb: tuple[float, float, float]) -> Container:
    bounds = GLASS if kind == "glass" else LOW_KINDS[kind]
    ranges = (bounds.radius_m, bounds.aspect, bounds.height_m, bounds.base_fraction, bounds.curve)
    sizes = [round(float(rng.uniform(*pair)), 4) for pair in ranges]
    far = [colour for colour in palette(split) if colour_distance(colour, rgb) > 0.12]
    number = int(rng.integers(1_000_000))
    return Container(
        object_id=f"{split}-{kind}-{number:06d}",
        split=split,
        kind=kind,
        form=Form(int(rng.choice(bounds.sides)), *sizes),
        rgb=rgb,
        second_rgb=far[rng.integers(len(far))],
        pattern="plain" if kind == "glass" or rng.random() < PLAIN_SHARE else str(rng.choice(list(PATTERNS))),
        texture_seed=(_STREAM + SPLIT_SEED[split]) * 1_000_000 + number,
        mass_kg=0.2 if kind == "glass" else 0.4,
    )
