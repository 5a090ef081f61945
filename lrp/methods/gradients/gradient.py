"""The gradient of the score."""

from __future__ import annotations

from lrp.arrays import Array
from lrp.graph import Explanation, InputLike, Network, TargetLike
from lrp.methods.score import Score, explained_nodes, score
from lrp.methods.tools import backward


def gradients(scored: Score, nodes: tuple[str, ...] | None = None) -> dict[str, Array]:
    """dS_c/da for the output a of each named node (by default of each input), by name."""
    signals = backward(scored.network, scored.trace, scored.node, scored.one)
    names = scored.network.inputs if nodes is None else nodes
    return {name: signals[name] if name in signals else 0 * scored.trace.values[name] for name in names}


def gradient(network: Network, x: InputLike, target: TargetLike = None, *, layer: str | None = None) -> Explanation:
    """R_i = dS_c/dx_i

    Source: Simonyan et al. 2013, image-specific class saliency, before the absolute value

    S_c is the logit. Unit: output per unit of the input. Does not explain the value of S_c: it sums to nothing in
    particular.

    Parameters
    ----------
    network : Network
        The network to explain.
    x : InputLike
        A batch, in a form that `network.forward` takes.
    target : TargetLike
        The output to explain, one for all samples or one per sample; None: each sample's largest logit.
    layer : str, optional
        The node whose output a takes the place of x, such as an embedding; None: the inputs.

    Returns
    -------
    Explanation
        relevance: the gradient; relevances and trace: at the explained nodes, and the forward pass.

    Raises
    ------
    InputError
        Where an input is token numbers and no layer is given.
    GraphError
        Where layer is no node of the network.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.Dense(np.array([[2.0], [-1.0]])), layers.ReLU()], (2,))
    >>> gradient(network, [[3.0, 1.0]]).relevance
    array([[ 2., -1.]])
    """
    nodes = explained_nodes(network, layer, "gradient")
    scored = score(network, x, target)
    return scored.explanation("gradient", gradients(scored, nodes), {"layer": layer}, trace=scored.trace)
