"""Sensitivity: the norm of the gradient over the channels of each pixel."""

from __future__ import annotations

from lrp.graph import Explanation, InputLike, Network, TargetLike
from lrp.methods.gradients.gradient import gradients
from lrp.methods.gradients.norms import Norm, as_norm, over_channels
from lrp.methods.score import no_tokens, score
from lrp.methods.tools import layout


def sensitivity(
    network: Network, x: InputLike, target: TargetLike = None, *, norm: Norm | str | float = Norm.TWO
) -> Explanation:
    """R_p = || (dS_c/dx_{p,c})_c ||_q over the channels c of pixel p, q in {1, 2, infinity}

    Source: Samek et al. 2017, sensitivity heatmaps

    Pictures and sequences (n, ..., c) -> (n, ..., 1); of vectors (n, d) each entry is a pixel of its own. Unit: output
    per unit of the input. Never negative, so it cannot speak against a class. Does not explain the value of S_c.

    Parameters
    ----------
    network : Network
        The network to explain.
    x : InputLike
        A batch, in a form that `network.forward` takes.
    target : TargetLike
        The output to explain, one for all samples or one per sample; None: each sample's largest logit.
    norm : Norm, str or float
        The norm over the channels: "1", "2" or "inf".

    Returns
    -------
    Explanation
        relevance: one number per pixel.

    Raises
    ------
    InputError
        Where an input is token numbers.
    SettingError
        For an unknown norm.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.Dense(np.array([[2.0], [-3.0]]))], (2,))
    >>> sensitivity(network, [[3.0, 1.0]]).relevance
    array([[2., 3.]])
    """
    no_tokens(network, "sensitivity")
    chosen = as_norm(norm)
    scored = score(network, x, target)
    maps = {}
    for name, g in gradients(scored).items():
        at = layout(network, name)
        maps[name] = at.native(over_channels(at.channels_last(g), chosen))
    return scored.explanation("sensitivity", maps, {"norm": chosen.value})
