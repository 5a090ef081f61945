"""The relevance of a hidden neuron as a function of the layer below: two relevance models.

Source: Montavon et al. 2017, relevance models
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import LoadError, SettingError, ShapeError
from lrp.formats.results import load_arrays, load_attribute, save_arrays
from lrp.graph import LedgerRow, ledger
from lrp.layers import Dense
from lrp.methods.tools import Adam
from lrp.rules import LinearRule, Propagation, difference_as_dropped, distribute, z_plus

MIN_MAX, FREE = "min-max relevance model", "training-free relevance model"


@dataclass(frozen=True)
class TrainingFree:
    """R_k = x_k c_k,  c_k = sum_l w_kl^+ R_l / sum_k' x_k' w_k'l^+ >= 0, constant for the layer below

    Source: Montavon et al. 2017, training-free relevance model

    weight: (K, L) of the upper layer, which is explained by z+. x: (n, K) >= 0, its input. R: (n, L), the relevance
    of its outputs. At x itself the model is wrong only where all z+ contributions of an output are 0. It neglects
    that c varies with x; `line` with the c of another point shows by how much.

    Examples
    --------
    >>> import numpy as np
    >>> model = TrainingFree(np.array([[1.0], [3.0], [-1.0]]))
    >>> model.distribute(np.array([[1.0, 1.0, 1.0]]), np.array([[8.0]])).parts[0].tolist()
    [[2.0, 6.0, 0.0]]
    """

    weight: Array

    def factors(self, x: Array, R: Array) -> Array:
        """c (n, K); an output with the denominator 0 adds nothing."""
        w = arrays.positive(self.weight)
        z = x @ w
        return np.asarray(arrays.divide_where(R, z, z != 0) @ w.T)

    def distribute(self, x: Array, R: Array, c: Array | None = None) -> Propagation:
        """R_k = x_k c_k, by default with the c of x; the error sum R - sum_k R_k is dropped."""
        return difference_as_dropped(R, np.asarray(x * (self.factors(x, R) if c is None else c)))

    def line(self, x: Array, R: Array, c: Array | None = None, name: str = "training-free") -> LedgerRow:
        """The row of the ledger for distribute()."""
        return ledger.line(name, type(self).__name__, z_plus(bias=False), R, self.distribute(x, R, c))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one HDF5 file of named arrays."""
        save_arrays(path, {"weight": self.weight}, {"kind": FREE})


