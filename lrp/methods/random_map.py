"""The random map that every explanation must beat."""

from __future__ import annotations

import numpy as np

from lrp.graph import Explanation, InputLike, Network, TargetLike
from lrp.methods.score import score
from lrp.methods.tools import layout


def random_map(
    network: Network, x: InputLike, target: TargetLike = None, *, rng: np.random.Generator | None = None
) -> Explanation:
    """R_p ~ uniform on [0, 1), one number per pixel: the control of every evaluation

    Source: Samek et al. 2017, random heatmap

    Unit: none. Does not look at the network or the input; does not sum to anything.

    Parameters
    ----------
    network : Network
        The network to explain.
    x : InputLike
        A batch, in a form that `network.forward` takes.
    target : TargetLike
        The output to explain, one for all samples or one per sample; None: each sample's largest logit.
    rng : numpy.random.Generator, optional
        By default default_rng(0), so that a call can be repeated.

    Returns
    -------
    Explanation
        relevance: one number per pixel.

    Raises
    ------
    TargetError
        For a target that the network does not have.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.GlobalSumPool()], (2, 2, 3))
    >>> random_map(network, np.ones((1, 2, 2, 3))).relevance.shape
    (1, 2, 2, 1)
    """
    rng = np.random.default_rng(0) if rng is None else rng
    scored = score(network, x, target)
    maps = {}
    for name, value in scored.inputs.items():
        at = layout(network, name)
        shape = at.channels_last(value).shape
        maps[name] = at.native(rng.random(shape if len(shape) == 2 else (*shape[:-1], 1)))
    return scored.explanation("random", maps)
