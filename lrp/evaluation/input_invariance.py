"""Input invariance: networks that compute the same on shifted data should get the same heatmaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import GraphError
from lrp.evaluation.maps import input_layout, pixel_map
from lrp.evaluation.measurement import Curve, Measurement
from lrp.graph import Explanation, Network, Node
from lrp.layers import Conv, Dense, Dropout, Flatten, Permute, Reshape

FRACTIONS = (0.0, 0.25, 0.5, 0.75, 1.0)
PASSES = 1e-9


def input_invariance(
    network: Network,
    x: Any,
    method: Callable[..., Explanation],
    shift: Any,
    target: Any = None,
    *,
    shifted_method: Callable[[float], Callable[..., Explanation]] | None = None,
) -> Measurement:
    """||E(x + t m; network shifted by t m) - E(x; network)|| / ||E(x; network)|| for t from 0 to 1

    Source: Kindermans et al. 2019, input invariance

    The shifted network has the bias b - W^T m in its first layer, so its activations, output and gradient at x + m are
    those of the network at x. The norm is L2 over the pixels.

    Parameters
    ----------
    network : Network
        Its input goes into one dense layer, or one convolution without padding.
    x : array
        (n, ...) pictures.
    method : callable
        method(network, x, target) -> Explanation.
    shift : float or array
        m, broadcast to one picture.
    target : int, str, list or None
        The explained output; None for the predicted class.
    shifted_method : callable, optional
        shifted_method(t) -> the method for the network shifted by t m, where it depends on the data: integrated
        gradients from the shifted baseline, patterns estimated anew.

    Returns
    -------
    Measurement
        numbers: "difference" at t = 1; "passes", 1 where it is below 1e-9 (rounding of float64); "output", the largest
        difference of both networks' scores, a check of the construction. curves: "difference" over t.

    Raises
    ------
    GraphError
        If the first layer cannot absorb the shift.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> from lrp.methods import gradient, gradient_times_input
    >>> network = Network.sequential([layers.Dense(np.array([[2.0], [1.0]]))], (2,))
    >>> x = np.array([[3.0, 4.0]])
    >>> [input_invariance(network, x, m, -1.0, 0).numbers["passes"].tolist() for m in (gradient, gradient_times_input)]
    [[1.0], [0.0]]
    """
    picture = np.asarray(x, dtype=np.float64)
    m = np.broadcast_to(np.asarray(shift, dtype=np.float64), picture.shape[1:])
    found = method(network, picture, target)
    original = pixel_map(network, found).reshape(len(picture), -1)
    size = np.sqrt((original**2).sum(axis=1))
    values, output = [], np.zeros(len(picture))
    for t in FRACTIONS:
        there = shifted(network, t * m)
        chosen = method if shifted_method is None else shifted_method(t)
        result = chosen(there, picture + t * m, list(found.target))
        difference = pixel_map(there, result).reshape(len(picture), -1) - original
        values.append(np.sqrt((difference**2).sum(axis=1)) / np.where(size > 0, size, 1))
        output = np.maximum(output, np.abs(result.score - found.score))
    curve = Curve(FRACTIONS, np.stack(values, axis=1), "share of the shift", "relative difference")
    last = curve.values[:, -1]
    numbers = {"difference": last, "passes": (last < PASSES).astype(float), "output": output}
    return Measurement("input_invariance", numbers, {"difference": curve})


def shifted(network: Network, m: Array) -> Network:
    """The network that computes at x + m what this one computes at x: b' = b - W^T m in the first layer

    Source: Kindermans et al. 2019, input invariance

    Parameters
    ----------
    network : Network
    m : array
        One sample in the layout of the network's input.

    Returns
    -------
    Network
        Equal but for the bias of its first layer.

    Raises
    ------
    GraphError
        If the input does not go into one dense layer or one convolution without padding (padded zeros would not be
        shifted), or if a convolution would need a bias that varies with the position.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.Dense(np.array([[2.0], [1.0]]))], (2,))
    >>> shifted(network, np.array([1.0, 1.0])).forward(np.array([[4.0, 5.0]])).output.tolist()  # as at (3, 4)
    [[10.0]]
    """
    name = network.inputs[0]
    input_layout(network)
    value = np.asarray(m, dtype=np.float64)[None]
    readers = [node for node in network.nodes.values() if name in node.inputs]
    while len(readers) == 1 and isinstance(readers[0].layer, (Flatten, Reshape, Permute, Dropout)):
        value = readers[0].layer.compute(value)
        name = readers[0].name
        readers = [node for node in network.nodes.values() if name in node.inputs]
    layer = readers[0].layer if len(readers) == 1 else None
    if not isinstance(layer, (Dense, Conv)) or isinstance(layer, Conv) and not _unpadded(layer):
        raise GraphError(
            "input_invariance: expected an input that goes into one dense layer or one convolution without padding, got"
            f" {', '.join(type(node.layer).__name__ for node in readers)}"
        )
    change = layer.apply(arrays.cast(layer.weight, "float64"), value)
    per_output = change.reshape(-1, change.shape[-1])
    if not np.allclose(per_output, per_output[0], rtol=1e-12, atol=1e-12):
        raise GraphError(
            "input_invariance: expected one number a channel as the shift of a convolution, whose bias is the same"
            " everywhere, got one that varies; use a network that begins with a dense layer"
        )
    bias = (0 if layer.bias is None else layer.bias) - per_output[0]
    moved = replace(layer, bias=arrays.cast(bias, network.dtype))
    nodes = [Node(n.name, moved if n.name == readers[0].name else n.layer, n.inputs) for n in network.nodes.values()]
    return Network(nodes, network.outputs, network.metadata, network.dtype)


def _unpadded(layer: Conv) -> bool:
    """Whether no window of the convolution reaches beyond the border."""
    padding = layer.padding
    return padding == "valid" if isinstance(padding, str) else not any(map(any, padding))
