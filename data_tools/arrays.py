"""Whether the arrays of an object have the types and shapes that they should have."""

from collections.abc import Mapping

import numpy as np

from data_tools.errors import DemoShapeMismatch


def check_arrays(record: object, expected: Mapping[str, tuple[type[np.generic], tuple[int, ...]]]) -> None:
    """Compare arrays of an object with what they should be. Args: expected: type and shape by attribute.

    Raises: DemoShapeMismatch: one of them differs; the message says both.
    """
    for name, (dtype, shape) in expected.items():
        value = getattr(record, name)
        if value.dtype != dtype or value.shape != shape:
            found = f"found {value.dtype} {value.shape}"
            raise DemoShapeMismatch(f"{type(record).__name__}.{name}: expected {np.dtype(dtype)} {shape}, {found}.")
