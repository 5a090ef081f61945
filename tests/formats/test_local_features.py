"""Mixture, PCA and SVM from HDF5 files in either orientation, and from MATLAB v7.3 files."""

import h5py
import numpy as np
import pytest

from lrp import fisher
from lrp.errors import LoadError

K, D, OUT, V, C = 3, 5, 2, 7, 4


def write(path, arrays, group="/"):
    with h5py.File(path, "w") as file:
        for name, value in arrays.items():
            file[f"{group.rstrip('/')}/{name}"] = value
    return path


def matlab(path, arrays, struct=None):
    """A MAT file v7.3 as MATLAB writes it: a text block of 512 bytes, column-major arrays, the class as an attribute."""
    with h5py.File(path, "w", userblock_size=512) as file:
        target = file if struct is None else file.create_group(struct)
        if struct is not None:
            target.attrs["MATLAB_class"] = np.bytes_("struct")
        for name, value in arrays.items():
            dataset = target.create_dataset(name, data=np.atleast_2d(value).T)
            dataset.attrs["MATLAB_class"] = np.bytes_("single" if value.dtype == np.float32 else "double")
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")
    return path


@pytest.fixture
def mixture(rng):
    return {
        "priors": np.array([0.5, 0.2, 0.3]),
        "means": rng.normal(size=(K, D)),
        "variances": rng.uniform(0.5, 2, size=(K, D)),
    }


def assert_is(layer, mixture):
    for name, value in mixture.items():
        assert getattr(layer, name) == pytest.approx(value)


def test_mixture_in_either_orientation(mixture, tmp_path):
    path = write(tmp_path / "a.h5", mixture)
    assert_is(fisher.load_mixture(path), mixture)
    turned = {"weights_": mixture["priors"][:, None], "mu": mixture["means"].T, "covariances": mixture["variances"].T}
    path = write(tmp_path / "b.h5", turned, "/models/gmm")
    assert_is(fisher.load_mixture(path, "/models/gmm", trusted=True), mixture)


def test_mixture_of_matlab(mixture, tmp_path):
    """vl_gmm of VLFeat gives means and covariances as D x K, priors as K x 1; other programs K x D."""
    theirs = {"means": mixture["means"].T, "covariances": mixture["variances"].T, "priors": mixture["priors"][:, None]}
    path = matlab(tmp_path / "a.mat", {key: value.astype("float32") for key, value in theirs.items()}, "encoder")
    loaded = fisher.load_mixture(path, "/encoder", trusted=True)
    assert_is(loaded, mixture)
    assert loaded.means.dtype == np.float32
    path = matlab(tmp_path / "b.mat", {**theirs, "means": mixture["means"], "covariances": mixture["variances"]})
    assert_is(fisher.load_mixture(path, names={"priors": "priors"}, trusted=True), mixture)


def test_pca(rng, tmp_path):
    mean, components, scale = rng.normal(size=D), rng.normal(size=(D, OUT)), rng.uniform(1, 2, size=OUT)
    files = [
        write(tmp_path / "a.h5", {"mean": mean, "components": components, "scale": scale}),
        write(tmp_path / "b.h5", {"mean_": mean, "components_": components.T, "scale": scale}),
        matlab(tmp_path / "c.mat", {"projectionCenter": mean[:, None], "projection": components.T, "scale": scale}),
    ]
    for path in files:
        pca = fisher.load_pca(path, trusted=True)
        assert pca.components == pytest.approx(components) and pca.mean == pytest.approx(mean)
        assert pca.scale == pytest.approx(scale)
    assert fisher.load_pca(write(tmp_path / "d.h5", {"mu": mean, "coeff": components}), trusted=True).scale is None


def test_svm(rng, tmp_path):
    weight, bias = rng.normal(size=(V, C)), rng.normal(size=C)
    files = [
        write(tmp_path / "a.h5", {"weight": weight, "bias": bias}),
        write(tmp_path / "b.h5", {"coef_": weight.T, "intercept_": bias}),
        matlab(tmp_path / "c.mat", {"w": weight, "b": bias}),
        matlab(tmp_path / "d.mat", {"w": weight.T, "b": bias[:, None]}),
    ]
    for path in files:
        svm = fisher.load_svm(path, trusted=True)
        assert svm.weight == pytest.approx(weight) and svm.bias == pytest.approx(bias)
    one = write(tmp_path / "e.h5", {"w": np.arange(5), "b": 2})
    assert fisher.load_svm(one, trusted=True).weight.tolist() == [[0], [1], [2], [3], [4]]
    assert fisher.load_svm(one, trusted=True).bias.tolist() == [2]


def test_a_square_matrix_has_to_be_told(rng, tmp_path):
    square = rng.normal(size=(3, 3))
    path = write(tmp_path / "a.h5", {"weight": square, "bias": np.ones(3), "mean": np.ones(3), "components": square})
    with pytest.raises(
        LoadError, match=r"weight is square, \(3, 3\), so rows and columns cannot be distinguished; give transposed="
    ):
        fisher.load_svm(path, trusted=True)
    assert fisher.load_svm(path, transposed=False, trusted=True).weight == pytest.approx(square)
    assert fisher.load_svm(path, transposed=True, trusted=True).weight == pytest.approx(square.T)
    assert fisher.load_pca(path, transposed=False, trusted=True).components == pytest.approx(square)
    assert fisher.load_pca(path, transposed=True, trusted=True).components == pytest.approx(square.T)


def test_refused(mixture, tmp_path):
    path = write(tmp_path / "a.h5", {"priors": mixture["priors"], "means": mixture["means"]})
    with pytest.raises(
        LoadError, match="expected variances in '/' under one of the names variances, covariances,.*means"
    ):
        fisher.load_mixture(path, trusted=True)
    with pytest.raises(LoadError, match="expected priors in '/nowhere' under one of the names .* found nothing"):
        fisher.load_mixture(path, "/nowhere", trusted=True)
    with pytest.raises(LoadError, match="expected names for priors, means, variances, got one for sigma"):
        fisher.load_mixture(path, names={"sigma": "s"}, trusted=True)
    with pytest.raises(LoadError, match=r"expected means to be a matrix with a side of 3, got shape \(4, 5\)"):
        fisher.load_mixture(write(tmp_path / "b.h5", {**mixture, "means": np.ones((4, 5))}), trusted=True)
    with pytest.raises(LoadError, match="component 0 in dimension 0, a collapsed component"):
        fisher.load_mixture(write(tmp_path / "c.h5", {**mixture, "variances": np.zeros((K, D))}), trusted=True)
    with pytest.raises(LoadError, match="PCA: expected a mean"):
        parts = {"mean": np.ones(D), "components": np.ones((D, OUT)), "scale": np.ones(9)}
        fisher.load_pca(write(tmp_path / "d.h5", parts), trusted=True)
    with pytest.raises(LoadError, match="holds NaN or infinity"):
        fisher.load_mixture(write(tmp_path / "e.h5", {**mixture, "means": np.full((K, D), np.nan)}), trusted=True)
    old = tmp_path / "f.mat"
    old.write_bytes(b"MATLAB 5.0 MAT-file".ljust(600))
    with pytest.raises(LoadError, match="not an HDF5 file"):
        fisher.load_svm(old, trusted=True)
