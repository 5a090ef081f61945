"""ONNX models exported from torch by both exporters: predictions and gradients of torch in float64."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lrp
from lrp.errors import LoadError
from lrp.layers import GELU, HardSiLU, Mish, SiLU

onnx = pytest.importorskip("onnx")
torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional
DYNAMO = [
    False,
    pytest.param(True, marks=pytest.mark.skipif(find_spec("onnxscript") is None, reason="needs onnxscript")),
]


class Net(nn.Module):
    """A model whose forward is given as a function of itself and its input."""

    def __init__(self, function: Callable[..., Any], **modules: Any) -> None:
        super().__init__()
        self.function = function
        for name, module in modules.items():
            setattr(self, name, module)

    def forward(self, x: Any) -> Any:
        return self.function(self, x)


def residual() -> Any:
    def forward(m: Any, x: Any) -> Any:
        y = m.b2(m.c2(F.relu(m.b1(m.c1(x)))))
        return m.fc(F.adaptive_avg_pool2d(F.relu(y + m.down(x)), 1).flatten(1))

    return Net(
        forward,
        c1=nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False),
        b1=nn.BatchNorm2d(8),
        c2=nn.Conv2d(8, 8, 3, padding=1, bias=False),
        b2=nn.BatchNorm2d(8),
        down=nn.Conv2d(3, 8, 1, stride=2),
        fc=nn.Linear(8, 5),
    )


def excitation() -> Any:
    def forward(m: Any, x: Any) -> Any:
        y = m.c(x)
        gate = torch.sigmoid(m.b(F.relu(m.a(y.mean((2, 3), keepdim=True)))))
        return m.o((y * gate).flatten(1))

    return Net(forward, c=nn.Conv2d(2, 4, 3), a=nn.Conv2d(4, 2, 1), b=nn.Conv2d(2, 4, 1), o=nn.Linear(48, 3))


def attention() -> Any:
    def forward(m: Any, x: Any) -> Any:
        return (torch.softmax(m.q(x) @ m.k(x).transpose(1, 2) / 2.0, -1) @ m.v(x)).mean(1)

    return Net(forward, q=nn.Linear(5, 4), k=nn.Linear(5, 4), v=nn.Linear(5, 3))


MEAN, SCALE = torch.tensor([0.1, 0.2, 0.3]).view(1, 3, 1, 1), torch.tensor([0.5, 0.6, 0.7]).view(1, 3, 1, 1)
S = nn.Sequential
MODELS: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "conv": (
        lambda: S(
            *(nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3), nn.ReLU()),
            *(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(32, 7), nn.ReLU(), nn.Dropout(), nn.Linear(7, 5)),
        ),
        (3, 12, 12),
    ),
    "residual": (residual, (3, 11, 13)),
    "pools": (
        lambda: S(
            *(nn.MaxPool2d(3, 2, 1, ceil_mode=True), nn.AvgPool2d(3, 2, 1, ceil_mode=True)),
            *(nn.AvgPool2d(2, 1, 1, count_include_pad=False), nn.Flatten(), nn.Linear(72, 4)),
        ),
        (2, 17, 15),
    ),
    "grouped": (
        lambda: S(
            *(nn.Conv2d(4, 8, 3, groups=2), nn.ReLU6(), nn.Conv2d(8, 16, 3, groups=8, padding=1), nn.Hardswish()),
            *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 5)),
        ),
        (4, 9, 11),
    ),
    "pieces": (
        lambda: S(
            *(nn.Linear(6, 7), nn.GELU(), nn.Linear(7, 7), nn.GELU("tanh"), nn.Linear(7, 7), nn.SiLU()),
            *(nn.Linear(7, 4), nn.Mish(), nn.Softsign(), nn.Softplus()),
        ),
        (6,),
    ),
    "activations": (
        lambda: S(
            *(nn.Linear(6, 7), nn.ELU(0.7), nn.LeakyReLU(0.2), nn.PReLU(), nn.SELU(), nn.CELU(1.3), nn.Tanh()),
            *(nn.Hardtanh(-0.5, 0.4), nn.Sigmoid(), nn.Hardsigmoid(), nn.LogSigmoid(), nn.Linear(7, 3)),
        ),
        (6,),
    ),
    "prelu": (lambda: S(nn.Conv2d(2, 5, 3), nn.PReLU(5), nn.Flatten(), nn.Linear(60, 3)), (2, 5, 6)),
    "concat": (
        lambda: Net(
            lambda m, x: m.fc(torch.cat([m.a(x), m.b(x)], 1).mean((2, 3))),
            a=nn.Conv2d(3, 4, 1),
            b=nn.Conv2d(3, 5, 3, padding=1),
            fc=nn.Linear(9, 4),
        ),
        (3, 7, 5),
    ),
    "matmul": (
        lambda: Net(
            lambda m, x: torch.relu(x @ m.w + m.b) * 2 - 0.5,
            w=nn.Parameter(torch.randn(6, 5)),
            b=nn.Parameter(torch.randn(5)),
        ),
        (6,),
    ),
    "reshape": (
        lambda: Net(
            lambda m, x: m.fc(x.view(x.size(0), -1, 6).transpose(1, 2).reshape(x.size(0), -1)), fc=nn.Linear(24, 5)
        ),
        (2, 12),
    ),
    "permute": (
        lambda: Net(
            lambda m, x: m.fc(m.c(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2).flatten(2).mean(-1),
            c=nn.Conv2d(3, 4, 3),
            fc=nn.Linear(4, 6),
        ),
        (3, 6, 7),
    ),
    "transposed": (
        lambda: S(
            *(nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1, output_padding=1), nn.ReLU()),
            *(nn.ConvTranspose2d(3, 6, 2, groups=3), nn.Flatten(), nn.Linear(594, 4)),
        ),
        (2, 4, 5),
    ),
    "conv1d": (
        lambda: S(
            *(nn.Conv1d(3, 5, 3, padding=2, dilation=2), nn.BatchNorm1d(5), nn.ReLU(), nn.MaxPool1d(2)),
            *(nn.Conv1d(5, 4, 3), nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(4, 3)),
        ),
        (3, 14),
    ),
    "conv3d": (
        lambda: S(nn.Conv3d(2, 3, 3, padding=1), nn.MaxPool3d(2), nn.AvgPool3d(2), nn.Flatten(), nn.Linear(6, 3)),
        (2, 8, 6, 5),
    ),
    "batchnorm-first": (
        lambda: S(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(120, 4)),
        (3, 6, 5),
    ),
    "padding": (
        lambda: S(
            *(nn.Conv2d(2, 3, 4, padding="same"), nn.ReLU(), nn.ZeroPad2d((1, 2, 0, 1))),
            *(nn.Conv2d(3, 2, 3, padding=(2, 1)), nn.Flatten(), nn.Linear(144, 3)),
        ),
        (2, 6, 5),
    ),
    "upsampling": (
        lambda: S(
            *(nn.Conv2d(2, 4, 3), nn.Upsample(scale_factor=2), nn.PixelShuffle(2)),
            *(nn.Upsample(scale_factor=2, mode="bilinear"), nn.Flatten(), nn.Linear(768, 3)),
        ),
        (2, 5, 6),
    ),
    "norms": (
        lambda: S(
            *(nn.Conv2d(2, 6, 3), nn.GroupNorm(3, 6), nn.ReLU(), nn.Conv2d(6, 4, 3)),
            *(nn.InstanceNorm2d(4, affine=True), nn.LayerNorm([4, 3, 2]), nn.Flatten(), nn.Linear(24, 3)),
        ),
        (2, 7, 6),
    ),
    "slices": (
        lambda: Net(
            lambda m, x: m.fc(torch.cat([x[:, :2, 1:], x[:, 2:, :-1]], 1).flatten(1))
            + x[:, 0, :3]
            - x.chunk(2, 1)[1][:, 1, :3],
            fc=nn.Linear(20, 3),
        ),
        (4, 6),
    ),
    "excitation": (excitation, (2, 5, 6)),
    "extremes": (
        lambda: Net(
            lambda m, x: torch.maximum(m.a(x), m.b(x)) - torch.minimum(m.a(x), m.b(x)).clamp(min=-0.3),
            a=nn.Linear(5, 4),
            b=nn.Linear(5, 4),
        ),
        (5,),
    ),
    "constants": (
        lambda: Net(lambda m, x: m.c((x - MEAN) / SCALE).flatten(1), c=nn.Conv2d(3, 2, 3)),
        (3, 4, 5),
    ),
    "attention": (attention, (6, 5)),
    "lstm": (
        lambda: Net(
            lambda m, x: m.fc(m.l(x)[0].mean(1)),
            l=nn.LSTM(5, 6, batch_first=True, bidirectional=True),
            fc=nn.Linear(12, 3),
        ),
        (7, 5),
    ),
    "lstm-state": (
        lambda: Net(
            lambda m, x: m.fc(m.l(x)[1][0][-1]), l=nn.LSTM(5, 6, batch_first=True, num_layers=2), fc=nn.Linear(6, 3)
        ),
        (7, 5),
    ),
    "gru": (
        lambda: Net(lambda m, x: m.fc(m.l(x)[0][:, -1]), l=nn.GRU(5, 6, batch_first=True), fc=nn.Linear(6, 3)),
        (7, 5),
    ),
}


def made(build: Callable[[], Any]) -> Any:
    """A model with random statistics, in its evaluation mode."""
    torch.manual_seed(7)
    torch.set_num_threads(1)
    model = build().eval()
    with torch.no_grad():
        for module in model.modules():
            if getattr(module, "running_var", None) is not None:
                module.running_mean.normal_(0, 0.3)
                module.running_var.uniform_(0.5, 1.5)
            if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.GroupNorm, nn.LayerNorm, nn.InstanceNorm2d)):
                module.weight.normal_(1, 0.3)
                module.bias.normal_(0, 0.3)
    return model


def export(model: Any, x: Any, path: Path, dynamo: bool) -> Path:
    """The model as a file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        axes = None if dynamo else {"x": {0: "n"}}
        torch.onnx.export(model, (x,), str(path), dynamo=dynamo, input_names=["x"], dynamic_axes=axes, verbose=False)
    return path


