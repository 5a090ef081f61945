"""The square of the gradient, entry by entry."""

from __future__ import annotations

from lrp.graph import Explanation, InputLike, Network, TargetLike
from lrp.methods.gradients.gradient import gradients
from lrp.methods.score import explained_nodes, score


def squared_gradient(
    network: Network, x: InputLike, target: TargetLike = None, *, layer: str | None = None
) -> Explanation:
    """R_i = (dS_c/dx_i)^2

    Source: Arras et al. 2016, sensitivity analysis

    The papers on texts call it sensitivity analysis, with the sum over the dimensions of a word vector as the word's
    relevance; `sensitivity` of this package is a norm over channels. Unit: the square of output per unit of the input.
    Never negative, so nothing can speak against a class. Does not explain the value of S_c; its sum is ||dS_c/dx||^2.

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
        relevance: the squares; relevances and trace: at the explained nodes, and the forward pass.

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
    >>> network = Network.sequential([layers.Dense(np.array([[2.0], [-3.0]]))], (2,))
    >>> squared_gradient(network, [[3.0, 1.0]]).relevance
    array([[4., 9.]])
    """
    nodes = explained_nodes(network, layer, "squared_gradient")
    scored = score(network, x, target)
    maps = {name: g * g for name, g in gradients(scored, nodes).items()}
    return scored.explanation("squared_gradient", maps, {"layer": layer}, trace=scored.trace)
