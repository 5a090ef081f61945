"""Gradient times input."""

from __future__ import annotations

from lrp.graph import Explanation, InputLike, Network, TargetLike
from lrp.methods.gradients.gradient import gradients
from lrp.methods.score import explained_nodes, score


def gradient_times_input(
    network: Network, x: InputLike, target: TargetLike = None, *, layer: str | None = None
) -> Explanation:
    """R_i = x_i dS_c/dx_i

    Source: Shrikumar et al. 2017, gradient times input; Arras et al. 2016, gradient x input (at the word vectors)

    In a network of ReLUs and linear layers it equals LRP with the zero rule. Unit: that of the output. Sums to S_c only
    where no layer has a bias; is 0 wherever x is 0.

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
        relevance: the product; relevances and trace: at the explained nodes, and the forward pass.

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
    >>> network = Network.sequential([layers.Dense(np.array([[2.0], [-1.0]]))], (2,))
    >>> gradient_times_input(network, [[3.0, 1.0]]).relevance
    array([[ 6., -1.]])
    """
    nodes = explained_nodes(network, layer, "gradient_times_input")
    scored = score(network, x, target)
    a = scored.trace.values
    maps = {name: a[name] * g for name, g in gradients(scored, nodes).items()}
    return scored.explanation("gradient_times_input", maps, {"layer": layer}, trace=scored.trace)
