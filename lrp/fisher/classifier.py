"""The classifier as a Network, from the picture to the scores, and an equivalent for one picture in exact arithmetic.

picture -> dense SIFT -> PCA -> Fisher vector of every pyramid cell -> normalisation -> linear SVM -> scores
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lrp.arrays import Array, divide_where
from lrp.errors import GraphError, InputError
from lrp.graph import Metadata, Network, Node
from lrp.layers import (
    PCA,
    DenseSIFT,
    FisherVector,
    FixedScale,
    Input,
    L2Normalize,
    Layer,
    LinearSVM,
    Shape,
    SiftPositions,
    SignedPower,
)

IMPROVED: tuple[Layer, ...] = (SignedPower(0.5), L2Normalize())


def encoder_nodes(
    sift: DenseSIFT,
    pca: PCA | None,
    fisher: FisherVector,
    normalisation: Sequence[Layer] = IMPROVED,
    input_shape: Shape | None = None,
) -> list[Node]:
    """The nodes from the picture to the normalised Fisher vector, the last one; parameters as for `encoder`."""
    colours = len(sift.colour_weights)
    nodes = [Node("picture", Input((None, None, colours) if input_shape is None else input_shape))]
    nodes.append(Node("sift", sift, ("picture",)))
    nodes.append(Node("positions", SiftPositions(**sift.settings()), ("picture",)))
    if pca is not None:
        nodes.append(Node("pca", pca, ("sift",)))
    nodes.append(Node("fisher", fisher, (nodes[-1].name if pca is not None else "sift", "positions")))
    for number, layer in enumerate(normalisation, start=1):
        nodes.append(Node(f"normal{number}", layer, (nodes[-1].name,)))
    return nodes


def encoder(
    sift: DenseSIFT,
    pca: PCA | None,
    fisher: FisherVector,
    normalisation: Sequence[Layer] = IMPROVED,
    input_shape: Shape | None = None,
) -> Network:
    """The network from pictures to normalised Fisher vectors, on which an SVM is trained

    Parameters
    ----------
    sift : DenseSIFT
    pca : PCA or None
        Applied to each descriptor.
    fisher : FisherVector
    normalisation : sequence of Layer
        In the order in which they apply: (SignedPower(), L2Normalize()) on the whole vector by default, or
        (L2Normalize(blocks=8), SignedPower(), L2Normalize()) to begin with each of 8 pyramid cells.
    input_shape : tuple, optional
        (h, w, channels) of the pictures; by default the height and width are free.

    Returns
    -------
    Network

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import layers
    >>> sift = layers.DenseSIFT(bin_sizes=(2,), steps=4)
    >>> rng = np.random.default_rng(0)
    >>> fisher = layers.FisherVector(np.ones(2) / 2, rng.normal(size=(2, 128)), np.ones((2, 128)))
    >>> encoder(sift, None, fisher).forward(rng.random((1, 16, 20, 1))).output.shape
    (1, 512)
    """
    return Network(encoder_nodes(sift, pca, fisher, normalisation, input_shape))


def classifier(
    sift: DenseSIFT,
    pca: PCA | None,
    fisher: FisherVector,
    svm: LinearSVM,
    normalisation: Sequence[Layer] = IMPROVED,
    input_shape: Shape | None = None,
    metadata: Metadata = Metadata(),
) -> Network:
    """The network from pictures to the scores of all classes

    Every layer has the relevance rule of Lapuschkin et al. 2016 as its default, so `network.explain(x)` needs no
    composite; "fisher=epsilon:100" is one that changes eps.

    Parameters
    ----------
    sift, pca, fisher, normalisation, input_shape
        As for `encoder`.
    svm : LinearSVM
    metadata : Metadata
        Class names and so on.

    Returns
    -------
    Network

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import layers
    >>> sift = layers.DenseSIFT(bin_sizes=(2,), steps=4)
    >>> rng = np.random.default_rng(0)
    >>> fisher = layers.FisherVector(np.ones(2) / 2, rng.normal(size=(2, 128)), np.ones((2, 128)))
    >>> network = classifier(sift, None, fisher, layers.LinearSVM(rng.normal(size=(512, 3)), np.zeros(3)))
    >>> network.explain(rng.random((1, 16, 20, 1)), 1).relevance.shape
    (1, 16, 20, 1)
    """
    nodes = encoder_nodes(sift, pca, fisher, normalisation, input_shape)
    return Network([*nodes, Node("svm", svm, (nodes[-1].name,))], metadata=metadata)


def fixed_statistics(network: Network, x: Any) -> tuple[Network, dict[str, Array]]:
    """An exact network for one picture with fixed statistics, and its inputs: R3 and R2 without rounding

    The descriptors, positions and posteriors of the picture, as the floats that they are, become inputs; each
    normalisation becomes the factors by which it multiplied this Fisher vector. The rest is rational: in
    Fractions every
    line of the ledger of `exact.explain(inputs, target)` closes with ==. The scores are those of the network up to its
    rounding.

    Parameters
    ----------
    network : Network
        From `classifier` or `encoder`.
    x : array
        (1, h, w, channels) one picture.

    Returns
    -------
    exact : Network
        In exact arithmetic.
    inputs : dict
        Its inputs by name.

    Raises
    ------
    InputError
        For a batch of several pictures.
    GraphError
        Unless the network has one FisherVector node.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import layers
    >>> sift = layers.DenseSIFT(bin_sizes=(2,), steps=4)
    >>> rng = np.random.default_rng(0)
    >>> fisher = layers.FisherVector(np.ones(2) / 2, rng.normal(size=(2, 128)), np.ones((2, 128)))
    >>> exact, inputs = fixed_statistics(encoder(sift, None, fisher), rng.random((1, 16, 20, 1)))
    >>> exact.dtype, list(inputs)
    ('exact', ['sift', 'fisher_posteriors', 'positions'])
    """
    values = network.forward(x).values
    if len(next(iter(values.values()))) != 1:
        raise InputError(
            "fixed statistics: expected one picture, got a batch; statistics are fixed for each picture apart"
        )
    kinds = [type(node.layer) for node in network.nodes.values()]
    if kinds.count(FisherVector) != 1:
        raise GraphError(
            f"fixed statistics: expected a network with one FisherVector node, got {kinds.count(FisherVector)}"
        )
    inputs: dict[str, Array] = {}
    nodes: list[Node] = []
    for node in network.nodes.values():
        if isinstance(node.layer, FisherVector):
            given = node.layer.with_posteriors(tuple(values[name] for name in node.inputs))
            names = (node.inputs[0], f"{node.name}_posteriors", *node.inputs[1:])
            inputs.update(zip(names, given, strict=True))
            nodes = [Node(name, Input(value.shape[1:])) for name, value in inputs.items()]
            nodes.append(Node(node.name, node.layer.pooling, names))
        elif nodes:
            (before,) = node.inputs
            nodes.append(Node(node.name, _fixed(node.layer, values[before][0], values[node.name][0]), node.inputs))
    return Network(nodes, metadata=network.metadata, dtype="exact"), inputs


def _fixed(layer: Layer, x: Array, y: Array) -> Layer:
    """The layer itself, or for a normalisation the factors by which it multiplies x."""
    if isinstance(layer, (SignedPower, L2Normalize)):
        return FixedScale(np.asarray(divide_where(y, x, x != 0)))
    return layer
