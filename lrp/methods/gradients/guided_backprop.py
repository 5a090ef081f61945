"""Guided backpropagation: the gradient's mask and the deconvolution's at once."""

from __future__ import annotations

from lrp import arrays
from lrp.graph import Explanation, InputLike, Network, TargetLike
from lrp.layers.activations import step as indicator
from lrp.methods.gradients.norms import Norm
from lrp.methods.gradients.rectified_maps import rectified_map


def guided_backprop(
    network: Network, x: InputLike, target: TargetLike = None, *, norm: Norm | str | float | None = None
) -> Explanation:
    """g_in = 1[z > 0] max(g_out, 0) at a ReLU, elsewhere as the gradient; starts with 1 at the target

    Source: Springenberg et al. 2015, guided backpropagation

    z: the ReLU's input; z = 0 counts as not active. Unit: output per unit of the input. Largely blind to the class and
    to the upper layers' weights; does not sum to anything.

    Parameters
    ----------
    network : Network
        The network to explain.
    x : InputLike
        A batch, in a form that `network.forward` takes.
    target : TargetLike
        The output to explain, one for all samples or one per sample; None: each sample's largest logit.
    norm : Norm, str or float, optional
        The norm over each pixel's channels: "1", "2" or "inf"; None: the signal itself.

    Returns
    -------
    Explanation
        relevance: the signal at the input, or one number per pixel.

    Raises
    ------
    InputError
        Where an input is token numbers.
    SettingError
        For an activation other than ReLU, or an unknown norm.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.Dense(np.eye(2)), layers.ReLU(), layers.Dense([[2.0], [3.0]])], (2,))
    >>> guided_backprop(network, [[-3.0, 1.0]]).relevance
    array([[0., 3.]])
    """
    return rectified_map(
        "guided_backprop", network, x, target, lambda g, z: arrays.positive(g) * indicator(z > 0, z), norm
    )
