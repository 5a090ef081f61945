"""Occlusion: how much the score falls when a window of the picture is covered."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.graph import Explanation, InputLike, Network, TargetLike, picked
from lrp.methods.perturbation.shared_forward import SharedForward
from lrp.methods.perturbation.windows import WindowMean, variants, window_corners, window_lengths
from lrp.methods.score import Score, baselines, score, single_input
from lrp.methods.tools import Patch, cut, layout


def occlusion(
    network: Network,
    x: InputLike,
    target: TargetLike = None,
    *,
    baseline: InputLike = 0.0,
    window: Any = 1,
    stride: Any = None,
) -> Explanation:
    """R_p = mean over the windows q that cover p of [S_c(x) - S_c(x with q := r)] / |q|

    Source: Zeiler and Fergus 2014, occlusion; windows that overlap averaged, a window's share equal over its |q| pixels

    All channels of a pixel are covered at once; of vectors (n, d) each entry alone (window 1). The last window along an
    axis ends at the border. Window 1 is the sensitivity-1 of Ancona et al. Unit: that of the output. Does not see what
    two windows do together; sums to S_c(x) - S_c(r) only for networks that are linear between x and r.

    Parameters
    ----------
    network : Network
        The network to explain.
    x : InputLike
        A batch, in a form that `network.forward` takes.
    target : TargetLike
        The output to explain, one for all samples or one per sample; None: each sample's largest logit.
    baseline : InputLike
        r: what covers, in the input's own layout: a number, or an array that broadcasts to x (for channels-last
        pictures one number per channel).
    window : int or tuple of int
        The window's lengths in pixels.
    stride : int or tuple of int, optional
        The distance between windows; None: the window's lengths.

    Returns
    -------
    Explanation
        relevance: one number per pixel.

    Raises
    ------
    InputError
        For a network with several inputs or token numbers.
    ShapeError
        Where the baseline does not broadcast to x.
    SettingError
        For windows that do not fit into the picture, or a stride that leaves pixels out.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.Dense(np.array([[2.0], [-1.0]]))], (2,))
    >>> occlusion(network, [[3.0, 1.0]], baseline=1.0).relevance
    array([[4., 0.]])
    """
    name = single_input(network, "occlusion")
    scored = score(network, x, target)
    at = layout(network, name)
    picture = at.channels_last(scored.inputs[name])
    r = at.channels_last(baselines(scored, baseline, "occlusion")[name])
    if picture.ndim == 2:
        return scored.explanation("occlusion", {name: _entries(scored, picture, r)}, {"window": 1})
    spatial = tuple(picture.shape[1:-1])
    size, steps = window_lengths(window, stride, spatial)
    shared = SharedForward(network, at.native(picture))
    corners = window_corners(spatial, size, steps)
    mean = WindowMean(picture, size)
    for rows, corner in variants(len(picture), corners):
        logits = shared.variants(Patch(corner, cut(r, rows, corner, size)), rows)
        fall = scored.value[rows] - picked(logits, scored.target[rows])
        mean.add(rows, corner, fall / np.prod(size))
    relevance = arrays.cast(at.native(mean.value()), network.dtype)
    return scored.explanation("occlusion", {name: relevance}, {"window": list(size), "stride": list(steps)})


def _entries(scored: Score, x: Array, r: Array) -> Array:
    """The fall of the score when each entry of a vector alone is covered: (n, d)."""
    relevance = arrays.zeros(x.shape, x)
    for i in range(x.shape[1]):
        changed = x.copy()
        changed[:, i] = r[:, i]
        relevance[:, i] = scored.value - scored.at({scored.network.inputs[0]: changed}).value
    return relevance
