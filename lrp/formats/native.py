"""The native HDF5 format: graph, layer settings, weights, preprocessing and class names in one file.

    /            attributes  format = "lrp", format_version = 1, network = JSON (below), writer = "lrp 0.1.0"
    /layers/<k>  one group a layer, one dataset for each of its arrays, by the name of the constructor's argument

    network = {"nodes":   [{"name", "layer": k, "inputs": [names]}, ...],
               "layers":  [{"class", "settings": {argument: value}, "weights": [argument, ...]}, ...],
               "outputs": [names], "metadata": {"classes", "input_range", "preprocessing", "extra"}}

A layer that several nodes share is stored once. Arrays keep their dtype, so save and load are equal to the bit.
See docs/native-format.md.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from fractions import Fraction
from typing import Any

import numpy as np

from lrp.errors import LoadError, LrpError, SaveError
from lrp.formats.container import Reader, create, quoted
from lrp.graph import Metadata, Network, Node, Preprocessing
from lrp.layers import LAYERS, Layer
from lrp.version import VERSION as PACKAGE_VERSION

FORMAT, VERSION = "lrp", 1
LONGEST_REASON = 600  # characters of an error message


def save(network: Network, path: str | os.PathLike[str], storage: Mapping[str, str] | None = None) -> None:
    """Write the network to one HDF5 file, all of it or nothing.

    storage: node name -> the dtype its arrays are stored in ("float16" for a large embedding), which rounds them; all
    others are stored as they are. Fractions have no HDF5 type: save the float network, and call exact() after loading.
    """
    if network.dtype == "exact":
        raise SaveError(f"{os.fspath(path)!r}: expected a network of floats, got Fractions; save it before exact()")
    unknown = sorted(set(storage or {}) - set(network.nodes))
    if unknown:
        raise SaveError(f"storage: expected names of nodes, got {', '.join(unknown)}")
    layers: list[Layer] = []
    dtypes: list[str | None] = []
    nodes = []
    for node in network.nodes.values():
        index = next((k for k, layer in enumerate(layers) if layer is node.layer), len(layers))
        if index == len(layers):
            layers.append(node.layer)
            dtypes.append((storage or {}).get(node.name))
        nodes.append({"name": node.name, "layer": index, "inputs": list(node.inputs)})
    description = {
        "nodes": nodes,
        "layers": [
            {"class": type(layer).__name__, "settings": layer.settings(), "weights": sorted(layer.weights())}
            for layer in layers
        ],
        "outputs": list(network.outputs),
        "metadata": asdict(network.metadata),
    }
    with create(path) as file:
        file.attribute("/", "format", FORMAT)
        file.attribute("/", "format_version", VERSION)
        file.attribute("/", "network", json.dumps(description, default=_plain))
        file.attribute("/", "writer", f"lrp {PACKAGE_VERSION}")
        for index, (layer, dtype) in enumerate(zip(layers, dtypes, strict=True)):
            for name, weight in layer.weights().items():
                file.array(f"/layers/{index}/{name}", weight if dtype is None else weight.astype(dtype))


def is_native(file: Reader) -> bool:
    """Whether the file says that it is one of ours."""
    return file.attribute("/", "format") == FORMAT


def read(file: Reader, dtype: str = "float64") -> Network:
    """The network of an opened native file; LoadError where something is missing, unknown or does not fit."""
    version = file.attribute("/", "format_version")
    if version != VERSION:
        raise LoadError(
            f"{file.name}: expected format version {VERSION}, got {quoted(version)}; a newer release may read it"
        )
    description = file.json_attribute("/", "network")
    try:
        if description is None:
            raise LoadError(f"{file.name}: expected an attribute network with a JSON object, found none")
        layers = [_layer(file, index, entry) for index, entry in enumerate(description["layers"])]
        nodes = [
            Node(str(n["name"]), layers[int(n["layer"])], tuple(map(str, n["inputs"]))) for n in description["nodes"]
        ]
        outputs = [str(name) for name in description["outputs"]]
        metadata = _metadata(description["metadata"])
    except LoadError:
        raise
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise LoadError(
            f"{file.name}: the description of the network is damaged ({type(error).__name__}: {str(error)[:200]})"
        ) from None
    try:
        return Network(nodes, outputs, metadata, dtype)
    except LrpError as error:
        raise LoadError(f"{file.name}: {error}") from None


def _layer(file: Reader, index: int, entry: Mapping[str, Any]) -> Layer:
    """One layer from its settings and its arrays."""
    kind = entry["class"]
    if kind not in LAYERS:
        raise LoadError(f"{file.name}: layer {index}: expected one of {', '.join(sorted(LAYERS))}, got {quoted(kind)}")
    # NaN and infinity are found by the network, which knows the node's name
    weights = {str(name): file.array(f"/layers/{index}/{name}", finite=False) for name in entry["weights"]}
    try:
        return LAYERS[kind](**entry["settings"], **weights)
    except Exception as error:  # settings of a file may make a constructor fail in any way
        raise LoadError(f"{file.name}: layer {index} ({kind}): {str(error)[:LONGEST_REASON]}") from None


def _metadata(data: Mapping[str, Any]) -> Metadata:
    """Metadata from its JSON form."""
    preprocessing = data["preprocessing"]
    return Metadata(
        classes=tuple(data["classes"]),
        input_range=None if data["input_range"] is None else tuple(data["input_range"]),
        preprocessing=None if preprocessing is None else Preprocessing(**preprocessing),
        extra=dict(data["extra"]),
    )


def _plain(value: Any) -> Any:
    """What JSON does not know: numpy's numbers, and Fractions (0.1 meant as 1/10 comes back as 0.1)."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Fraction):
        return float(value)
    raise SaveError(f"metadata: expected plain data, got {type(value).__name__}; a file holds text, numbers and lists")
