"""Perturbation saliency: how much the outputs move when a soft spot of the picture is blurred."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from lrp import arrays
from lrp.arrays import Array
from lrp.graph import Explanation, InputLike, Network, TargetLike, picked
from lrp.methods.score import score, single_input
from lrp.methods.tools import layout, number, resize, spatial_of, whole


def blur_saliency(
    network: Network,
    x: InputLike,
    target: TargetLike = None,
    *,
    spot: float = 5.0,
    blur: float = 3.0,
    spacing: int = 5,
    every_output: bool = True,
) -> Explanation:
    """S(i) = 1/2 || z(x) - z(x (1 - M_i) + A(x) M_i) ||^2 on a grid of positions i, interpolated to the picture

    Source: Greydanus et al. 2018, perturbation-based saliency

    M_i: a Gaussian with peak 1 at i; A: a Gaussian blur; z: all logits, or the target's alone. Unit: the square of that
    of the output. Never negative, and blind to what blurring leaves as it is, such as a uniform region. Does not sum to
    anything.

    Parameters
    ----------
    network : Network
        The network to explain.
    x : InputLike
        A batch, in a form that `network.forward` takes.
    target : TargetLike
        The output to explain, one for all samples or one per sample; None: each sample's largest logit.
    spot : float
        The standard deviation of M_i in pixels.
    blur : float
        The standard deviation of the blur in pixels.
    spacing : int
        The size of a grid cell in pixels; one position per cell, at its centre.
    every_output : bool
        False: only the target's logit counts.

    Returns
    -------
    Explanation
        relevance: one number per pixel; details: "grid", S at the positions.

    Raises
    ------
    InputError
        For a network with several inputs or token numbers.
    ShapeError
        Where x is no picture or sequence.
    SettingError
        For a setting out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.GlobalSumPool()], (3, 3, 1))
    >>> blur_saliency(network, np.ones((1, 3, 3, 1)), spacing=3).details["grid"].ravel().round(12)
    array([0.])
    """
    name = single_input(network, "blur_saliency")
    number("blur_saliency: spot", spot, above=0)
    number("blur_saliency: blur", blur, above=0)
    whole("blur_saliency: spacing", spacing)
    scored = score(network, x, target)
    at = layout(network, name)
    picture = at.channels_last(scored.inputs[name])
    spatial = spatial_of(picture, "blur_saliency")
    blurred = blurred_copy(picture, blur)
    cells = tuple(-(-n // spacing) for n in spatial)
    values = arrays.zeros((len(picture), *cells, 1), picture)
    for cell in np.ndindex(*cells):
        centre = [(i + 0.5) * n / g - 0.5 for i, n, g in zip(cell, spatial, cells, strict=True)]
        M = bump(spatial, centre, spot).astype(picture.dtype)[None, ..., None]
        logits = scored.at({name: at.native(picture * (1 - M) + blurred * M)}).logits
        change = (scored.logits - logits).reshape(len(picture), -1)
        if not every_output:
            change = picked(change, scored.target)[:, None]
        values[(slice(None), *cell, 0)] = (change * change).sum(axis=1) / 2
    relevance = at.native(resize(values, spatial))
    settings = {"spot": spot, "blur": blur, "spacing": spacing, "every_output": every_output}
    return scored.explanation("blur_saliency", {name: relevance}, settings, details={"grid": values})


def blurred_copy(x: Array, sigma: float) -> Array:
    """Each picture under a Gaussian of `sigma` pixels, the border's pixels repeated: (n, *spatial, c) -> the same."""
    return np.asarray(ndimage.gaussian_filter(x, (0, *(sigma,) * (x.ndim - 2), 0), mode="nearest"), dtype=x.dtype)


def bump(spatial: tuple[int, ...], centre: list[float], sigma: float) -> Array:
    """exp(-|p - centre|^2 / (2 sigma^2)) over the picture."""
    squares = [(np.arange(n) - c) ** 2 for n, c in zip(spatial, centre, strict=True)]
    grids = np.meshgrid(*squares, indexing="ij")
    return np.asarray(np.exp(-sum(grids) / (2 * sigma**2)))
