"""The parts of a classifier on local descriptors from HDF5 and MATLAB v7.3 files: mixture, PCA, linear SVM.

MATLAB stores arrays column by column, so a D x K matrix is found here as (K, D), and other programs store either
way. The orientation therefore follows from the lengths of the vectors beside a matrix (the priors, the mean, the
bias); where the matrix is square, `transposed` has to say it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np

from lrp.arrays import Array
from lrp.errors import LoadError, LrpError
from lrp.formats.container import Reader, open_file
from lrp.layers import PCA, LinearSVM, Posteriors

Path = str | os.PathLike[str]
Names = Mapping[str, str]

# the names that programs give to the arrays, ours first; VLFeat's encoders say projection and projectionCenter
MIXTURE = {
    "priors": ("priors", "weights", "weights_", "prior", "w"),
    "means": ("means", "means_", "mu", "mean"),
    "variances": ("variances", "covariances", "covariances_", "covars", "vars"),
}
PROJECTION = {
    "mean": ("mean", "mean_", "projectionCenter", "mu", "center"),
    "components": ("components", "components_", "projection", "coeff", "basis"),
    "scale": ("scale", "deviations", "sigma"),
}
MACHINE = {
    "weight": ("weight", "weights", "coef_", "w"),
    "bias": ("bias", "intercept_", "b"),
}


def load_mixture(
    path: Path, group: str = "/", names: Names | None = None, transposed: bool | None = None, trusted: bool = False
) -> Posteriors:
    """A Gaussian mixture with diagonal covariances: priors (K,), means (K, D) and variances (K, D).

    group: where in the file the arrays are (a struct of MATLAB is a group). names: their names, {"means": "mu"},
    where they are not the customary ones. transposed: whether the matrices are stored as (D, K); needed only
    where K = D. LoadError where an array is missing or does not fit.
    """
    with open_file(path, trusted) as file:
        found = _arrays(file, group, MIXTURE, names or {})
        priors = found["priors"].ravel()
        means, variances = (
            _oriented(file, name, found[name], len(priors), transposed) for name in ("means", "variances")
        )
        try:
            return Posteriors(priors, means, variances)
        except LrpError as error:
            raise LoadError(f"{file.name}: {error}") from None


def load_pca(
    path: Path, group: str = "/", names: Names | None = None, transposed: bool | None = None, trusted: bool = False
) -> PCA:
    """A projection: mean (in,), components (in, out) and, where there is one, the scale (out,) of the whitening.

    Arguments as those of load_mixture; transposed: components stored as (out, in). A scale divides, as standard
    deviations do.
    """
    with open_file(path, trusted) as file:
        found = _arrays(file, group, PROJECTION, names or {}, optional=("scale",))
        mean = found["mean"].ravel()
        components = _oriented(file, "components", found["components"], len(mean), transposed)
        try:
            return PCA(mean, components, found["scale"].ravel() if "scale" in found else None)
        except LrpError as error:
            raise LoadError(f"{file.name}: {error}") from None


def load_svm(
    path: Path, group: str = "/", names: Names | None = None, transposed: bool | None = None, trusted: bool = False
) -> LinearSVM:
    """A linear support vector machine: weight (V, classes) and bias (classes,), f = x weight + bias.

    Arguments as those of load_mixture; transposed: weight stored as (classes, V). The bias is added: LIBSVM's rho
    has the other sign, and has to be turned by the caller.
    """
    with open_file(path, trusted) as file:
        found = _arrays(file, group, MACHINE, names or {})
        bias = found["bias"].ravel()
        weight = found["weight"].reshape(1, -1) if found["weight"].ndim < 2 else found["weight"]
        by_class = _oriented(file, "weight", weight, len(bias), None if transposed is None else not transposed)
        return LinearSVM(by_class.T, bias)


def _arrays(
    file: Reader, group: str, customary: Mapping[str, tuple[str, ...]], names: Names, optional: tuple[str, ...] = ()
) -> dict[str, Array]:
    """The arrays of a group by our names, as floats."""
    unknown = sorted(set(names) - set(customary))
    if unknown:
        raise LoadError(f"{file.name}: expected names for {', '.join(customary)}, got one for {', '.join(unknown)}")
    base = group.rstrip("/")
    there = set(file.children(group))
    found = {}
    for name, candidates in customary.items():
        wanted = (names[name],) if name in names else candidates
        first = next((candidate for candidate in wanted if candidate in there), None)
        if first is None and name not in optional:
            raise LoadError(
                f"{file.name}: expected {name} in {group!r} under one of the names {', '.join(wanted)}, found "
                f"{', '.join(sorted(there)) or 'nothing'}; say group= or names="
            )
        if first is not None:
            array = file.array(f"{base}/{first}")
            found[name] = array if array.dtype.kind == "f" else array.astype(np.float64)
    return found


def _oriented(file: Reader, name: str, matrix: Array, length: int, transposed: bool | None) -> Array:
    """The matrix with its first axis of the given length; transposed decides where both axes have it."""
    matrix = matrix.reshape(length, -1) if matrix.ndim < 2 and matrix.size % max(length, 1) == 0 else matrix
    if matrix.ndim != 2 or length not in matrix.shape:
        raise LoadError(
            f"{file.name}: expected {name} to be a matrix with a side of {length}, got shape {matrix.shape}"
        )
    square = matrix.shape[0] == matrix.shape[1]
    if square and length > 1 and transposed is None:
        raise LoadError(
            f"{file.name}: {name} is square, {matrix.shape}, so rows and columns cannot be distinguished; give "
            "transposed="
        )
    turned = transposed if square else matrix.shape[0] != length
    return matrix.T.copy() if turned else matrix
