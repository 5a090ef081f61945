"""Perturbation saliency: how much the outputs move when a soft spot of the picture is blurred."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

from lrp import arrays
from lrp.arrays import Array
from lrp.graph import Network
from lrp.methods.result import Attribution
from lrp.methods.score import picked, score, single_input
from lrp.methods.tools import layout, number, resize, spatial_of, whole


def blur_saliency(
    network: Network,
    x: Any,
    target: Any = None,
    spot: float = 5.0,
    blur: float = 3.0,
    spacing: int = 5,
    every_output: bool = True,
) -> Attribution:
    """S(i) = 1/2 || z(x) - z(x (1 - M_i) + A(x) M_i) ||^2 on a grid of places i, interpolated to the picture

    Source: Greydanus et al. 2018, perturbation-based saliency

    M_i: Gaussian with standard deviation `spot` pixels and peak 1 at i; A: Gaussian blur with deviation `blur`; one
    place for each cell of about `spacing` pixels, at its centre. z: all logits; every_output False: the target's alone.
    Never negative. Blind to what blurring leaves as it is, such as a uniform region.
    """
    name = single_input(network, "blur_saliency")
    number("blur_saliency: spot", spot, above=0)
    number("blur_saliency: blur", blur, above=0)
    whole("blur_saliency: spacing", spacing)
    found = score(network, x, target)
    at = layout(network, name)
    picture = at.last(found.inputs[name])
    spatial = spatial_of(picture, "blur_saliency")
    blurred = blurred_copy(picture, blur)
    cells = tuple(-(-n // spacing) for n in spatial)
    values = arrays.zeros((len(picture), *cells, 1), picture)
    for cell in np.ndindex(*cells):
        centre = [(i + 0.5) * n / g - 0.5 for i, n, g in zip(cell, spatial, cells, strict=True)]
        M = bump(spatial, centre, spot).astype(picture.dtype)[None, ..., None]
        logits = found.at({name: at.own(picture * (1 - M) + blurred * M)}).logits
        change = (found.logits - logits).reshape(len(picture), -1)
        if not every_output:
            change = picked(change, found.target)[:, None]
        values[(slice(None), *cell, 0)] = (change * change).sum(axis=1) / 2
    relevance = at.own(resize(values, spatial))
    settings = {"spot": spot, "blur": blur, "spacing": spacing, "every_output": every_output}
    return Attribution(
        "blur_saliency", found.form({name: relevance}), found.target, found.value, settings, details={"grid": values}
    )


def blurred_copy(x: Array, sigma: float) -> Array:
    """Each picture under a Gaussian of `sigma` pixels, the border's pixels repeated: (n, *spatial, c) -> the same."""
    return np.asarray(ndimage.gaussian_filter(x, (0, *(sigma,) * (x.ndim - 2), 0), mode="nearest"), dtype=x.dtype)


def bump(spatial: tuple[int, ...], centre: list[float], sigma: float) -> Array:
    """exp(-|p - centre|^2 / (2 sigma^2)) over the picture."""
    squares = [(np.arange(n) - c) ** 2 for n, c in zip(spatial, centre, strict=True)]
    grids = np.meshgrid(*squares, indexing="ij")
    return np.asarray(np.exp(-sum(grids) / (2 * sigma**2)))
