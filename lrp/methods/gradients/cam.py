"""Class activation maps of a network that ends in global pooling and one dense layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import GraphError
from lrp.graph import Network
from lrp.layers import Dense, Dropout, Flatten, GlobalSumPool, Reshape
from lrp.methods.result import Attribution
from lrp.methods.score import logit_node, score, single_input
from lrp.methods.tools import layout, resize, spatial_of


def cam(network: Network, x: Any, target: Any = None) -> Attribution:
    """M_c(p) = sum_k w_k^c f_k(p), interpolated to the input's size

    Source: Zhou et al. 2016, class activation map

    f_k: the maps that the global pooling takes. S_c = mean_p M_c(p) + b_c for average pooling, the sum for sum pooling
    (at the maps' own size: details["map"]; details["bias"] has b_c). The map may be negative: nothing is cut.
    GraphError where the network does not end in (map -> global pooling -> dense), the dense layer being optional.
    """
    name = single_input(network, "cam")
    features, weight, bias = pooling_head(network)
    found = score(network, x, target)
    maps = found.trace.values[features]
    channels = maps.shape[-1]
    w = np.eye(channels, dtype=maps.dtype) if weight is None else weight  # (k, classes)
    rows = w[:, found.target].T.reshape(len(maps), *(1,) * (maps.ndim - 2), channels)
    small = (maps * rows).sum(axis=-1, keepdims=True)  # (n, *spatial, 1)
    at = layout(network, name)
    spatial = spatial_of(at.last(found.inputs[name]), "cam")
    relevance = at.own(resize(small, spatial))
    b = np.zeros(w.shape[1], dtype=maps.dtype) if bias is None else bias
    details = {"map": small, "bias": b[found.target]}
    return Attribution(
        "cam", found.form({name: relevance}), found.target, found.value, {"layer": features}, details=details
    )


def pooling_head(network: Network) -> tuple[str, Array | None, Array | None]:
    """(node of the feature maps, weight (k, classes), bias) of the head; None for a dense layer that is not there."""
    node = network.nodes[logit_node(network)]
    weight = bias = None
    if isinstance(node.layer, Dense):
        weight, bias = node.layer.weight, node.layer.bias
        node = network.nodes[node.inputs[0]]
    while isinstance(node.layer, (Flatten, Reshape, Dropout)):
        node = network.nodes[node.inputs[0]]
    if not isinstance(node.layer, GlobalSumPool):
        raise GraphError(
            f"cam: expected a network that ends in global average or sum pooling and at most one dense layer, got"
            f" {type(node.layer).__name__} at {node.name}; use grad_cam, which needs no such head"
        )
    return node.inputs[0], weight, bias
