"""Deconvolution: the backward signal is rectified, whatever the forward pass was."""

from __future__ import annotations

from lrp import arrays
from lrp.graph import Explanation, InputLike, Network, TargetLike
from lrp.methods.gradients.norms import Norm
from lrp.methods.gradients.rectified_maps import rectified_map


def deconvolution(
    network: Network, x: InputLike, target: TargetLike = None, *, norm: Norm | str | float | None = None
) -> Explanation:
    """g_in = max(g_out, 0) at a ReLU, elsewhere as the gradient; starts with 1 at the target

    Source: Zeiler and Fergus 2014, deconvnet; Samek et al. 2017 (the norm over the channels of a pixel)

    Kernels transposed, max-pooling undone by its switches. The forward pass enters through the switches alone (and
    through local response normalisation, whose gradient is taken), so a network without max-pooling gets the same map
    for every picture. Unit: output per unit of the input. Does not sum to anything.

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
    >>> network = Network.sequential([layers.Dense(np.eye(2)), layers.ReLU(), layers.Dense([[2.0], [-1.0]])], (2,))
    >>> deconvolution(network, [[-3.0, 1.0]]).relevance
    array([[2., 0.]])
    """
    return rectified_map("deconvolution", network, x, target, lambda g, z: arrays.positive(g), norm)
