"""Meaningful perturbation: a smooth mask, learned for one picture, that destroys or preserves the prediction."""

from __future__ import annotations

from enum import Enum

import numpy as np
from scipy import ndimage, special

from lrp.arrays import Array
from lrp.errors import SettingError
from lrp.graph import Explanation, InputLike, Network, TargetLike, picked
from lrp.methods.perturbation.blur_saliency import blurred_copy
from lrp.methods.score import Score, score, single_input
from lrp.methods.tools import Adam, along_axes, backward, layout, nearest, number, spatial_of, whole


class Game(Enum):
    """What the mask is learned for."""

    DELETION = "deletion"  # the smallest part whose blurring makes the class vanish
    PRESERVATION = "preservation"  # the smallest part that keeps the class when all else is blurred


def meaningful_perturbation(
    network: Network,
    x: InputLike,
    target: TargetLike = None,
    *,
    game: Game | str = Game.DELETION,
    area: float = 1e-4,
    smoothness: float = 1e-2,
    power: float = 3.0,
    cell: int = 8,
    mask_blur: float = 5.0,
    blur: float = 10.0,
    jitter: int = 3,
    steps: int = 300,
    rate: float = 0.1,
    rng: np.random.Generator | None = None,
) -> Explanation:
    """Phi(x; m) = M x + (1 - M) blur(x), M the mask m in [0, 1], interpolated and blurred

        deletion      min_m  area sum |1 - m| + smoothness sum ||grad m||^power + E_tau p_c(Phi(x(. - tau); m))
        preservation  min_m  area sum |m|     + smoothness sum ||grad m||^power - E_tau p_c(Phi(x(. - tau); m))

    Source: Fong and Vedaldi 2017, deletion and preservation game

    p_c: softmax. M is the nearest-neighbour copy of m under a Gaussian; tau shifts picture and blurred picture; Adam
    from m = 1/2, clipped to [0, 1] at each step. The defaults are the authors' for 224 pixels; a small picture needs
    smaller cells and blurs. Unlike in the authors' code the gradient passes through the mask's blur exactly. Unit:
    none, the mask is between 0 and 1. Finds a local optimum; does not sum to anything.

    Parameters
    ----------
    network : Network
        The network to explain.
    x : InputLike
        A batch, in a form that `network.forward` takes.
    target : TargetLike
        The output to explain, one for all samples or one per sample; None: each sample's largest logit.
    game : Game or str
        "deletion" or "preservation".
    area, smoothness, power : float
        The weights of the two penalties, and the exponent of the second.
    cell : int
        m has one number per cell x cell pixels.
    mask_blur, blur : float
        The standard deviations in pixels of the Gaussians on the mask and on the picture.
    jitter : int
        tau is drawn from 0 .. jitter pixels along each axis.
    steps : int
        The number of steps.
    rate : float
        The length of a step.
    rng : numpy.random.Generator, optional
        By default default_rng(0), so that a call can be repeated.

    Returns
    -------
    Explanation
        relevance: 1 - M for deletion, M for preservation; details: "mask" (m), "probability" (n,) under the final mask.

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
    >>> network = Network.sequential([layers.Flatten(), layers.Dense(np.eye(4))], (2, 2, 1))
    >>> explanation = meaningful_perturbation(network, np.ones((1, 2, 2, 1)), 0, cell=1, steps=2)
    >>> explanation.relevance.shape
    (1, 2, 2, 1)
    """
    name = single_input(network, "meaningful_perturbation")
    try:
        chosen = Game(game)
    except ValueError:
        raise SettingError(f"game: expected one of {[g.value for g in Game]}, got {game!r}") from None
    counts = (("cell", cell, 1), ("jitter", jitter, 0), ("steps", steps, 1))
    for key, value, least in counts:
        whole(f"meaningful_perturbation: {key}", value, least)
    for key, weight in (("area", area), ("smoothness", smoothness)):
        number(f"meaningful_perturbation: {key}", weight, least=0)
    for key, size in (("power", power), ("mask_blur", mask_blur), ("blur", blur), ("rate", rate)):
        number(f"meaningful_perturbation: {key}", size, above=0)
    rng = np.random.default_rng(0) if rng is None else rng
    scored = score(network, x, target)
    at = layout(network, name)
    picture = at.channels_last(scored.inputs[name])
    spatial = spatial_of(picture, "meaningful_perturbation")
    veil = blurred_copy(picture, blur)
    pads = ((0, 0), *((jitter // 2, jitter - jitter // 2),) * len(spatial), (0, 0))
    canvas, canvas_veil = np.pad(picture, pads, mode="edge"), np.pad(veil, pads, mode="edge")
    cells = tuple(-(-n // cell) for n in spatial)
    mask = Mask(cells, spatial, mask_blur)
    sign, empty = (1.0, 1.0) if chosen is Game.DELETION else (-1.0, 0.0)
    m = np.full((len(picture), *cells, 1), 0.5)
    adam = Adam(rate)
    for _ in range(steps):
        shift = rng.integers(0, jitter + 1, len(spatial))
        window = (slice(None), *(slice(int(t), int(t) + n) for t, n in zip(shift, spatial, strict=True)))
        here, there = canvas[window], canvas_veil[window]
        M = mask.full(m).astype(picture.dtype)
        g = _probability_gradient(scored.at({name: at.native(M * here + (1 - M) * there)}), name)
        toward = (at.channels_last(g) * (here - there)).sum(axis=-1, keepdims=True)
        slope = sign * mask.transpose(toward.astype(np.float64)) + area * np.sign(m - empty)
        m = np.clip(adam.step(m, slope + smoothness * roughness_gradient(m, power)), 0, 1)
    M = mask.full(m).astype(picture.dtype)
    final = scored.at({name: at.native(M * picture + (1 - M) * veil)})
    details = {"mask": m, "probability": _probabilities(final)}
    relevance = at.native(1 - M if chosen is Game.DELETION else M)
    settings = {"game": chosen.value, "area": area, "smoothness": smoothness, "cell": cell, "steps": steps}
    return scored.explanation("meaningful_perturbation", {name: relevance}, settings, details=details)


class Mask:
    """The linear map from the small mask m (n, *cells, 1) to the picture's M (n, *spatial, 1), and its transpose.

    Nearest neighbour, then a Gaussian: written as one matrix an axis, for both act on each axis alone.
    """

    def __init__(self, cells: tuple[int, ...], spatial: tuple[int, ...], sigma: float) -> None:
        self.matrices = []
        for k, n in zip(cells, spatial, strict=True):
            smooth = ndimage.gaussian_filter1d(np.eye(n), sigma, axis=0, mode="nearest")
            self.matrices.append(smooth @ nearest(k, n))

    def full(self, m: Array) -> Array:
        """m -> M"""
        return along_axes(self.matrices, m)

    def transpose(self, g: Array) -> Array:
        """The gradient with respect to M -> with respect to m."""
        return along_axes([matrix.T for matrix in self.matrices], g)


def roughness(m: Array, power: float) -> Array:
    """(n,) sum over positions of ||grad m||^power: forward differences, 0 at the far border."""
    squares = sum(d * d for d in _differences(m))
    return np.asarray(squares ** (power / 2)).reshape(len(m), -1).sum(axis=1)


def roughness_gradient(m: Array, power: float) -> Array:
    """d roughness / d m, of the shape of m."""
    differences = _differences(m)
    squares = np.asarray(sum(d * d for d in differences))
    factor = power * np.maximum(squares, 1e-10) ** (power / 2 - 1)
    result = np.zeros_like(m)
    for axis, d in enumerate(differences, start=1):
        flow = factor * d
        result -= flow
        result += np.concatenate([np.zeros_like(flow.take([0], axis)), flow.take(range(m.shape[axis] - 1), axis)], axis)
    return result


def _differences(m: Array) -> list[Array]:
    """m(u + 1) - m(u) along each spatial axis, 0 at the last position."""
    return [np.diff(m, axis=axis, append=m.take([-1], axis)) for axis in range(1, m.ndim - 1)]


def _probabilities(scored: Score) -> Array:
    """(n,) the softmax at the target."""
    flat = scored.logits.reshape(len(scored.logits), -1)
    return picked(special.softmax(flat, axis=1), scored.target)


def _probability_gradient(scored: Score, name: str) -> Array:
    """dp_c/dx: p_c (1[k = c] - p_k) at the logits, and down."""
    flat = scored.logits.reshape(len(scored.logits), -1)
    p = special.softmax(flat, axis=1)
    own = picked(p, scored.target)[:, None]
    start = own * (scored.one.reshape(flat.shape) - p)
    return backward(scored.network, scored.trace, scored.node, start.reshape(scored.logits.shape))[name]