@dataclass(frozen=True)
class MinMax:
    """Rhat_k = sum_j y_j over the `size` neighbouring j of pool k, with a first layer of its own:

        y_j = max(0, sum_i x_i v_ij + a_j),   a_j = min(0, sum_l R_l v_lj + d_j)

    Source: Montavon et al. 2017, min-max relevance model

    v: (D, J) from the input. u: (L, J), the v_lj from the relevance of the upper detection neurons. d: (J,). J =
    K size.
    ShapeError if they do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> model = MinMax(np.ones((2, 2)), np.zeros((1, 2)), np.array([0.0, -1.0]), size=2)
    >>> model.predict(np.array([[1.0, 2.0]]), np.zeros((1, 1))).tolist()  # max(0, 3) + max(0, 3 - 1)
    [[5.0]]
    """

    v: Array
    u: Array
    d: Array
    size: int

    def __post_init__(self) -> None:
        J = len(self.d)
        if self.v.shape[1:] != (J,) or self.u.shape[1:] != (J,) or self.size < 1 or J % self.size:
            raise ShapeError(
                f"MinMax: expected v (D, J), u (L, J), d (J,) and J a multiple of size, got {self.v.shape},"
                f" {self.u.shape}, {self.d.shape} and {self.size}"
            )

    def detect(self, x: Array, upper: Array) -> tuple[Array, Array]:
        """z = x v + a, and the sum of which a is the negative part. x (n, D), upper: R_l (n, L) -> (n, J) both."""
        inner = upper @ self.u + self.d
        return np.asarray(x @ self.v + arrays.negative(inner)), np.asarray(inner)

    def predict(self, x: Array, upper: Array) -> Array:
        """Rhat (n, K), in the unit of the relevance."""
        y = arrays.positive(self.detect(x, upper)[0])
        return np.asarray(y.reshape(len(x), -1, self.size).sum(axis=-1))

    def distribute(self, x: Array, upper: Array, R: Array, rule: LinearRule) -> Propagation:
        """R_j = y_j and below it the rule with v as the weight; R (n, K) is the relevance that the model predicts.

        The error of the model, sum_k (R_k - Rhat_k), is dropped: negative where the model predicts too much.
        """
        z, _ = self.detect(x, upper)
        y = arrays.positive(z)
        share = distribute(rule, Dense(self.v), x, z, y)
        error = R - self.predict(x, upper)
        return replace(
            share,
            dropped=share.dropped + arrays.sum_per_sample(error),
            gross=share.gross + arrays.sum_abs(error) + arrays.sum_abs(y),
        )

    def line(self, x: Array, upper: Array, R: Array, rule: LinearRule, name: str = "min-max") -> LedgerRow:
        """The row of the ledger for distribute()."""
        return ledger.line(name, type(self).__name__, rule, R, self.distribute(x, upper, R, rule))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one HDF5 file of named arrays."""
        save_arrays(path, {"v": self.v, "u": self.u, "d": self.d}, {"kind": MIN_MAX, "size": self.size})


def load_model(path: str | os.PathLike[str]) -> TrainingFree | MinMax:
    """The relevance model of a file that save() wrote, equal to the bit.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    TrainingFree or MinMax

    Raises
    ------
    LoadError
        If the file holds neither.

    Examples
    --------
    >>> import numpy as np, os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     TrainingFree(np.ones((2, 1))).save(os.path.join(folder, "model.h5"))
    ...     load_model(os.path.join(folder, "model.h5")).weight.shape
    (2, 1)
    """
    stored, kind, size = load_arrays(path), load_attribute(path, "kind"), load_attribute(path, "size")
    if kind == FREE and set(stored) == {"weight"}:
        return TrainingFree(stored["weight"])
    if kind == MIN_MAX and set(stored) == {"v", "u", "d"} and size is not None:
        return MinMax(stored["v"], stored["u"], stored["d"], int(size))
    raise LoadError(f"{os.fspath(path)}: expected a {FREE} or a {MIN_MAX}, got another file of arrays")


def fit_min_max(
    start: MinMax,
    x: Array,
    upper: Array,
    R: Array,
    rng: np.random.Generator,
    epochs: int = 10,
    rate: float = 1e-3,
    batch: int = 50,
) -> tuple[MinMax, list[float]]:
    """min over v, u, d of the mean of sum_k (Rhat_k - R_k)^2, by Adam

    Source: Montavon et al. 2017, min-max relevance model

    Parameters
    ----------
    start : MinMax
        The first model; the network's own first layer as v and d, with u = 0, is a good one.
    x : array
        (N, D) inputs of a trained network.
    upper : array
        (N, L) R_l, the relevance of the upper detection neurons.
    R : array
        (N, K) the relevance to be predicted.
    rng : numpy.random.Generator
        For the order of the samples.
    epochs, batch : int
        Passes over the samples, and samples per step.
    rate : float
        Adam's learning rate.

    Returns
    -------
    model : MinMax
    losses : list of float
        The mean loss of each epoch.

    Raises
    ------
    SettingError
        If epochs or batch < 1.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = rng.random((40, 2))
    >>> start = MinMax(np.ones((2, 1)), np.zeros((1, 1)), np.zeros(1), size=1)
    >>> _, losses = fit_min_max(start, x, np.zeros((40, 1)), 2 * x.sum(axis=1, keepdims=True), rng, epochs=20, rate=0.1)
    >>> losses[-1] < losses[0] / 10
    True
    """
    if epochs < 1 or batch < 1:
        raise SettingError(f"fit_min_max: expected at least 1 epoch and 1 sample a batch, got {epochs} and {batch}")
    model, steps, losses = start, [Adam(rate), Adam(rate), Adam(rate)], []
    for _ in range(epochs):
        total = 0.0
        for chosen in np.array_split(rng.permutation(len(x)), -(-len(x) // batch)):
            loss, gradients = loss_and_gradient(model, x[chosen], upper[chosen], R[chosen])
            total += loss * len(chosen)
            v, u, d = (s.step(theta, g) for s, theta, g in zip(steps, (model.v, model.u, model.d), gradients))
            model = MinMax(v, u, d, model.size)
        losses.append(total / len(x))
    return model, losses


def loss_and_gradient(model: MinMax, x: Array, upper: Array, R: Array) -> tuple[float, tuple[Array, Array, Array]]:
    """The mean of sum_k (Rhat_k - R_k)^2, and its gradient with respect to v, u and d."""
    z, inner = model.detect(x, upper)
    error = model.predict(x, upper) - R
    g = np.repeat(2 / len(x) * error, model.size, axis=1) * (z > 0)
    below = g * (inner < 0)
    return float((error**2).sum() / len(x)), (x.T @ g, upper.T @ below, below.sum(axis=0))
