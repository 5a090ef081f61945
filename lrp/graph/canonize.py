"""Batch normalisation folded into its neighbour: Network -> Network, pure, and only where it is exact.

    conv or dense, then BatchNorm:   w' = w s,  b' = b s + t          with y = s x + t
    BatchNorm, then dense or conv:   w' = s w,  b' = b + sum t w      only without padding: padded zeros are not shifted

The folded network has the same outputs. Its relevances differ where a rule is not blind to the split: the bias of the
batch normalisation becomes bias of the kernel.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.graph.network import Network
from lrp.graph.node import Node
from lrp.layers import BatchNorm, Conv, Dense, Layer


def fold_batchnorm(network: Network) -> Network:
    """The network without the batch normalisations that a neighbouring kernel can take in exactly.

    A layer that several nodes share, an output, or a value that others use too is left as it is.
    """
    while True:
        folded = _fold_one(network)
        if folded is None:
            return network
        network = folded


def _fold_one(network: Network) -> Network | None:
    """The network with one batch normalisation less, or None where none can go."""
    for node in network.nodes.values():
        if not isinstance(node.layer, BatchNorm):
            continue
        below = network.nodes[node.inputs[0]]
        if isinstance(below.layer, (Conv, Dense)) and _private(network, below):
            return _without(network, node, below, _after(below.layer, node.layer))
        above = _followers(network, node)
        if len(above) == 1 and _private(network, node) and _unshared(network, above[0]):
            kernel = above[0].layer
            unpadded = isinstance(kernel, Dense) or isinstance(kernel, Conv) and _never_pads(kernel)
            if unpadded and isinstance(kernel, (Conv, Dense)) and above[0].inputs == (node.name,):
                return _without(network, node, above[0], _before(kernel, node.layer))
    return None


def _after(kernel: Conv | Dense, norm: BatchNorm) -> Layer:
    """The kernel that computes norm(kernel(x)). Output channels are the last axis of the weight."""
    s, t = _affine(norm)
    bias = t if kernel.bias is None else kernel.bias * s + t
    return replace(kernel, weight=kernel.weight * s, bias=bias)


def _before(kernel: Conv | Dense, norm: BatchNorm) -> Layer:
    """The kernel that computes kernel(norm(x))."""
    s, t = _affine(norm)
    weight = kernel.weight
    groups = kernel.groups if isinstance(kernel, Conv) else 1
    inputs, outputs = weight.shape[-2], weight.shape[-1]
    # output block g sees the input channels of block g: (in/groups, groups, out/groups) -> (in/groups, out)
    scale = np.repeat(s.reshape(groups, inputs).T, outputs // groups, axis=1)
    shift = np.repeat(t.reshape(groups, inputs).T, outputs // groups, axis=1)
    added = (shift * weight).sum(axis=tuple(range(weight.ndim - 1)))
    return replace(kernel, weight=weight * scale, bias=added if kernel.bias is None else kernel.bias + added)


def _affine(norm: BatchNorm) -> tuple[Array, Array]:
    linear = norm.linear
    bias = arrays.zeros(linear.weight.shape, linear.weight) if linear.bias is None else linear.bias
    return linear.weight, bias


def _never_pads(kernel: Conv) -> bool:
    """Whether no window ever hangs over the border."""
    padding: Any = kernel.padding
    return padding == "valid" or not isinstance(padding, str) and not any(map(any, padding))


def _followers(network: Network, node: Node) -> list[Node]:
    return [other for other in network.nodes.values() if node.name in other.inputs]


def _unshared(network: Network, node: Node) -> bool:
    """Whether no other node has this layer."""
    return sum(other.layer is node.layer for other in network.nodes.values()) == 1


def _private(network: Network, node: Node) -> bool:
    """Whether only one node uses this one's value, and no one else its layer."""
    return node.name not in network.outputs and len(_followers(network, node)) == 1 and _unshared(network, node)


def _without(network: Network, norm: Node, kernel: Node, layer: Layer) -> Network:
    """The network in which `kernel` has the folded layer and `norm` is gone; the output keeps its name."""
    source = norm.inputs[0]
    nodes = []
    for node in network.nodes.values():
        if node.name == norm.name:
            continue
        inputs = tuple(source if name == norm.name else name for name in node.inputs)
        nodes.append(Node(node.name, layer if node.name == kernel.name else node.layer, inputs))
    outputs = [source if name == norm.name else name for name in network.outputs]
    return Network(nodes, outputs, network.metadata, network.dtype)
