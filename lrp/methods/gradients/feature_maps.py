"""Which node holds the feature maps that class activation maps weigh."""

from __future__ import annotations

from lrp.errors import GraphError, did_you_mean
from lrp.graph import Network, Node
from lrp.layers import Activation, BatchNorm, Conv


def followers(network: Network, name: str) -> list[Node]:
    """The nodes that read this one's output."""
    return [node for node in network.nodes.values() if name in node.inputs]


def last_feature_map(network: Network) -> str:
    """The last convolution, above its normalisation and activation: the default of Grad-CAM."""
    kernels = [node.name for node in network.nodes.values() if isinstance(node.layer, Conv)]
    if not kernels:
        raise GraphError(
            f"layer: expected a network with a convolution, got {', '.join(network.nodes)}; name the node yourself"
        )
    name = kernels[-1]
    while len(above := followers(network, name)) == 1 and isinstance(above[0].layer, (Activation, BatchNorm)):
        name = above[0].name
    return name


def feature_map(network: Network, layer: str | None) -> str:
    """The named node, or the default; GraphError for a name that is no node or a node without spatial axes."""
    name = last_feature_map(network) if layer is None else layer
    if name not in network.nodes:
        raise GraphError(
            f"layer: expected one of {', '.join(network.nodes)}, got {layer!r}{did_you_mean(name, network.nodes)}"
        )
    if len(network.shapes[name]) < 2:
        raise GraphError(
            f"layer: expected a node with spatial axes and channels, got {name!r} of shape {network.shapes[name]}"
        )
    return name
