"""Chainer's links and functions, by Chainer's own conventions, against torch."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import lrp
from lrp.errors import LoadError

torch = pytest.importorskip("torch")
F = torch.nn.functional
RNG = np.random.default_rng(8)
X = RNG.normal(size=(2, 4, 7, 5))
T = torch.tensor(X)
W, B, D = RNG.normal(size=(6, 4, 3, 2)), RNG.normal(size=6), RNG.normal(size=(3, 4, 3, 2))
L, C = RNG.normal(size=(3, 140)), RNG.normal(size=4)
V = RNG.uniform(0.5, 2, size=4)
Entry = dict[str, Any]
CASES: dict[str, tuple[list[Entry], dict[str, np.ndarray], Callable[[], Any]]] = {
    "convolution": (
        [{"name": "c", "type": "Convolution2D", "stride": [2, 1], "pad": [1, 0]}],
        {"c/W": W, "c/b": B},
        lambda: F.conv2d(T, torch.tensor(W), torch.tensor(B), (2, 1), (1, 0)),
    ),
    "dilated": (
        [{"name": "c", "type": "DilatedConvolution2D", "dilate": 2}],
        {"c/W": W},
        lambda: F.conv2d(T, torch.tensor(W), dilation=2),
    ),
    "depthwise": (
        [{"name": "c", "type": "DepthwiseConvolution2D"}],
        {"c/W": D},
        lambda: F.conv2d(T, torch.tensor(D.transpose(1, 0, 2, 3).reshape(12, 1, 3, 2)), groups=4),
    ),
    "deconvolution": (
        [{"name": "c", "type": "Deconvolution2D", "stride": 2, "pad": 1, "outsize": [14, 9]}],
        {"c/W": W.transpose(1, 0, 2, 3)},
        lambda: F.conv_transpose2d(
            T, torch.tensor(W.transpose(1, 0, 2, 3).copy()), stride=2, padding=1, output_padding=(1, 1)
        ),
    ),
    "linear": ([{"name": "l", "type": "Linear"}], {"l/W": L}, lambda: F.linear(T.flatten(1), torch.tensor(L))),
    "linear-axes": (
        [{"name": "l", "type": "Linear", "n_batch_axes": 3}],
        {"l/W": L[:, :5]},
        lambda: F.linear(T, torch.tensor(L[:, :5])),
    ),
    "batch-norm": (
        [{"name": "n", "type": "BatchNormalization"}],
        {"n/avg_mean": C, "n/avg_var": V, "n/gamma": C, "n/N": np.array(3)},
        lambda: F.batch_norm(T, torch.tensor(C), torch.tensor(V), torch.tensor(C), eps=2e-5),
    ),
    "scale": (
        [{"name": "s", "type": "Scale"}],
        {"s/W": C, "s/bias/b": V},
        lambda: T * torch.tensor(C).view(4, 1, 1) + torch.tensor(V).view(4, 1, 1),
    ),
    "bias": ([{"name": "s", "type": "Bias"}], {"s/b": C}, lambda: T + torch.tensor(C).view(4, 1, 1)),
    "prelu": ([{"name": "p", "type": "PReLU"}], {"p/W": C}, lambda: F.prelu(T, torch.tensor(C))),
    "max-pooling": ([{"type": "max_pooling_2d", "ksize": 2}], {}, lambda: F.max_pool2d(T, 2, 2, ceil_mode=True)),
    "max-pooling-floor": ([{"type": "max_pooling_2d", "ksize": 2, "cover_all": False}], {}, lambda: F.max_pool2d(T, 2)),
    "average-pooling": (
        [{"type": "average_pooling_2d", "ksize": 3, "stride": 2, "pad": 1}],
        {},
        lambda: F.avg_pool2d(T, 3, 2, 1),
    ),
    "average": ([{"type": "average", "axis": [2, 3]}], {}, lambda: T.mean((2, 3))),
    "average-kept": ([{"type": "average", "axis": [1], "keepdims": True}], {}, lambda: T.mean(1, keepdim=True)),
    "lrn": (
        [{"type": "local_response_normalization", "n": 3, "alpha": 0.1}],
        {},
        lambda: F.local_response_norm(T, 3, 0.3, 0.75, 2.0),
    ),
    "unpooling": (
        [{"type": "unpooling_2d", "ksize": 2, "cover_all": False}],
        {},
        lambda: T.repeat_interleave(2, 2).repeat_interleave(2, 3),
    ),
    "softmax": ([{"type": "softmax"}], {}, lambda: F.softmax(T, 1)),
    "log-softmax": ([{"type": "log_softmax", "axis": -1}], {}, lambda: F.log_softmax(T, -1)),
    "leaky": ([{"type": "leaky_relu"}], {}, lambda: F.leaky_relu(T, 0.2)),
    "clipped": ([{"type": "clipped_relu", "z": 0.5}], {}, lambda: T.clamp(0, 0.5)),
    "hard-sigmoid": ([{"type": "hard_sigmoid"}], {}, lambda: (0.2 * T + 0.5).clamp(0, 1)),
    "flatten": ([{"type": "flatten"}, {"type": "reshape", "shape": [35, 4]}], {}, lambda: T.reshape(2, 35, 4)),
    "transpose": (
        [{"type": "transpose", "axes": [0, 3, 1, 2]}, {"type": "dropout"}],
        {},
        lambda: T.permute(0, 3, 1, 2),
    ),
    "merges": (
        [
            {"name": "a", "type": "tanh"},
            {"name": "b", "type": "multiply", "inputs": ["a", "x"]},
            {"name": "c", "type": "concat", "inputs": ["a", "b"]},
        ],
        {},
        lambda: torch.cat([torch.tanh(T), torch.tanh(T) * T], 1),
    ),
}


def load(folder: Path, entries: list[Entry], arrays: dict[str, np.ndarray]) -> lrp.Network:
    with h5py.File(folder / "model.h5", "w") as file:
        for name, array in {"zz/W": np.eye(2), **arrays}.items():
            file.create_dataset(name, data=array, compression="gzip" if np.ndim(array) else None)
    (folder / "graph.json").write_text(
        json.dumps({"framework": "chainer", "inputs": {"x": [4, 7, 5]}, "layers": entries})
    )
    return lrp.load(folder / "model.h5", architecture=folder / "graph.json", trusted=True)


@pytest.mark.parametrize("name", CASES)
def test_a_link_computes_what_torch_computes(name: str, tmp_path: Path) -> None:
    entries, arrays, oracle = CASES[name]
    y, wanted = load(tmp_path, entries, arrays).forward(X).output, oracle().numpy()
    assert y.shape == wanted.shape and np.abs(y - wanted).max() < 1e-10


@pytest.mark.parametrize(
    ("words", "entry", "arrays"),
    [
        ("found none", {"name": "c", "type": "Convolution2D"}, {}),
        ("lies in the padding alone", {"type": "max_pooling_2d", "ksize": 2, "stride": 3, "pad": 1}, {}),
        ("which no layer of the architecture uses", {"name": "c", "type": "Linear"}, {"c/W": L, "c/gamma": C}),
        ("n_batch_axes", {"name": "l", "type": "Linear", "n_batch_axes": 4}, {}),
        ("an odd n", {"type": "local_response_normalization", "n": 4}, {}),
        ("unpooling is read", {"type": "unpooling_2d", "ksize": 2}, {}),
        ("each of 0", {"type": "transpose", "axes": [1, 0, 2, 3]}, {}),
    ],
)
def test_what_is_not_read_is_refused(words: str, entry: Entry, arrays: dict[str, np.ndarray], tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=words):
        load(tmp_path, [entry], arrays)
