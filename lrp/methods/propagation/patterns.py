"""Patterns: for each kernel the direction of the signal in its input, estimated from data.

A linear neuron y = w^T x sees x = s + d, a signal s and a distractor d that w cancels; s lies along `a`, w^T a = 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import InputError, SettingError
from lrp.graph import InputLike, Network
from lrp.layers import Conv, Dense, LinearLayer, ReLU
from lrp.methods.gradients import followers


@dataclass
class Sums:
    """Running sums over the samples (and, for a convolution, over all windows) of one kernel, per output j.

    count: (), y: (out,), for the linear estimator; over those with y_j > 0 alone: counts (out,), and x, xy like the
    weight. x_all, xy_all: over all.
    """

    count: float
    y: Array
    counts: Array
    x: Array
    xy: Array
    x_all: Array
    xy_all: Array

    @classmethod
    def none(cls, layer: LinearLayer) -> Sums:
        """All zero, before the first sample."""
        w, out = np.zeros(layer.weight.shape), np.zeros(layer.weight.shape[-1])
        return cls(0.0, out.copy(), out.copy(), w.copy(), w.copy(), w.copy(), w.copy())

    def add(self, layer: LinearLayer, x: Array, y: Array) -> None:
        """Add one more batch."""
        axes = tuple(range(y.ndim - 1))
        active = (y > 0).astype(np.float64)
        self.count += y[..., 0].size
        self.y += y.sum(axis=axes)
        self.counts += active.sum(axis=axes)
        self.x += outer(layer, x, active)
        self.xy += outer(layer, x, active * y)
        self.x_all += outer(layer, x, np.ones_like(y))
        self.xy_all += outer(layer, x, y)


def outer(layer: LinearLayer, x: Array, m: Array) -> Array:
    """sum over samples and windows of x_window m_j, in the shape of the weight: the transpose in w of the layer."""
    if isinstance(layer, Dense):
        return x.reshape(-1, x.shape[-1]).T @ m.reshape(-1, m.shape[-1])  # (in, n) @ (n, out)
    if not isinstance(layer, Conv):
        raise SettingError(f"patterns: expected dense or convolution layers, got {type(layer).__name__}")
    padded, result = layer.windows.padded(x), np.zeros(layer.weight.shape)
    groups = layer.groups
    for offset, tap in layer.windows.taps(x.shape[1:-1]):
        inputs = padded[tap].reshape(-1, groups, x.shape[-1] // groups)  # (windows, groups, in/groups)
        outputs = m.reshape(-1, groups, m.shape[-1] // groups)
        blocks = [inputs[:, g].T @ outputs[:, g] for g in range(groups)]
        result[offset] = np.concatenate(blocks, axis=-1)
    return result


class Estimator(Enum):
    """Which samples a pattern is estimated from."""

    TWO_COMPONENT = "two_component"  # behind a ReLU those with y_j > 0
    LINEAR = "linear"  # all


def estimate_patterns(
    network: Network, batches: Iterable[InputLike], estimator: Estimator = Estimator.TWO_COMPONENT
) -> dict[str, Array]:
    """The pattern of every dense and convolution layer, by node name, of the shape of its weight.

        two-component, where a ReLU follows:  a = n / (w^T n),  n = E+[x y] - E+[x] E[y]
        linear:                               a = cov[x, y] / (w^T cov[x, y])

    Source: Kindermans et al. 2018, two-component and linear signal estimator

    E+ is the mean over samples with y_j > 0, E over all. y includes the bias; all windows of a convolution are samples,
    zero padding included. w^T n = 0 divides by 1. Layers without a ReLU get the linear pattern either way. Labels play
    no part. The linear pattern is a covariance, blind to a constant shift of x; the two-component one is not, for E+[y]
    and E[y] differ. Unit of a: input per unit of the layer's output.

    Parameters
    ----------
    network : Network
        The network whose patterns are estimated.
    batches : iterable of InputLike
        The data, in batches that the network takes.
    estimator : Estimator
        TWO_COMPONENT or LINEAR.

    Returns
    -------
    dict of str to array
        The pattern of each kernel, by its node's name.

    Raises
    ------
    InputError
        Without a batch.
    SettingError
        For kernels other than dense and convolution layers.

    Examples
    --------
    >>> from lrp import layers
    >>> network = Network.sequential([layers.Dense(np.array([[1.0], [-1.0]]))], (2,))
    >>> estimate_patterns(network, [np.array([[2.0, 1.0], [3.0, 1.0], [4.0, 1.0]])])["dense1"]
    array([[1.],
           [0.]])
    """
    kernels = {n.name: layer for n in network.nodes.values() if isinstance(layer := n.layer, LinearLayer)}
    sums = {name: Sums.none(layer) for name, layer in kernels.items()}
    seen, split = 0, estimator is Estimator.TWO_COMPONENT
    for batch in batches:
        trace = network.forward(batch)
        seen += len(trace.output)
        for name, layer in kernels.items():
            sums[name].add(layer, trace.values[network.nodes[name].inputs[0]], trace.values[name])
    if not seen:
        raise InputError("patterns: expected at least one batch to estimate from, got none")
    return {
        name: arrays.cast(_pattern(layer, sums[name], split and _rectified(network, name)), network.dtype)
        for name, layer in kernels.items()
    }


def _rectified(network: Network, name: str) -> bool:
    """Whether only a ReLU reads the node."""
    above = followers(network, name)
    return len(above) == 1 and isinstance(above[0].layer, ReLU)


def _pattern(layer: LinearLayer, sums: Sums, rectified: bool) -> Array:
    """a, from the sums."""
    mean = sums.y / sums.count
    if rectified:
        counts = np.maximum(sums.counts, 1)
        n = sums.xy / counts - sums.x / counts * mean
    else:
        n = sums.xy_all / sums.count - sums.x_all / sums.count * mean
    along = (layer.weight * n).sum(axis=tuple(range(n.ndim - 1)))  # (out,)
    return np.asarray(n / np.where(along == 0, 1, along))