@pytest.mark.parametrize("dynamo", DYNAMO, ids=["trace", "dynamo"])
@pytest.mark.parametrize("name", MODELS)
def test_predictions_and_gradients_are_those_of_torch(name: str, dynamo: bool, tmp_path: Path) -> None:
    build, shape = MODELS[name]
    model = made(build)
    x = torch.randn(3, *shape)
    network = lrp.load(export(model, x, tmp_path / "model.onnx", dynamo))
    model, x = model.double(), x.double().requires_grad_()
    y = model(x)
    (g,) = torch.autograd.grad(y.reshape(len(y), -1)[:, 1].sum(), x)
    given = x.detach().numpy()
    # the exporters fold batch normalisation into kernels in float32: what differs is their rounding
    assert np.abs(network.forward(given).output - y.detach().numpy()).max() < 1e-6
    assert np.abs(network.gradient(given, target=1).gradient - g.numpy()).max() < 1e-6 * max(1, np.abs(g.numpy()).max())
    explanation = network.explain(given, target=1, composite="epsilon")
    explanation.ledger.check()
    assert explanation.relevance.shape == given.shape


@pytest.mark.parametrize("dynamo", DYNAMO, ids=["trace", "dynamo"])
def test_activations_in_pieces_are_put_together(dynamo: bool, tmp_path: Path) -> None:
    model = S(nn.Linear(3, 4), nn.GELU(), nn.Linear(4, 4), nn.SiLU(), nn.Linear(4, 4), nn.Mish(), nn.Hardswish())
    network = lrp.load(export(made(lambda: model), torch.randn(2, 3), tmp_path / "model.onnx", dynamo))
    kinds = [type(node.layer) for node in network.nodes.values()]
    assert [kind for kind in kinds if kind in (GELU, SiLU, Mish, HardSiLU)] == [GELU, SiLU, Mish, HardSiLU]
    assert not {"Multiply", "Erf"} & {kind.__name__ for kind in kinds}


