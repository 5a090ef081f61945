"""Caffe nets of our own making against torch, real caffemodels, and what is refused."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
import pytest

import lrp
from lrp.errors import LoadError
from lrp.formats.caffe.caffemodel import BinaryBlobs, read_mean
from lrp.formats.container import read_model
from lrp.layers import Input, Permute

torch = pytest.importorskip("torch")
F = torch.nn.functional
DATA = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 4 dim: 7 dim: 5 } } }\n'
BLOBS = Mapping[str, list[np.ndarray]]


def saved(folder: Path, blobs: BLOBS, prototxt: str, header: str = DATA) -> tuple[Path, Path]:
    """A caffemodel.h5 and its prototxt."""
    with h5py.File(folder / "net.caffemodel.h5", "w") as file:
        for name, arrays in blobs.items():
            for index, array in enumerate(arrays):
                file[f"data/{name}/{index}"] = array
        file.require_group("data/nothing")
    (folder / "deploy.prototxt").write_text(header + prototxt)
    return folder / "net.caffemodel.h5", folder / "deploy.prototxt"


def load(folder: Path, blobs: BLOBS, prototxt: str, header: str = DATA) -> lrp.Network:
    weights, graph = saved(folder, blobs, prototxt, header)
    return lrp.load(weights, architecture=graph, trusted=True)


def layer(kind: str, more: str = "", bottom: str = "x", name: str = "y") -> str:
    return f'layer {{ name: "{name}" type: "{kind}" bottom: "{bottom}" top: "{name}" {more} }}\n'


RNG = np.random.default_rng(11)
X = RNG.normal(size=(3, 4, 7, 5))
T = torch.tensor(X)
W, B = RNG.normal(size=(6, 4, 3, 3)), RNG.normal(size=6)
D, C4 = RNG.normal(size=(4, 2, 3, 3)), RNG.normal(size=4)
M, V = RNG.normal(size=4), RNG.uniform(0.5, 2, size=4)
IP = RNG.normal(size=(5, 140))
CASES = {
    "conv": (
        layer(
            "Convolution", "convolution_param { num_output: 6 kernel_size: 3 pad_h: 1 pad_w: 2 stride: 2 stride: 1 }"
        ),
        {"y": [W, B]},
        lambda: F.conv2d(T, torch.tensor(W), torch.tensor(B), (2, 1), (1, 2)),
    ),
    "conv-no-bias": (
        layer(
            "Convolution", "convolution_param { num_output: 6 kernel_h: 3 kernel_w: 3 dilation: 2 bias_term: false }"
        ),
        {"y": [W]},
        lambda: F.conv2d(T, torch.tensor(W), dilation=2),
    ),
    "deconv-groups": (
        layer("Deconvolution", "convolution_param { num_output: 4 kernel_size: 3 stride: 2 pad: 1 group: 2 }"),
        {"y": [D, C4]},
        lambda: F.conv_transpose2d(T, torch.tensor(D), torch.tensor(C4), 2, 1, groups=2),
    ),
    "inner-product": (
        layer("InnerProduct", "inner_product_param { num_output: 5 }"),
        {"y": [IP, B[:5]]},
        lambda: F.linear(T.flatten(1), torch.tensor(IP), torch.tensor(B[:5])),
    ),
    "inner-product-old-shapes": (
        layer("InnerProduct", "inner_product_param { num_output: 5 }"),
        {"y": [IP.reshape(1, 1, 5, 140), B[:5].reshape(1, 1, 1, 5)]},
        lambda: F.linear(T.flatten(1), torch.tensor(IP), torch.tensor(B[:5])),
    ),
    "inner-product-transposed": (
        layer("InnerProduct", "inner_product_param { num_output: 5 transpose: true bias_term: false }"),
        {"y": [IP.T]},
        lambda: F.linear(T.flatten(1), torch.tensor(IP)),
    ),
    "inner-product-last-axis": (
        layer("InnerProduct", "inner_product_param { num_output: 2 axis: -1 bias_term: false }"),
        {"y": [IP[:2, :5]]},
        lambda: F.linear(T, torch.tensor(IP[:2, :5])),
    ),
    "max-pool-ceil": (
        layer("Pooling", "pooling_param { kernel_size: 2 stride: 2 }"),
        {},
        lambda: F.max_pool2d(T, 2, 2, ceil_mode=True),
    ),
    "max-pool-floor-pad": (
        layer("Pooling", "pooling_param { pool: MAX kernel_size: 3 stride: 2 pad: 1 round_mode: FLOOR }"),
        {},
        lambda: F.max_pool2d(T, 3, 2, 1),
    ),
    "average-pool": (
        layer("Pooling", "pooling_param { pool: AVE kernel_h: 3 kernel_w: 2 stride: 2 pad: 1 }"),
        {},
        lambda: F.avg_pool2d(T, (3, 2), 2, 1, ceil_mode=True),
    ),
    "global": (
        layer("Pooling", "pooling_param { pool: MAX global_pooling: true }"),
        {},
        lambda: T.amax((2, 3), keepdim=True),
    ),
    "lrn": (
        layer("LRN", "lrn_param { local_size: 3 alpha: 0.6 beta: 0.5 k: 2 }"),
        {},
        lambda: F.local_response_norm(T, 3, 0.6, 0.5, 2.0),
    ),
    "batch-norm": (
        layer("BatchNorm", "batch_norm_param { eps: 1e-3 }"),
        {"y": [M * 5, V * 5, np.array([5.0])]},
        lambda: F.batch_norm(T, torch.tensor(M), torch.tensor(V), eps=1e-3),
    ),
    "batch-norm-zero-scale": (
        layer("BatchNorm"),
        {"y": [M, V, np.array([0.0])]},
        lambda: T / np.sqrt(1e-5),
    ),
    "scale": (
        layer("Scale", "scale_param { bias_term: true }"),
        {"y": [M, C4]},
        lambda: T * torch.tensor(M).view(4, 1, 1) + torch.tensor(C4).view(4, 1, 1),
    ),
    "scale-one-number": (layer("Scale", "scale_param { num_axes: 0 }"), {"y": [np.array(1.5)]}, lambda: T * 1.5),
    "scale-rest": (
        layer("Scale", "scale_param { axis: 2 num_axes: -1 }"),
        {"y": [IP[0, :35].reshape(7, 5)]},
        lambda: T * torch.tensor(IP[0, :35].reshape(7, 5)),
    ),
    "scale-by-bottom": (
        layer("Pooling", "pooling_param { pool: AVE global_pooling: true }", name="p")
        + layer("Flatten", "", "p", "f")
        + layer("Scale", 'bottom: "f" scale_param { axis: 0 }'),
        {},
        lambda: T * T.mean((2, 3), keepdim=True),
    ),
    "bias": (layer("Bias"), {"y": [M]}, lambda: T + torch.tensor(M).view(4, 1, 1)),
    "prelu": (layer("PReLU"), {"y": [M]}, lambda: F.prelu(T, torch.tensor(M))),
    "prelu-shared": (
        layer("PReLU", "prelu_param { channel_shared: true }"),
        {"y": [M[:1]]},
        lambda: F.prelu(T, torch.tensor(M[:1])),
    ),
    "relu-leaky": (layer("ReLU", "relu_param { negative_slope: 0.1 }"), {}, lambda: F.leaky_relu(T, 0.1)),
    "elu": (layer("ELU", "elu_param { alpha: 0.4 }"), {}, lambda: F.elu(T, 0.4)),
    "sigmoid": (layer("Sigmoid"), {}, lambda: torch.sigmoid(T)),
    "bnll": (layer("BNLL"), {}, lambda: F.softplus(T, threshold=1e9)),
    "abs": (layer("AbsVal"), {}, lambda: T.abs()),
    "relu6": (layer("ReLU6"), {}, lambda: F.relu6(T)),
    "clip": (layer("Clip", "clip_param { min: -0.5 max: 0.25 }"), {}, lambda: T.clamp(-0.5, 0.25)),
    "swish": (layer("Swish", "swish_param { beta: 1.5 }"), {}, lambda: T * torch.sigmoid(1.5 * T)),
    "swish-one": (layer("Swish"), {}, lambda: F.silu(T)),
    "swish-zero": (layer("Swish", "swish_param { beta: 0 }"), {}, lambda: T / 2),
    "exp": (layer("Exp", "exp_param { base: 2 scale: 0.5 shift: 1 }"), {}, lambda: 2 ** (1 + 0.5 * T)),
    "log": (
        layer("Power", "power_param { power: 2 shift: 1 }", name="p")
        + layer("Log", "log_param { base: 10 shift: 0.5 }", "p"),
        {},
        lambda: torch.log10(0.5 + (1 + T) ** 2),
    ),
    "power-one": (layer("Power", "power_param { scale: 3 shift: -1 }"), {}, lambda: 3 * T - 1),
    "power-nothing": (layer("Power"), {}, lambda: T),
    "dropout": (layer("Dropout", "dropout_param { dropout_ratio: 0.3 }"), {}, lambda: T),
    "dropout-test": (layer("Dropout", "dropout_param { dropout_ratio: 0.3 scale_train: false }"), {}, lambda: 0.7 * T),
    "softmax-map": (layer("Softmax"), {}, lambda: F.softmax(T, 1)),
    "softmax-width": (layer("Softmax", "softmax_param { axis: -1 }"), {}, lambda: F.softmax(T, -1)),
    "flatten-part": (layer("Flatten", "flatten_param { axis: 1 end_axis: 2 }"), {}, lambda: T.flatten(1, 2)),
    "reshape": (
        layer("Reshape", "reshape_param { shape { dim: 0 dim: -1 dim: 2 dim: 5 } }"),
        {},
        lambda: T.reshape(3, 14, 2, 5),
    ),
    "reshape-middle": (
        layer("Reshape", "reshape_param { shape { dim: 2 dim: -1 } axis: 1 num_axes: 1 }"),
        {},
        lambda: T.reshape(3, 2, 2, 7, 5),
    ),
    "permute": (layer("Permute", "permute_param { order: 0 order: 2 order: 3 }"), {}, lambda: T.permute(0, 2, 3, 1)),
    "eltwise-max": (
        layer("AbsVal", name="a") + layer("Eltwise", 'bottom: "a" eltwise_param { operation: MAX }'),
        {},
        lambda: torch.maximum(T, T.abs()),
    ),
    "eltwise-prod": (
        layer("AbsVal", name="a") + layer("Eltwise", 'bottom: "a" eltwise_param { operation: 0 }'),
        {},
        lambda: T * T.abs(),
    ),
    "eltwise-sum": (
        layer("AbsVal", name="a") + layer("Eltwise", 'bottom: "a" eltwise_param { coeff: 1 coeff: -2.5 }'),
        {},
        lambda: T - 2.5 * T.abs(),
    ),
    "slice-concat": (
        'layer { name: "s" type: "Slice" bottom: "x" top: "a" top: "b" slice_param { slice_point: 1 } }\n'
        'layer { name: "t" type: "Split" bottom: "b" top: "c" top: "d" }\n'
        'layer { name: "y" type: "Concat" bottom: "d" bottom: "a" bottom: "c" top: "y" concat_param { concat_dim: 1 } }',
        {},
        lambda: torch.cat([T[:, 1:], T[:, :1], T[:, 1:]], 1),
    ),
    "crop": (
        layer("Pooling", "pooling_param { kernel_size: 3 stride: 2 }", name="p")
        + layer("Crop", 'bottom: "p" crop_param { offset: 1 offset: 2 }')
        + layer("Eltwise", 'bottom: "p"', "y", "z"),
        {},
        lambda: T[:, :, 1:4, 2:4] + F.max_pool2d(T, 3, 2, ceil_mode=True),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_layer_computes_what_torch_computes(name: str, tmp_path: Path) -> None:
    prototxt, blobs, oracle = CASES[name]
    network = load(tmp_path, blobs, prototxt)
    wanted = oracle().numpy()
    y = network.forward(X).output
    assert y.shape == wanted.shape
    assert np.abs(y - wanted).max() < 1e-10 * max(1, np.abs(wanted).max())


def test_what_a_net_does_not_need_at_test_time_is_left_out(tmp_path: Path) -> None:
    text = (
        layer("Dropout", "include { phase: TRAIN }", name="x")
        + layer("ReLU", "exclude { phase: TEST }", name="x")
        + layer("TanH", "include { phase: TEST min_level: 0 }")
        + layer("Sigmoid", 'include { stage: "deploy" }', "y", "y")
        + layer("Accuracy", 'bottom: "label" include { phase: TEST }', "y", "accuracy")
        + layer("SoftmaxWithLoss", 'bottom: "label"', "y", "loss")
    )
    network = load(tmp_path, {}, text)
    assert network.outputs == ("y",) and np.abs(network.forward(X).output - np.tanh(X)).max() < 1e-15


def test_layers_share_parameters_by_name(tmp_path: Path) -> None:
    share = 'param { name: "w" } param { name: "b" }'
    text = layer("InnerProduct", f"{share} inner_product_param {{ num_output: 140 }}", name="a")
    text += layer("InnerProduct", f"{share} inner_product_param {{ num_output: 140 }}", "a")
    w, b = RNG.normal(size=(140, 140)) / 12, RNG.normal(size=140)
    y = load(tmp_path, {"a": [w, b]}, text).forward(X).output
    assert np.abs(y - ((X.reshape(3, -1) @ w.T + b) @ w.T + b)).max() < 1e-10


def test_token_inputs_are_embedded(tmp_path: Path) -> None:
    header = 'input: "x" input_shape { dim: 1 dim: 6 }\n'
    w, b = RNG.normal(size=(9, 3)), RNG.normal(size=3)
    text = layer("Embed", "embed_param { num_output: 3 input_dim: 9 }")
    tokens = RNG.integers(0, 9, size=(2, 6))
    network = load(tmp_path, {"y": [w, b]}, text, header)
    assert np.abs(network.forward(tokens).output - (w[tokens] + b)).max() == 0


def test_inputs_of_data_layers_that_tell_their_size(tmp_path: Path) -> None:
    for data in (
        'layer { name: "x" type: "DummyData" top: "x" dummy_data_param { num: 1 channels: 4 height: 7 width: 5 } }\n',
        'layer { name: "x" type: "MemoryData" top: "x" top: "label" '
        "memory_data_param { batch_size: 1 channels: 4 height: 7 width: 5 } }\n",
    ):
        network = load(tmp_path, {}, layer("TanH"), data)
        assert isinstance(network.nodes["x"].layer, Input) and network.shapes["y"] == (4, 7, 5)


def test_relevance_comes_back_in_the_order_of_the_input(tmp_path: Path) -> None:
    network = load(tmp_path, {"y": [IP, B[:5]]}, CASES["inner-product"][0])
    assert not any(isinstance(node.layer, Permute) for node in network.nodes.values())
    explanation = network.explain(X, target=2, composite="*=zero")
    assert np.abs(explanation.relevance - X * IP[2].reshape(4, 7, 5)).max() < 1e-12
    explanation.ledger.check()


REFUSED = {
    "layers of type 'Python' are not read": layer("Python", 'python_param { module: "os" layer: "system" }'),
    "is not known": layer("ReLU", "relu_param { power: 3 }"),
    "stochastic": layer("Pooling", "pooling_param { pool: STOCHASTIC kernel_size: 2 }"),
    "only stored statistics": layer("BatchNorm", "batch_norm_param { use_global_stats: false }"),
    "is the top of no layer": layer("ReLU", "", "z"),
    "found none": layer("PReLU"),
    "an odd local_size": layer("LRN", "lrn_param { local_size: 4 }"),
    "a group that divides": layer("Convolution", "convolution_param { num_output: 3 kernel_size: 1 group: 2 }"),
    "lies outside of the picture": layer("Pooling", "pooling_param { kernel_size: 1 stride: 3 }"),
    "whose size the prototxt does not state": 'layer { name: "d" type: "Data" top: "d" }',
    "expected a colon or a brace": "layer name",
    "is not understood": "layer { name: @ }",
    "upgrade_net_proto_text": 'layers { layer { name: "a" type: "relu" } bottom: "x" top: "a" }',
    "leaves no output": 'layer { name: "l" type: "Silence" bottom: "x" }',
    "given once": layer("ReLU", 'name: "again"'),
    "expected 1 tops": 'layer { name: "y" type: "ReLU" bottom: "x" top: "y" top: "z" }',
    "a solver": 'net: "train.prototxt"',
    "two or more bottoms": layer("Eltwise"),
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_is_not_read_is_refused_by_name(tmp_path: Path, words: str) -> None:
    with pytest.raises(LoadError, match=words):
        load(tmp_path, {}, REFUSED[words], "" if REFUSED[words].startswith("layers") else DATA)


def test_a_file_of_another_net_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="are they of the same net"):
        load(tmp_path, {"y": [W, B]}, CASES["conv-no-bias"][0])
    with pytest.raises(LoadError, match="expected blob 0 of shape"):
        load(tmp_path, {"y": [W[:, :3], B]}, CASES["conv"][0])


@pytest.mark.slow
def test_real_caffemodels_reach_their_published_accuracy(shared: Path) -> None:
    lenet = shared / "data/caffe/lenet"
    network = lrp.load(lenet / "lenet_iter_10000.caffemodel", architecture=lenet / "lenet.prototxt", dtype="float32")
    pictures = gzip.decompress((shared / "data/mnist/t10k-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = np.frombuffer(
        gzip.decompress((shared / "data/mnist/t10k-labels-idx1-ubyte.gz").read_bytes())[8:], np.uint8
    )
    x = np.frombuffer(pictures, np.uint8).reshape(-1, 1, 28, 28)[:2000] / np.float32(256)
    assert np.sum(network.forward(x).output.argmax(axis=1) == labels[:2000]) >= 1970
    cifar = shared / "data/caffe/cifar10_full"
    model = cifar / "cifar10_full_iter_70000.caffemodel"
    network = lrp.load(model, architecture=cifar / "cifar10_full.prototxt", dtype="float32")
    raw = np.frombuffer((shared / "data/cifar10/test_batch_first1000.bin").read_bytes(), np.uint8).reshape(-1, 3073)
    x = raw[:, 1:].reshape(-1, 3, 32, 32) - np.load(cifar / "cifar10_mean_recomputed.npy").astype(np.float32)
    assert np.mean(network.forward(x).output.argmax(axis=1) == raw[:, 0]) == 0.826


@pytest.mark.parametrize("name", ["mtcnn/det1", "mtcnn/det2", "mtcnn/det3", "lenet/lenet_iter_10000"])
def test_binary_blobs_are_those_decoded_by_others(shared: Path, name: str) -> None:
    path = shared / "data/caffe" / name
    message = read_model(path.with_suffix(".caffemodel"))
    blobs = BinaryBlobs(message.caffe or [], message.arrays, name)
    with np.load(path.with_suffix(".npz")) as decoded:
        for key in decoded:
            layer_name, index = key.rsplit(".", 1)
            values = blobs.blob(layer_name.replace("__", "/"), int(index))
            assert values is not None and np.array_equal(values.ravel(), decoded[key].ravel())


@pytest.mark.parametrize("name", ["det1", "det2", "det3"])
def test_a_cascade_of_detectors_agrees_with_torch(shared: Path, name: str) -> None:
    folder = shared / "data/caffe/mtcnn"
    network = lrp.load(folder / f"{name}.caffemodel", architecture=folder / f"{name}.prototxt")
    with np.load(folder / f"{name}.npz") as file:
        w = {key.lower(): torch.tensor(file[key]).double() for key in file}
    size = {"det1": 12, "det2": 24, "det3": 48}[name]
    x = np.random.default_rng(5).normal(size=(2, 3, size, size))
    h = torch.tensor(x)
    pools = {"det1": [(2, 2)], "det2": [(3, 2), (3, 2)], "det3": [(3, 2), (3, 2), (2, 2)]}[name]
    depth = {"det1": 3, "det2": 3, "det3": 4}[name]
    for i in range(1, depth + 1):
        h = F.prelu(F.conv2d(h, w[f"conv{i}.0"], w[f"conv{i}.1"]), w[f"prelu{i}.0"])
        h = F.max_pool2d(h, *pools[i - 1], ceil_mode=True) if i <= len(pools) else h
    if name == "det1":
        z = F.conv2d(h, w["conv4-1.0"], w["conv4-1.1"])
    else:
        last = depth + 1
        h = F.prelu(F.linear(h.flatten(1), w[f"conv{last}.0"], w[f"conv{last}.1"]), w[f"prelu{last}.0"])
        z = F.linear(h, w[f"conv{last + 1}-1.0"], w[f"conv{last + 1}-1.1"])
    trace = network.forward(x)
    assert np.abs(trace.outputs["prob1"] - F.softmax(z, 1).numpy()).max() < 1e-12
    network.explain(x, composite="epsilon", output="prob1").ledger.check()


def test_a_damaged_caffemodel_is_a_load_error(tmp_path: Path) -> None:
    (tmp_path / "mean.binaryproto").write_bytes(
        b"\x08\x01\x10\x02\x18\x01\x20\x01\x2d\x00\x00\x80\x3f\x2d\x00\x00\x00\x40"
    )
    assert np.array_equal(read_mean(tmp_path / "mean.binaryproto").ravel(), [1.0, 2.0])
    for content in (b"", b"\xff", b"\x0a\x05abc", b"\xa2\x06\x03\x0a\x05a", b"\x80" * 11, b"\xa2\x06\x02\x0a\x00"):
        (tmp_path / "mean.binaryproto").write_bytes(content)
        with pytest.raises(LoadError):
            read_mean(tmp_path / "mean.binaryproto")
        (tmp_path / "net.prototxt").write_text(DATA + layer("PReLU"))
        with pytest.raises(LoadError):
            lrp.load(tmp_path / "mean.binaryproto", architecture=tmp_path / "net.prototxt")
