"""Arrays and networks as plain JSON data, every number as text of its exact value: "3/8", "-2", "-0".

array    {"shape": [2, 3], "values": ["1/2", ...]}     row-major
network  {"layers": [{"class", "settings", "weights": {argument: array}}],
          "nodes": [{"name", "layer", "inputs"}], "outputs": [names]}
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import LoadError, LrpError
from lrp.graph import Network, Node
from lrp.layers import LAYERS, Layer


def number(value: Any) -> str:
    """The exact value as text; "-0" for a negative zero, which a fraction cannot represent."""
    if isinstance(value, float) and value == 0 and np.signbit(value):
        return "-0"
    return str(Fraction(value))


def array(values: Array) -> dict[str, Any]:
    """An array of floats, integers or Fractions."""
    return {"shape": list(values.shape), "values": [number(v) for v in np.ravel(values).tolist()]}


def fractions(data: Any) -> Array:
    """array() back as Fractions."""
    result = np.empty(len(data["values"]), dtype=object)
    result[:] = [Fraction(text) for text in data["values"]]
    return result.reshape(data["shape"])


def floats(data: Any) -> Array:
    """array() back as float64, rounded once, "-0" as -0.0."""
    values = [-0.0 if text == "-0" else float(Fraction(text)) for text in data["values"]]
    return np.array(values, dtype=np.float64).reshape(data["shape"])


def network(value: Network) -> dict[str, Any]:
    """Graph, settings and weights as plain data. A layer that several nodes share is stored once."""
    layers: list[Layer] = []
    nodes = []
    for node in value.nodes.values():
        index = next((k for k, layer in enumerate(layers) if layer is node.layer), len(layers))
        if index == len(layers):
            layers.append(node.layer)
        nodes.append({"name": node.name, "layer": index, "inputs": list(node.inputs)})
    entries = [
        {
            "class": type(layer).__name__,
            "settings": {key: _plain(setting) for key, setting in layer.settings().items()},
            "weights": {key: array(weight) for key, weight in layer.weights().items()},
        }
        for layer in layers
    ]
    return {"layers": entries, "nodes": nodes, "outputs": list(value.outputs)}


def as_network(data: Any) -> Network:
    """The inverse of network(), in float64; LoadError if the data describe no network."""
    try:
        layers = [
            LAYERS[entry["class"]](**entry["settings"], **{k: floats(w) for k, w in entry["weights"].items()})
            for entry in data["layers"]
        ]
        nodes = [Node(n["name"], layers[n["layer"]], tuple(n["inputs"])) for n in data["nodes"]]
        return Network(nodes, data["outputs"])
    except (KeyError, IndexError, TypeError, ValueError, LrpError) as error:
        raise LoadError(
            f"vectors: expected the description of a network, got a damaged one ({error}); write the vectors again"
        ) from None


def _plain(value: Any) -> Any:
    """A setting as JSON data: Fractions as text, tuples as lists."""
    if isinstance(value, Fraction):
        return str(value)
    return [_plain(entry) for entry in value] if isinstance(value, (tuple, list)) else value
