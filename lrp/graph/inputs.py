"""What a network is given: one array or several, in one of several forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import InputError, ShapeError
from lrp.layers import Input

# an array or nested lists; for several inputs a tuple in the network's order or a dict by name
InputLike = ArrayLike | tuple[ArrayLike, ...] | Mapping[str, ArrayLike]


def normalize_inputs(x: InputLike, layers: Mapping[str, Input], dtype: str) -> dict[str, Array]:
    """The inputs by name, checked and cast. x: an array, or for several inputs a tuple in order or a dict by name."""
    given: dict[Any, Any]
    if isinstance(x, Mapping):
        given = dict(x)
    elif isinstance(x, tuple) or (isinstance(x, list) and len(layers) > 1):
        given = dict(zip(layers, x, strict=False)) if len(x) == len(layers) else dict(enumerate(x))
    else:
        given = dict.fromkeys(layers, x) if len(layers) == 1 else {}
    if set(given) != set(layers):
        raise InputError(
            f"x: expected {len(layers)} inputs ({', '.join(layers)}), an array each, as a tuple in order"
            f" or a dict by name, got {len(given) or 'one array'}"
        )
    values = {}
    for name, layer in layers.items():
        array = np.asarray(given[name])
        if array.dtype.kind not in "fiubO":
            raise InputError(f"input {name!r}: expected an array of numbers, got dtype {array.dtype}")
        layer.check(array, name)
        arrays.check_finite(array, f"input {name!r}")
        values[name] = array if layer.tokens else arrays.cast(array, dtype)
    lengths = {len(v) for v in values.values()}
    if len(lengths) != 1 or 0 in lengths:
        raise ShapeError(f"x: expected equally many samples at every input, at least one, got {sorted(lengths)}")
    return values


def like_input(x: Any, by_name: dict[str, Array]) -> Any:
    """The arrays at the inputs in the form in which x came."""
    if isinstance(x, Mapping):
        return dict(by_name)
    parts = tuple(by_name.values())
    return parts if len(parts) > 1 or isinstance(x, tuple) else parts[0]
