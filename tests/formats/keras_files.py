"""Keras files written with h5py and zipfile alone, good ones and what a stranger may send instead."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np

KERNEL = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.5], [-2.0, 1.0, 0.75], [0.125, -0.25, 1.0]], dtype=np.float32)
BIAS = np.array([0.25, -0.5, 0.125], dtype=np.float32)
OUT = np.array([[1.0, -1.0], [0.5, 2.0], [-0.75, 0.25]], dtype=np.float32)


def dense(name: str, units: int, activation: Any = "linear", **more: Any) -> dict[str, Any]:
    return {"class_name": "Dense", "config": {"name": name, "units": units, "activation": activation, **more}}


def sequential(*layers: dict[str, Any], shape: Any = (None, 4)) -> dict[str, Any]:
    first = dict(layers[0])
    first["config"] = {"batch_input_shape": list(shape), **first["config"]}
    return {"class_name": "Sequential", "config": {"name": "chain", "layers": [first, *layers[1:]]}}


TWO_LAYERS = sequential(dense("hidden", 3, "relu", use_bias=True), dense("out", 2, use_bias=False))
WEIGHTS: dict[str, dict[str, Any]] = {
    "hidden": {"hidden/kernel:0": KERNEL, "hidden/bias:0": BIAS},
    "out": {"out/kernel:0": OUT},
}


def expected(x: np.ndarray) -> np.ndarray:
    """What the two layers give, by scalar loops."""
    y = np.zeros((len(x), 2))
    for n in range(len(x)):
        hidden = [max(sum(x[n, i] * float(KERNEL[i, j]) for i in range(4)) + float(BIAS[j]), 0) for j in range(3)]
        for k in range(2):
            y[n, k] = sum(hidden[j] * float(OUT[j, k]) for j in range(3))
    return y


def write(
    path: Path | io.BytesIO,
    config: Any = TWO_LAYERS,
    weights: dict[str, dict[str, Any]] = WEIGHTS,
    version: str | None = "2.2.4",
    backend: str | None = "tensorflow",
    whole: bool = True,
) -> h5py.File:
    """A legacy file: the open h5py.File is returned for further mischief only where path is None."""
    with h5py.File(path, "w") as f:
        attributes = {"keras_version": version, "backend": backend}
        if whole:
            f.attrs["model_config"] = config if isinstance(config, (str, bytes)) else json.dumps(config)
            root = f.create_group("model_weights")
        else:
            root = f
        for key, value in attributes.items():
            if value is not None:
                f.attrs[key] = value
        root.attrs["layer_names"] = np.array([name.encode() for name in weights]) if weights else []
        for name, arrays in weights.items():
            group = root.require_group(name)
            group.attrs["weight_names"] = np.array([key.encode() for key in arrays]) if arrays else []
            for key, array in arrays.items():
                group.create_dataset(key, data=array)
    return path


def baseline(path: Path) -> Path:
    """The good file that the hostile ones are made from."""
    write(path)
    return path


def archive(
    path: Path, config: Any = None, members: dict[str, Any] | None = None, method: int = zipfile.ZIP_STORED
) -> Path:
    """A .keras archive of one dense layer of ones."""
    if config is None:
        config = {
            "class_name": "Sequential",
            "module": "keras",
            "registered_name": None,
            "config": {
                "layers": [
                    {"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [None, 4]}},
                    {
                        "class_name": "Dense",
                        "module": "keras.layers",
                        "registered_name": None,
                        "config": {"name": "dense", "units": 2, "activation": "linear"},
                    },
                ]
            },
        }
    stream = io.BytesIO()
    with h5py.File(stream, "w") as f:
        f["layers/dense/vars/0"], f["layers/dense/vars/1"] = np.ones((4, 2), np.float32), np.zeros(2, np.float32)
        f.create_group("vars")
    content = {
        "metadata.json": json.dumps({"keras_version": "3.5.0"}),
        "config.json": json.dumps(config),
        "model.weights.h5": stream.getvalue(),
    }
    with zipfile.ZipFile(path, "w", method) as z:
        for name, data in {**content, **(members or {})}.items():
            if data is not None:
                z.writestr(name, data)
    return path
