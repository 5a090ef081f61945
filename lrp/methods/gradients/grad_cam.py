"""Grad-CAM: feature maps weighted by their mean gradient; and its product with guided backpropagation."""

from __future__ import annotations

from typing import Any

from lrp import arrays
from lrp.errors import SettingError
from lrp.graph import Network
from lrp.methods.gradients.feature_maps import feature_map
from lrp.methods.gradients.guided_backprop import guided_backprop
from lrp.methods.result import Attribution
from lrp.methods.score import score, single_input
from lrp.methods.tools import backward, layout, resize, spatial_of


def grad_cam(network: Network, x: Any, target: Any = None, layer: str | None = None, sign: int = 1) -> Attribution:
    """L_c = max(0, sum_k a_k A^k), a_k = 1/Z sum_p dS_c/dA^k_p, interpolated to the input's size

    Source: Selvaraju et al. 2017, Grad-CAM

    A: the maps at `layer` (by default the last convolution behind its activation), Z their number of positions; S_c is
    the logit. sign = -1 gives the counterfactual map, of -dS_c/dA. details: "map" at A's own size, before max(0, .).
    Does not tell one position's gradient from another's: a_k is a mean.
    """
    name = single_input(network, "grad_cam")
    if sign not in (1, -1):
        raise SettingError(f"grad_cam: sign: expected 1 or -1, got {sign!r}")
    node = feature_map(network, layer)
    found = score(network, x, target)
    maps = found.trace.values[node]
    g = backward(network, found.trace, found.node, found.one)[node]
    a = g.mean(axis=tuple(range(1, g.ndim - 1)), keepdims=True)  # (n, 1, ..., k)
    small = arrays.scalar(sign, maps) * (a * maps).sum(axis=-1, keepdims=True)
    at = layout(network, name)
    spatial = spatial_of(at.last(found.inputs[name]), "grad_cam")
    relevance = at.own(resize(arrays.positive(small), spatial))
    settings = {"layer": node, "sign": sign}
    return Attribution(
        "grad_cam", found.form({name: relevance}), found.target, found.value, settings, details={"map": small}
    )


def guided_grad_cam(network: Network, x: Any, target: Any = None, layer: str | None = None) -> Attribution:
    """Grad-CAM at the input's size times guided backpropagation, entry by entry

    Source: Selvaraju et al. 2017, Guided Grad-CAM
    """
    coarse = grad_cam(network, x, target, layer)
    fine = guided_backprop(network, x, list(coarse.target))
    relevance = fine.relevance
    if isinstance(relevance, dict):
        product: Any = {name: coarse.relevance[name] * map_ for name, map_ in relevance.items()}
    elif isinstance(relevance, tuple):
        product = tuple(c * f for c, f in zip(coarse.relevance, relevance, strict=True))
    else:
        product = coarse.relevance * relevance
    return Attribution("guided_grad_cam", product, coarse.target, coarse.score, {"layer": coarse.settings["layer"]})
