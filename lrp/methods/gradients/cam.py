"""Class activation maps of a network that ends in global pooling and one dense layer."""

from __future__ import annotations

import numpy as np

from lrp.arrays import Array
from lrp.errors import GraphError
from lrp.graph import Explanation, InputLike, Network, TargetLike
from lrp.layers import Dense, Dropout, Flatten, GlobalSumPool, Reshape
from lrp.methods.score import logit_node, score, single_input
from lrp.methods.tools import layout, resize, spatial_of


def cam(network: Network, x: InputLike, target: TargetLike = None) -> Explanation:
    """M_c(p) = sum_k w_k^c f_k(p), interpolated to the input's size

    Source: Zhou et al. 2016, class activation map

    f_k: the maps that the global pooling takes. S_c = mean_p M_c(p) + b_c for average pooling, the sum for sum pooling,
    at the maps' own size. Unit: that of the output. The map may be negative: nothing is cut. Does not exist for
    networks with another head: use grad_cam.

    Parameters
    ----------
    network : Network
        The network to explain.
    x : InputLike
        A batch, in a form that `network.forward` takes.
    target : TargetLike
        The output to explain, one for all samples or one per sample; None: each sample's largest logit.

    Returns
    -------
    Explanation
        details: "map" M_c at the maps' own size, "bias" b_c.

    Raises
    ------
    GraphError
        Where the network does not end in (map -> global pooling -> dense), the dense layer being optional.
    InputError
        For a network with several inputs.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.GlobalAvgPool(), layers.Dense(np.array([[3.0]]))], (2, 2, 1))
    >>> cam(network, np.array([[[[1.0], [0.0]], [[2.0], [0.0]]]])).relevance[0, :, :, 0]
    array([[3., 0.],
           [6., 0.]])
    """
    name = single_input(network, "cam")
    features, weight, bias = pooling_head(network)
    scored = score(network, x, target)
    maps = scored.trace.values[features]
    channels = maps.shape[-1]
    w = np.eye(channels, dtype=maps.dtype) if weight is None else weight  # (k, classes)
    rows = w[:, scored.target].T.reshape(len(maps), *(1,) * (maps.ndim - 2), channels)
    small = (maps * rows).sum(axis=-1, keepdims=True)  # (n, *spatial, 1)
    at = layout(network, name)
    spatial = spatial_of(at.channels_last(scored.inputs[name]), "cam")
    relevance = at.native(resize(small, spatial))
    b = np.zeros(w.shape[1], dtype=maps.dtype) if bias is None else bias
    details = {"map": small, "bias": b[scored.target]}
    return scored.explanation("cam", {name: relevance}, {"layer": features}, details=details)


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