def node(kind: str, inputs: list[str], output: str = "y", **attributes: Any) -> Any:
    return onnx.helper.make_node(kind, inputs, [output], name=kind.lower(), **attributes)


def written(
    path: Path, nodes: list[Any], constants: dict[str, Any], shape: list[Any], outputs: str = "y", **model: Any
) -> Path:
    """A small model of our own."""
    tensors = [onnx.numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()]
    x = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)
    y = onnx.helper.make_tensor_value_info(outputs, onnx.TensorProto.FLOAT, None)
    graph = onnx.helper.make_graph(nodes, "g", [x], [y], tensors)
    whole = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", model.get("opset", 17))])
    path.write_bytes(whole.SerializeToString())
    return path


REFUSED: list[tuple[str, list[Any], dict[str, Any]]] = [
    ("operators of type 'Det' are not read", [node("Det", ["x"])], {}),
    (
        "a quotient of two computed values",
        [node("Exp", ["x"], "e"), node("Relu", ["x"], "r"), node("Div", ["e", "r"])],
        {},
    ),
    ("pooling with dilation", [node("MaxPool", ["x"], kernel_shape=[2, 2], dilations=[2, 2])], {}),
    ("would mix the samples", [node("Reshape", ["x", "s"])], {"s": np.array([6, -1])}),
    ("other than that of the samples", [node("ReduceMean", ["x"], axes=[0])], {}),
    (
        "padding other than with zeros",
        [node("Pad", ["x", "p"], mode="reflect")],
        {"p": np.array([0, 0, 1, 1, 0, 0, 1, 1])},
    ),
    (
        "its evaluation mode",
        [node("BatchNormalization", ["x", "o", "o", "o", "o"], training_mode=1)],
        {"o": np.ones(2)},
    ),
    ("whole factors of pictures are", [node("Resize", ["x", "", "f"])], {"f": np.array([1, 1, 1.5, 1.5], np.float32)}),
    ("is no value of the graph", [node("Relu", ["z"])], {}),
    ("does not depend on the input", [node("Relu", ["x"], "z"), node("Identity", ["c"])], {"c": np.ones(2)}),
]


