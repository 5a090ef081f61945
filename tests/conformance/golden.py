"""The stored results of other libraries as networks and expected arrays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import lrp
from lrp.layers import LAYERS, AvgPool, Conv, Dense, Flatten, MaxPool, ReLU, Softmax

SINGLE = ("Dense", "Dense_relu", "Conv2D", "Conv2D_relu", "AveragePooling2D", "MaxPooling2D")


def difference(a: Any, b: Any) -> float:
    """max |a - b| relative to max |b|."""
    return float(np.abs(a - b).max() / np.abs(b).max())


def torch_case(folder: Path, name: str) -> tuple[dict[str, Any], lrp.Network]:
    """One file of torch_libraries and its network."""
    with np.load(folder / "torch_libraries" / f"{name}.npz", allow_pickle=False) as file:
        data = dict(file)
    layers = []
    for kind, settings in json.loads(str(data["spec"])):
        given = {k: data[v] if isinstance(v, str) and v in data else v for k, v in settings.items()}
        layers.append(LAYERS[kind](**given))
    return data, lrp.Network.sequential(layers, data["x"].shape[1:])


def keras_case(folder: Path, name: str) -> tuple[dict[str, Any], lrp.Network]:
    """One network of innvestigate_bias. Its last bias was lifted in float64, the file has float32: mended here."""
    with np.load(folder / "innvestigate_bias" / f"{name}.npz") as file:
        data = dict(file)
    weights = {}
    with h5py.File(folder / "innvestigate_bias" / f"{name}.h5") as file:
        for layer, group in file["model_weights"].items():
            for inner in group.values():
                weights[layer] = [inner[key][...].astype(np.float64) for key in ("kernel:0", "bias:0")]
    last = "dense_2" if name == "mlp" else "dense_1"
    for _ in range(2):
        dense = [Dense(*weights[key]) for key in sorted(weights) if key.startswith("dense")]
        head = [layer for one in dense[:-1] for layer in (one, ReLU())] + [dense[-1], Softmax()]
        layers = head
        if name == "lenet":
            layers = [
                Conv(*weights["conv2d"]),
                ReLU(),
                MaxPool((2, 2)),
                Conv(*weights["conv2d_1"], stride=2, padding="same"),
                ReLU(),
                AvgPool((2, 2), padding="same"),
                Flatten(),
                *head,
            ]
        network = lrp.Network.sequential(layers, data["x"].shape[1:])
        logits = network.nodes[network.outputs[0]].inputs[0]
        weights[last][1] = weights[last][1] + (data["z"] - network.forward(data["x"]).values[logits]).mean(axis=0)
    return data, network


def single_case(folder: Path, analyzer: str, name: str) -> tuple[Any, Any, lrp.Network]:
    """Input, attribution and network of one layer of innvestigate_2.1."""
    with h5py.File(folder / "innvestigate_2.1" / f"{analyzer}.hdf5") as file:
        x = file["input"][...].astype(np.float32)
        weights = [file[name]["weights"][key][...] for key in sorted(file[name]["weights"])]
        expected = file[name]["attribution"][...]
    kinds = {"Dense": Dense, "Conv2D": Conv, "AveragePooling2D": AvgPool, "MaxPooling2D": MaxPool}
    layers = [kinds[name.split("_")[0]](*weights)] + [ReLU()] * name.endswith("relu") + [Flatten()]
    return x, expected, lrp.Network.sequential(layers, x.shape[1:], dtype="float32")
