"""Keras 1 files and Theano's conventions, written with h5py and computed with scalar loops."""

import json

import h5py
import numpy as np
import pytest

import lrp
from lrp.errors import LoadError
from tests.formats.keras_files import write


def layer(kind, name, **config):
    return {"class_name": kind, "config": {"name": name, **config}}


def chain(*layers, shape):
    layers[0]["config"]["batch_input_shape"] = list(shape)
    return {"class_name": "Sequential", "config": list(layers)}


def load(folder, config, weights, counters=True, **more):
    """A Keras 1 file; TensorFlow's weight names carry a counter, Theano's do not."""
    end = ":0" if counters else ""
    named = {name: {f"{name}_{key}{end}": array for key, array in arrays.items()} for name, arrays in weights.items()}
    path = write(folder / "m.h5", config, named, "1.2.2", None)
    return lrp.load(path, trusted=True, **more)


def theano_convolution(x, w, b, mode, stride):
    """z[o, p, q] = b_o + sum x[c, p s + half - i', q s + half - j'] w[o, c, i', j']: a true convolution, kernel turned."""
    channels, height, width = x.shape
    outs, _, kh, kw = w.shape
    half = (kh // 2, kw // 2) if mode == "same" else (0, 0)
    size = [-(-n // stride) if mode == "same" else (n - k) // stride + 1 for n, k in ((height, kh), (width, kw))]
    z = np.zeros((outs, *size))
    for o, p, q in np.ndindex(*z.shape):
        z[o, p, q] = b[o]
        for c, i, j in np.ndindex(channels, kh, kw):
            row, column = p * stride - half[0] + i, q * stride - half[1] + j
            if 0 <= row < height and 0 <= column < width:
                z[o, p, q] += x[c, row, column] * w[o, c, kh - 1 - i, kw - 1 - j]
    return z


@pytest.mark.parametrize("mode, stride, kernel", [("valid", 1, (3, 2)), ("same", 2, (3, 3)), ("same", 1, (2, 4))])
def test_theano_turns_kernels_and_pads_on_both_sides(mode, stride, kernel, tmp_path, rng):
    w, b, x = rng.normal(size=(3, 2, *kernel)), rng.normal(size=3), rng.normal(size=(2, 2, 7, 6))
    conv = layer(
        "Convolution2D",
        "c",
        nb_filter=3,
        nb_row=kernel[0],
        nb_col=kernel[1],
        border_mode=mode,
        subsample=[stride, stride],
        dim_ordering="th",
        bias=True,
        activation="linear",
    )
    network = load(tmp_path, chain(conv, shape=(None, 2, 7, 6)), {"c": {"W": w, "b": b}}, counters=False)
    for y, one in zip(network.forward(x).output, x, strict=True):
        np.testing.assert_allclose(y, theano_convolution(one, w, b, mode, stride), atol=1e-12)
    told = load(tmp_path, chain(conv, shape=(None, 2, 7, 6)), {"c": {"W": w, "b": b}}, False, backend="tensorflow")
    assert np.abs(told.forward(x).output.ravel()[0] - network.forward(x).output.ravel()[0]) > 1e-6


def test_theano_shifts_its_pooling_windows(tmp_path, rng):
    x = rng.normal(size=(1, 1, 4, 6))
    pool = layer("MaxPooling2D", "p", pool_size=[2, 2], strides=[2, 2], border_mode="same", dim_ordering="th")
    y = load(tmp_path, chain(pool, shape=(None, 1, 4, 6)), {}, backend="theano").forward(x).output[0, 0]
    padded = np.pad(x[0, 0], 1, constant_values=-np.inf)
    for p, q in np.ndindex(2, 3):
        assert y[p, q] == padded[2 * p : 2 * p + 2, 2 * q : 2 * q + 2].max()


@pytest.mark.parametrize("version, power", [("1.0.5", 1), ("1.0.8", 0.5)])
def test_the_deviation_changed_its_meaning(version, power, tmp_path, rng):
    gamma, beta, mean = rng.normal(size=(3, 4))
    std, x = rng.uniform(0.5, 2, size=4), rng.normal(size=(2, 4))
    data = chain(layer("BatchNormalization", "b", epsilon=1e-3, mode=0, axis=-1), shape=(None, 4))
    arrays = {"b_gamma": gamma, "b_beta": beta, "b_running_mean": mean, "b_running_std": std}
    path = write(tmp_path / "m.h5", data, {"b": arrays}, version, None)
    scale = std + 1e-3 if power == 1 else np.sqrt(std + 1e-3)
    np.testing.assert_allclose(
        lrp.load(path, trusted=True).forward(x).output, gamma * (x - mean) / scale + beta, atol=1e-12
    )


def test_weights_without_names(tmp_path, rng):
    w, b, x = rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=(2, 4))
    with h5py.File(tmp_path / "w.h5", "w") as f:
        f.attrs["nb_layers"] = 2
        for k, arrays in enumerate(([w, b], [])):
            group = f.create_group(f"layer_{k}")
            group.attrs["nb_params"] = len(arrays)
            for i, array in enumerate(arrays):
                group[f"param_{i}"] = array
    for data in (
        {
            **chain(layer("Dense", "d", output_dim=3), layer("Activation", "a", activation="relu"), shape=(None, 4)),
            "keras_version": "1.0.0",
        },
        {
            "name": "Sequential",
            "layers": [
                {"name": "Dense", "output_dim": 3, "input_dim": 4},
                {"name": "Activation", "activation": "relu"},
            ],
        },
    ):
        (tmp_path / "a.json").write_text(json.dumps(data))
        network = lrp.load(tmp_path / "w.h5", trusted=True, architecture=tmp_path / "a.json")
        np.testing.assert_allclose(network.forward(x).output, np.maximum(x @ w + b, 0), atol=1e-12)
    with pytest.raises(LoadError, match="architecture="):
        lrp.load(tmp_path / "w.h5", trusted=True)


def test_a_chain_that_begins_with_a_merge(tmp_path, rng):
    a, b, x, y = rng.normal(size=(4, 3)), rng.normal(size=(5, 3)), rng.normal(size=(2, 4)), rng.normal(size=(2, 5))
    merge = {
        "name": "m",
        "mode": "sum",
        "layers": [
            chain(layer("Dense", name, output_dim=3, bias=False), shape=(None, n)) for name, n in (("p", 4), ("q", 5))
        ],
    }
    data = {"class_name": "Sequential", "config": [{"class_name": "Merge", "config": merge}]}
    network = load(tmp_path, data, {"p": {"W": a}, "q": {"W": b}})
    np.testing.assert_allclose(network.forward((x, y)).output, x @ a + y @ b, atol=1e-12)


def test_what_keras_1_held_and_is_refused(tmp_path):
    bad = [
        layer("BatchNormalization", "b", mode=2),
        layer("Merge", "m", mode="<lambda>", mode_type="lambda"),
        layer("Merge", "m", mode="cos"),
        layer("ZeroPadding2D", "z", padding=[1, 1]),
        layer("Convolution2D", "c", nb_filter=1, nb_row=1, nb_col=1, dim_ordering="up"),
        layer("Deconvolution2D", "c", nb_filter=1, nb_row=1, nb_col=1, dim_ordering="th"),
    ]
    for one in bad:
        with pytest.raises(LoadError):
            load(tmp_path, chain(one, shape=(None, 4)), {one["config"]["name"]: {"W": np.ones(1)}}, backend="theano")
    for more in ({"backend": "abacus"},):
        with pytest.raises(LoadError, match="backend"):
            load(
                tmp_path,
                chain(layer("Dense", "d", output_dim=1), shape=(None, 1)),
                {"d": {"W": np.ones((1, 1))}},
                **more,
            )
