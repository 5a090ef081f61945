"""Root points of the neurons of a linear + ReLU layer, and the Taylor products at them.

For a neuron x_j = max(0, z_j), z_j = sum_i x_i w_ij + b_j, and a search direction v^(j):

    xt^(j) = x - t_j v^(j),   t_j = z_j / sum_i v_i w_ij                    the root: z_j(xt^(j)) = 0
    R_{i<-j} = (x_i - xt_i^(j)) w_ij R_j / z_j = v_i w_ij / sum_i' v_i' w_i'j R_j       the Taylor product

Source: Montavon et al. 2017, one-layer roots

Inputs of any layer are taken flattened: a convolution's neuron has a weight, mostly 0, for every entry of its input.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import ShapeError
from lrp.layers import LinearLayer
from lrp.taylor.directions import Direction, along


@dataclass(frozen=True)
class Neurons:
    """Neurons of one layer as plain numbers: weight (m, D), bias (m,), index into the flattened output (m,)."""

    weight: Array
    bias: Array
    index: Array

    def z(self, points: Array) -> Array:
        """The pre-activations at points: (n, D) -> (n, m), each neuron at all points."""
        return np.asarray(points @ self.weight.T + self.bias)


@dataclass(frozen=True)
class Roots:
    """One point for each neuron and sample: x (n, D), points (n, m, D), found (n, m) booleans.

    Where no root was found (an inactive neuron, or a direction along which the neuron does not fall to 0), the point
    is x itself and its Taylor product is 0.
    """

    neurons: Neurons
    x: Array
    points: Array
    found: Array

    @property
    def z(self) -> Array:
        """The pre-activations at x: (n, m)."""
        return self.neurons.z(self.x)

    @property
    def z_at_root(self) -> Array:
        """Each neuron's pre-activation at its own point: (n, m), 0 at a root (in floats up to rounding)."""
        return np.asarray((self.points * self.neurons.weight).sum(axis=-1) + self.neurons.bias)

    def messages(self, R: Array) -> Array:
        """R_{i<-j} = (x_i - xt_i^(j)) w_ij R_j / z_j:  R (n, m) -> (n, m, D); 0 where no root was found.

        R_j is taken as c_j x_j with a constant c_j = R_j / x_j, the training-free relevance model.
        """
        z = self.z
        if R.shape != z.shape:
            raise ShapeError(f"messages: expected relevance of the neurons' shape {z.shape}, got {R.shape}")
        c = arrays.divide_where(R, z, self.found)
        return np.asarray((self.x[:, None] - self.points) * self.neurons.weight * c[..., None])

    def unresolved(self, R: Array) -> Array:
        """The relevance left at the points, R_j max(0, z_j(xt)) / z_j: (n, m) -> (n, m). With the messages it sums
        to R_j.

        0 at a root; all of R_j where no root was found.
        """
        part = arrays.divide_where(arrays.positive(self.z_at_root), self.z, self.found)
        return np.asarray(R * (part + ~self.found))


def neurons_of(layer: LinearLayer, shape: tuple[int, ...], index: Array | None = None) -> Neurons:
    """The layer's neurons as weights and biases over its flattened input.

    Every row is the adjoint of a unit vector, so this holds for any linear layer; it needs memory for (m, D) numbers.

    Parameters
    ----------
    layer : LinearLayer
    shape : tuple of int
        The shape of one sample's input.
    index : array, optional
        The numbers of the wanted neurons in the flattened output; all by default.

    Returns
    -------
    Neurons

    Examples
    --------
    >>> import numpy as np
    >>> from lrp.layers import Dense
    >>> neurons_of(Dense(np.array([[1.0, 2.0], [3.0, 4.0]])), (2,)).weight.tolist()
    [[1.0, 3.0], [2.0, 4.0]]
    """
    zero = arrays.zeros((1, *shape), layer.weight)
    out = layer.compute(zero)  # the bias of every output
    bias = out.reshape(-1)
    chosen = np.arange(bias.size) if index is None else np.asarray(index)
    units = arrays.zeros((len(chosen), bias.size), layer.weight)
    units[np.arange(len(chosen)), chosen] = arrays.scalar(1, layer.weight)
    rows = layer.adjoint(layer.weight, units.reshape(len(chosen), *out.shape[1:]), (len(chosen), *shape))
    return Neurons(np.asarray(rows).reshape(len(chosen), -1), bias[chosen], chosen)


def roots(neurons: Neurons, x: Array, direction: Direction) -> Roots:
    """Each active neuron's root along its direction

    Source: Montavon et al. 2017, one-layer roots

    Parameters
    ----------
    neurons : Neurons
    x : array
        (n, ...) inputs of the layer.
    direction : Direction

    Returns
    -------
    Roots
        Not found where z_j <= 0, or where sum_i v_i w_ij = 0 and there is no root along v.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp.layers import Dense
    >>> from lrp.taylor.directions import WSquare
    >>> neurons = neurons_of(Dense(np.array([[1.0], [2.0]]), np.array([-1.0])), (2,))
    >>> found = roots(neurons, np.array([[1.0, 1.0]]), WSquare())
    >>> found.messages(np.array([[5.0]])).round(6).tolist()  # w_i^2 / sum w^2 R
    [[[1.0, 4.0]]]
    """
    x = x.reshape(len(x), -1)
    z = neurons.z(x)
    v, slope = along(direction, x, neurons.weight)
    found = np.asarray((z > 0) & (slope != 0), dtype=bool)
    t = arrays.divide_where(z, slope, found)
    return Roots(neurons, x, np.asarray(x[:, None] - t[..., None] * v), found)


def roots_at_zero(neurons: Neurons, x: Array) -> Roots:
    """The point 0 for every active neuron with b_j <= 0: there its activation is 0

    R_{i<-j} = x_i w_ij R_j / z_j, as LRP-0: for b_j < 0 the products sum to (z_j - b_j) / z_j R_j, more than R_j.

    Parameters
    ----------
    neurons : Neurons
    x : array
        (n, ...) inputs of the layer.

    Returns
    -------
    Roots

    Examples
    --------
    >>> import numpy as np
    >>> from lrp.layers import Dense
    >>> neurons = neurons_of(Dense(np.array([[1.0], [2.0]]), np.array([-1.0])), (2,))
    >>> roots_at_zero(neurons, np.array([[1.0, 1.0]])).messages(np.array([[2.0]])).tolist()
    [[[1.0, 2.0]]]
    """
    x = x.reshape(len(x), -1)
    found = np.asarray((neurons.z(x) > 0) & (neurons.bias <= 0), dtype=bool)
    return Roots(neurons, x, np.asarray(x[:, None] * ~found[..., None]), found)
