"""PyTorch modules from state dicts in HDF5 against torch itself; layouts, dtypes, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import lrp
from lrp.errors import LoadError

torch = pytest.importorskip("torch")
nn = torch.nn
Entry = dict[str, Any]


def stored(folder: Path, state: dict[str, Any], entries: list[Entry], shape: list[int], **more: Any) -> lrp.Network:
    with h5py.File(folder / "state.h5", "w") as file:
        for name, value in state.items():
            file[name] = np.asarray(value)
    described = {"inputs": {"x": shape}, "layers": entries, **more}
    (folder / "graph.json").write_text(json.dumps(described))
    return lrp.load(folder / "state.h5", architecture=folder / "graph.json", trusted=True)


MODULES: list[tuple[Any, Entry, tuple[int, ...]]] = [
    (nn.Conv1d(3, 4, 3, padding=2, dilation=2), {"type": "Conv1d", "padding": 2, "dilation": 2}, (3, 7)),
    (nn.Conv2d(4, 6, (2, 3), stride=(1, 2), groups=2), {"type": "Conv2d", "stride": [1, 2], "groups": 2}, (4, 5, 7)),
    (nn.Conv2d(2, 3, 3, padding="same"), {"type": "Conv2d", "padding": "same"}, (2, 5, 7)),
    (nn.Conv3d(2, 3, 2), {"type": "Conv3d"}, (2, 3, 4, 5)),
    (
        nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2),
        {"type": "ConvTranspose2d", "stride": 2, "padding": 1, "output_padding": 1, "groups": 2},
        (4, 3, 5),
    ),
    (nn.Linear(5, 3), {"type": "Linear"}, (2, 5)),
    (nn.LayerNorm([5, 7]), {"type": "LayerNorm", "normalized_shape": [5, 7]}, (3, 5, 7)),
    (nn.GroupNorm(2, 6), {"type": "GroupNorm", "num_groups": 2}, (6, 3, 2)),
    (nn.PReLU(3), {"type": "PReLU"}, (3, 5)),
    (nn.LSTM(5, 4, batch_first=True, num_layers=2), {"type": "LSTM", "num_layers": 2}, (7, 5)),
    (nn.GRU(5, 4, batch_first=True), {"type": "GRU", "last": True}, (7, 5)),
    (nn.GRU(5, 4, batch_first=True, bias=False), {"type": "GRU"}, (7, 5)),
    (nn.RNN(5, 4, batch_first=True, nonlinearity="relu"), {"type": "RNN", "nonlinearity": "relu"}, (7, 5)),
]


@pytest.mark.parametrize(("module", "entry", "shape"), MODULES, ids=lambda v: v["type"] if isinstance(v, dict) else "")
def test_a_module_with_weights(module: Any, entry: Entry, shape: tuple[int, ...], tmp_path: Path) -> None:
    torch.manual_seed(1)
    module = module.double()
    with torch.no_grad():
        for value in module.parameters():
            value.normal_(0, 0.7)
    state = {f"m.{key}": value.numpy() for key, value in module.state_dict().items()}
    network = stored(tmp_path, state, [{"name": "m", **entry}], list(shape))
    x = torch.randn(2, *shape, dtype=torch.float64, requires_grad=True)
    y = module(x)
    y = y[0] if isinstance(y, tuple) else y
    y = y[:, -1] if entry.get("last") else y
    given = x.detach().numpy()
    assert np.abs(network.forward(given).output - y.detach().numpy()).max() < 1e-10
    (g,) = torch.autograd.grad(y.reshape(2, -1)[:, 1].sum(), x)
    assert np.abs(network.gradient(given, target=1).gradient - g.numpy()).max() < 1e-10


PLAIN: list[tuple[Any, Entry, tuple[int, ...]]] = [
    (
        nn.MaxPool2d(3, 2, 1, ceil_mode=True),
        {"type": "MaxPool2d", "kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
        (2, 6, 7),
    ),
    (nn.AvgPool2d(2, 1, 1), {"type": "AvgPool2d", "kernel_size": 2, "stride": 1, "padding": 1}, (2, 5, 7)),
    (
        nn.AvgPool1d(3, count_include_pad=False, padding=1),
        {"type": "AvgPool1d", "kernel_size": 3, "padding": 1, "count_include_pad": False},
        (2, 7),
    ),
    (nn.AdaptiveAvgPool2d((3, 1)), {"type": "AdaptiveAvgPool2d", "output_size": [3, 1]}, (2, 6, 5)),
    (nn.AdaptiveMaxPool1d(1), {"type": "AdaptiveMaxPool1d", "output_size": 1}, (2, 7)),
    (nn.ZeroPad2d((1, 2, 0, 3)), {"type": "ZeroPad2d", "padding": [1, 2, 0, 3]}, (2, 3, 4)),
    (nn.ZeroPad2d((-1, 2, 0, -1)), {"type": "ZeroPad2d", "padding": [-1, 2, 0, -1]}, (2, 3, 4)),
    (
        nn.Upsample(scale_factor=2, mode="bilinear"),
        {"type": "Upsample", "scale_factor": 2, "mode": "bilinear"},
        (2, 3, 4),
    ),
    (nn.PixelShuffle(2), {"type": "PixelShuffle", "upscale_factor": 2}, (8, 3, 2)),
    (
        nn.LocalResponseNorm(3, alpha=0.3, k=2.0),
        {"type": "LocalResponseNorm", "size": 3, "alpha": 0.3, "k": 2.0},
        (5, 3, 2),
    ),
    (nn.Flatten(1, 2), {"type": "Flatten", "end_dim": 2}, (2, 3, 4)),
    (nn.Softmax(1), {"type": "Softmax", "dim": 1}, (3, 4)),
    (nn.LogSoftmax(-1), {"type": "LogSoftmax"}, (3, 4)),
    (nn.GELU("tanh"), {"type": "GELU", "approximate": "tanh"}, (5,)),
    (nn.Softplus(), {"type": "Softplus"}, (5,)),
    *(
        (getattr(nn, kind)(), {"type": kind}, (3, 5))
        for kind in (
            *("ReLU", "ReLU6", "LeakyReLU", "ELU", "CELU", "SELU", "SiLU", "Mish", "Sigmoid", "Tanh", "Softsign"),
            *("LogSigmoid", "Tanhshrink", "Hardswish", "Hardsigmoid", "Hardtanh", "Hardshrink", "Softshrink", "GELU"),
        )
    ),
]


@pytest.mark.parametrize(("module", "entry", "shape"), PLAIN, ids=lambda v: v["type"] if isinstance(v, dict) else "")
def test_a_module_without_weights(module: Any, entry: Entry, shape: tuple[int, ...], tmp_path: Path) -> None:
    torch.manual_seed(2)
    scale = [{"name": "l", "type": "Linear"}]
    state = {"l.weight": np.eye(shape[-1])}
    network = stored(tmp_path, state, [*scale, {"name": "m", **entry}], list(shape))
    x = 2 * torch.randn(2, *shape, dtype=torch.float64)
    assert np.abs(network.forward(x.numpy()).output - module(x).numpy()).max() < 1e-9


def test_merges_and_shapes(tmp_path: Path) -> None:
    w = np.random.default_rng(0).normal(size=(4, 4))
    entries = [
        {"name": "a", "type": "Linear", "weights": "shared"},
        {"name": "b", "type": "Linear", "weights": "shared"},
        {"name": "s", "type": "Subtract", "inputs": ["b", "x"]},
        {"name": "p", "type": "Multiply", "inputs": ["s", "a"]},
        {"name": "h", "type": "Maximum", "inputs": ["p", "x"]},
        {"name": "l", "type": "Minimum", "inputs": ["h", "a"]},
        {"name": "c", "type": "Concat", "inputs": ["l", "x"], "dim": 1},
        {"name": "t", "type": "Permute", "dims": [0, 2, 1]},
        {"name": "f", "type": "Scale", "factor": 2.0, "offset": [1.0, 2.0, 3.0, 4.0]},
        {"name": "r", "type": "Reshape", "shape": [8, 3]},
        {"name": "d", "type": "Dropout", "p": 0.1},
        {"name": "i", "type": "Identity"},
        {"name": "m", "type": "Mean", "dim": [1]},
    ]
    network = stored(tmp_path, {"shared/weight": w}, entries, [3, 4], outputs=["m", "s"], classes=["u", "v", "w"])
    x = np.random.default_rng(1).normal(size=(2, 3, 4))
    a = x @ w.T
    b = a @ w.T
    c = np.concatenate([np.minimum(np.maximum((b - x) * a, x), a), x], axis=1).transpose(0, 2, 1)
    wanted = (2 * c + np.array([1.0, 2.0, 3.0, 4.0])[:, None]).reshape(2, 8, 3).mean(axis=1)
    trace = network.forward(x)
    assert np.abs(trace.output - wanted).max() < 1e-12
    assert np.abs(list(trace.outputs.values())[1] - (b - x)).max() < 1e-12
    assert network.metadata.classes == ("u", "v", "w")


@pytest.mark.parametrize(
    "place", ["m.weight", "state_dict/m/weight", "model_state_dict/module.m.weight", "net/m/weight"]
)
def test_layouts(place: str, tmp_path: Path) -> None:
    w = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    network = stored(tmp_path, {place: w}, [{"name": "m", "type": "Linear"}], [5])
    x = np.ones((2, 5))
    assert np.abs(network.forward(x).output - x @ w.T.astype(np.float64)).max() < 1e-15


@pytest.mark.parametrize("name", ["float16", "torch.bfloat16"])
def test_short_floats_stored_as_integers_need_to_be_named(name: str, tmp_path: Path) -> None:
    w = torch.randn(3, 5).to(getattr(torch, name.removeprefix("torch.")))
    bits = w.view(torch.int16).numpy().view(np.uint16)
    entries = [{"name": "m", "type": "Linear"}]
    with pytest.raises(LoadError, match="need an attribute"):
        stored(tmp_path, {"m.weight": bits}, entries, [5])
    with h5py.File(tmp_path / "state.h5", "a") as file:
        file["m.weight"].attrs["dtype"] = name
    network = lrp.load(tmp_path / "state.h5", architecture=tmp_path / "graph.json")
    x = np.eye(5)
    assert np.array_equal(network.forward(x).output, w.double().numpy().T)


LINEAR: Entry = {"name": "m", "type": "Linear"}
REFUSED: list[tuple[str, list[Entry], dict[str, Any]]] = [
    ("expected one of the types", [LINEAR, {"type": "Lambda"}], {}),
    ("expected the settings", [{**LINEAR, "units": 3}], {}),
    ("is no layer before it", [{**LINEAR, "input": "z"}], {}),
    ("expected outputs among", [LINEAR], {"outputs": ["z"]}),
    ("names that differ", [LINEAR, LINEAR], {}),
    ("names as text", [{**LINEAR, "input": 3}], {}),
    ("to have a type", [{"name": "m"}], {}),
    ("an object in braces", [3], {}),  # type: ignore[list-item]
    ("a list of texts", [LINEAR], {"classes": "cat"}),
    ("got \\['extra'", [LINEAR], {"extra": 1}),
    ("to be true or false", [LINEAR, {"type": "Mean", "dim": -1, "keepdim": 1}], {}),
    ("to be a whole number", [LINEAR, {"type": "Softmax", "dim": 0.5}], {}),
    ("to be a number", [LINEAR, {"type": "ELU", "alpha": "a"}], {}),
    ("to be text", [LINEAR, {"type": "GELU", "approximate": 1}], {}),
    ("behind the samples", [LINEAR, {"type": "Softmax", "dim": 0}], {}),
    ("whole numbers", [LINEAR, {"type": "Reshape", "shape": [1.5]}], {}),
    ("each of 0", [LINEAR, {"type": "Permute", "dims": [1, 0]}], {}),
    ("one input", [LINEAR, {"type": "ReLU", "inputs": ["m", "x"]}], {}),
    ("two or more", [LINEAR, {"type": "Add"}], {}),
    ("no tensor of the architecture", [{**LINEAR, "name": "n"}], {}),
    ("which no layer", [{"type": "ReLU"}, {"name": "m", "type": "BatchNorm1d"}], {}),
]


@pytest.mark.parametrize(("words", "entries", "more"), REFUSED, ids=[words for words, _, _ in REFUSED])
def test_what_is_not_understood_is_refused(
    words: str, entries: list[Entry], more: dict[str, Any], tmp_path: Path
) -> None:
    state = {"m.weight": np.ones((5, 5)), "m.bias": np.ones(5)}
    with pytest.raises(LoadError, match=words if words != "which no layer" else "running_mean"):
        stored(tmp_path, state, entries, [5], **more)