@pytest.mark.parametrize(("words", "nodes", "constants"), REFUSED, ids=[words for words, _, _ in REFUSED])
def test_what_is_not_read_is_refused_by_name(
    tmp_path: Path, words: str, nodes: list[Any], constants: dict[str, Any]
) -> None:
    with pytest.raises(LoadError, match=words):
        lrp.load(written(tmp_path / "model.onnx", nodes, constants, ["n", 2, 5, 7]))


def test_weights_in_a_file_beside_the_model_are_read_from_its_own_folder_only(tmp_path: Path) -> None:
    def stored(location: str, length: int) -> Path:
        path = written(
            tmp_path / "model.onnx", [node("MatMul", ["x", "w"])], {"w": np.ones((5, 3), np.float32)}, ["n", 5]
        )
        model = onnx.load(str(path))
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", location), ("offset", "4"), ("length", str(length))):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, value
        path.write_bytes(model.SerializeToString())
        return path

    w = np.arange(16, dtype=np.float32)
    (tmp_path / "model.data").write_bytes(w.tobytes())
    x = np.random.default_rng(0).normal(size=(2, 5))
    network = lrp.load(stored("model.data", 60))
    assert np.abs(network.forward(x).output - x @ w[1:].reshape(5, 3)).max() < 1e-12
    for location in ("../model.data", "/etc/passwd", "..", ""):
        with pytest.raises(LoadError, match="only a file in its own folder"):
            lrp.load(stored(location, 60))
    with pytest.raises(LoadError, match="which has 64"):
        lrp.load(stored("model.data", 64))
    (tmp_path / "link.data").symlink_to(tmp_path / "model.data")
    with pytest.raises(LoadError, match="is a link"):
        lrp.load(stored("link.data", 60))


def test_a_damaged_model_is_a_load_error(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    nodes = [node("Conv", ["x", "w"], "a"), node("Relu", ["a"], "b"), node("GlobalAveragePool", ["b"])]
    path = written(
        tmp_path / "model.onnx", nodes, {"w": rng.normal(size=(3, 2, 3, 3)).astype(np.float32)}, ["n", 2, 5, 7]
    )
    content = bytearray(path.read_bytes())
    x = rng.normal(size=(2, 2, 5, 7))
    for _ in range(300):
        flipped = bytearray(content)
        flipped[rng.integers(len(content))] ^= 1 << int(rng.integers(8))
        path.write_bytes(flipped)
        try:
            lrp.load(path).forward(x)
        except lrp.LrpError:
            pass
    for length in range(0, len(content), 17):
        path.write_bytes(content[:length])
        with pytest.raises(LoadError):
            lrp.load(path).forward(x)


def test_the_library_is_not_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "model.onnx", [node("Relu", ["x"])], {}, ["n", 2])
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    assert lrp.load(path, trusted=True).forward(np.array([[-1.0, 2.0]])).output.tolist() == [[0.0, 2.0]]
