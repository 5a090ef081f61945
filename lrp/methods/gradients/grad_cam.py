"""Grad-CAM: feature maps weighted by their mean gradient; and its product with guided backpropagation."""

from __future__ import annotations

from lrp import arrays
from lrp.errors import SettingError
from lrp.graph import Explanation, InputLike, Network, TargetLike
from lrp.methods.gradients.feature_maps import feature_map
from lrp.methods.gradients.guided_backprop import guided_backprop
from lrp.methods.score import like_input, score, single_input
from lrp.methods.tools import backward, layout, resize, spatial_of


def grad_cam(
    network: Network, x: InputLike, target: TargetLike = None, *, layer: str | None = None, sign: int = 1
) -> Explanation:
    """L_c = max(0, sum_k a_k A^k), a_k = 1/Z sum_p dS_c/dA^k_p, interpolated to the input's size

    Source: Selvaraju et al. 2017, Grad-CAM

    A: the feature maps at `layer`, Z their number of positions; S_c is the logit. Unit: that of the output, over Z.
    Does not distinguish the gradients of different positions: a_k is their mean. Does not sum to anything.

    Parameters
    ----------
    network : Network
        The network to explain.
    x : InputLike
        A batch, in a form that `network.forward` takes.
    target : TargetLike
        The output to explain, one for all samples or one per sample; None: each sample's largest logit.
    layer : str, optional
        The node of the feature maps A; None: the last convolution, above its normalisation and activation.
    sign : int
        1, or -1 for the counterfactual map, of -dS_c/dA.

    Returns
    -------
    Explanation
        details: "map" at A's own size, before max(0, .).

    Raises
    ------
    GraphError
        For a layer that is no node with spatial axes, or a network without a convolution where layer is None.
    InputError
        For a network with several inputs or token numbers.
    SettingError
        For another sign.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.Conv(np.ones((1, 1, 1, 1))), layers.GlobalSumPool()], (2, 2, 1))
    >>> grad_cam(network, np.array([[[[1.0], [0.0]], [[2.0], [-1.0]]]])).relevance[0, :, :, 0]
    array([[1., 0.],
           [2., 0.]])
    """
    name = single_input(network, "grad_cam")
    if sign not in (1, -1):
        raise SettingError(f"grad_cam: sign: expected 1 or -1, got {sign!r}")
    node = feature_map(network, layer)
    scored = score(network, x, target)
    maps = scored.trace.values[node]
    g = backward(network, scored.trace, scored.node, scored.one)[node]
    a = g.mean(axis=tuple(range(1, g.ndim - 1)), keepdims=True)  # (n, 1, ..., k)
    small = arrays.scalar(sign, maps) * (a * maps).sum(axis=-1, keepdims=True)
    at = layout(network, name)
    spatial = spatial_of(at.channels_last(scored.inputs[name]), "grad_cam")
    relevance = at.native(resize(arrays.positive(small), spatial))
    settings = {"layer": node, "sign": sign}
    return scored.explanation("grad_cam", {name: relevance}, settings, details={"map": small})


def guided_grad_cam(
    network: Network, x: InputLike, target: TargetLike = None, *, layer: str | None = None
) -> Explanation:
    """R = L_c at the input's size times guided backpropagation, entry by entry

    Source: Selvaraju et al. 2017, Guided Grad-CAM

    L_c: the map of Grad-CAM. Unit: the product of the two methods'. Has the fine structure of guided backpropagation
    and its blindness to the upper layers; does not sum to anything.

    Parameters
    ----------
    network : Network
        The network to explain.
    x : InputLike
        A batch, in a form that `network.forward` takes.
    target : TargetLike
        The output to explain, one for all samples or one per sample; None: each sample's largest logit.
    layer : str, optional
        The node of the feature maps A; None: the last convolution, above its normalisation and activation.

    Returns
    -------
    Explanation
        relevance: the product, of the shape of x.

    Raises
    ------
    GraphError
        As for grad_cam.
    InputError
        For a network with several inputs or token numbers.
    SettingError
        For an activation other than ReLU.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.Conv(np.ones((1, 1, 1, 1))), layers.GlobalSumPool()], (2, 2, 1))
    >>> guided_grad_cam(network, np.array([[[[1.0], [0.0]], [[2.0], [-1.0]]]])).relevance[0, :, :, 0]
    array([[1., 0.],
           [2., 0.]])
    """
    coarse = grad_cam(network, x, target, layer=layer)
    fine = guided_backprop(network, x, list(coarse.target))
    name = single_input(network, "guided_grad_cam")
    product = {name: coarse.relevances[name] * fine.relevances[name]}
    return Explanation(
        "guided_grad_cam",
        like_input(x, product),
        coarse.target,
        coarse.score,
        {"layer": coarse.settings["layer"]},
        relevances=product,
    )
