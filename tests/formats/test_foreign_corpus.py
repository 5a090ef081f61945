"""Files of Caffe, MATLAB, PyTorch and Chainer with the predictions and gradients that come with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lrp
from lrp.errors import LoadError
from tests.formats import architectures

CAFFE, MATLAB, TORCH = "caffe_layout", "matlab_v73", "torch_h5"
ALEX, MODERN = f"{CAFFE}/caffe_alexish", f"{CAFFE}/caffe_modern"
FILES: list[tuple[str, str, Any]] = [
    (ALEX, "model.caffemodel.h5", "deploy.prototxt"),
    (ALEX, "model_diff.caffemodel.h5", "deploy_v1.prototxt"),
    (MODERN, "model.caffemodel.h5", "deploy.prototxt"),
    (f"{MATLAB}/matconvnet_simplenn", "net.mat", None),
    (f"{MATLAB}/mlp_plain", "net.mat", architectures.PERCEPTRON),
    *(
        (f"{TORCH}/torch_resnet", f"{name}.h5", architectures.RESNET)
        for name in ("flat_dots", "nested_groups", "dataparallel")
    ),
    *(
        (f"{TORCH}/torch_vgg", f"{name}.h5", architectures.VGG)
        for name in ("flat_dots", "nested_groups", "dataparallel")
    ),
    ("chainer_h5/chainer_cnn", "model.h5", architectures.CHAINER),
]


@pytest.mark.parametrize(("folder", "name", "described"), FILES, ids=[f"{f}/{n}" for f, n, _ in FILES])
def test_a_file_ends_as_its_manifest_says(shared: Path, tmp_path: Path, folder: str, name: str, described: Any) -> None:
    place = shared / "corpus" / folder
    architecture = None if described is None else place / str(described)
    if isinstance(described, dict):
        architecture = tmp_path / "architecture.json"
        architecture.write_text(json.dumps(described))
    network = lrp.load(place / name, architecture=architecture)
    x, target = np.load(place / "x.npy"), np.load(place / "target.npy")
    manifest = json.loads((place / "manifest.json").read_text())
    assert np.abs(network.forward(x).output - np.load(place / "y.npy")).max() < 1e-5
    gradient = network.gradient(x, target=target).gradient
    if manifest["has_float64"]:
        reference = np.load(place / "ref64.npz")
        assert np.abs(network.forward(x).output - reference["y0"]).max() < 1e-9
        assert np.abs(gradient - reference["g0"]).max() < 1e-7 * np.abs(reference["g0"]).max()
    else:
        assert np.abs(gradient - np.load(place / "g.npy")).max() < 1e-5
    explanation = network.explain(x, target=target, composite="epsilon")
    explanation.ledger.check()
    assert explanation.relevance.shape == x.shape
    if manifest["piecewise_linear"]:
        zero = network.explain(x, target=target, composite="*=zero").relevance
        assert np.abs(zero - gradient * x).max() < 1e-12


@pytest.mark.parametrize(
    ("folder", "name", "word"),
    [
        (MODERN, "model.caffemodel.h5", "deploy.prototxt"),
        (f"{MATLAB}/mlp_plain", "net.mat", "architecture"),
        (f"{TORCH}/torch_vgg", "flat_dots.h5", "architecture"),
        (f"{TORCH}/torch_vgg", "nested_groups.h5", "architecture"),
        ("chainer_h5/chainer_cnn", "model.h5", "architecture"),
    ],
)
def test_weights_alone_ask_for_the_architecture(shared: Path, folder: str, name: str, word: str) -> None:
    with pytest.raises(LoadError, match=word):
        lrp.load(shared / "corpus" / folder / name)


def test_a_tensor_that_the_architecture_forgets_is_an_error(shared: Path, tmp_path: Path) -> None:
    described = json.loads(json.dumps(architectures.VGG))
    described["layers"][3:6] = []  # without the second convolution, and the shapes then fail or a tensor is left
    described["layers"] = [entry for entry in described["layers"] if entry["type"] in ("Conv2d", "ReLU", "MaxPool2d")]
    path = tmp_path / "architecture.json"
    path.write_text(json.dumps(described))
    for name in ("flat_dots", "nested_groups", "dataparallel"):
        with pytest.raises(LoadError, match="which no layer of the architecture uses"):
            lrp.load(shared / "corpus" / TORCH / "torch_vgg" / f"{name}.h5", architecture=path)
