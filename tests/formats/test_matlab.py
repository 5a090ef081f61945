"""MATLAB v7.3 files written as MATLAB lays them out: MatConvNet chains and graphs, Fisher vectors, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import lrp
from lrp.errors import LoadError
from lrp.layers import FisherVector, LinearSVM

torch = pytest.importorskip("torch")
F = torch.nn.functional
RNG = np.random.default_rng(4)


class Writer:
    """Variables as MATLAB stores them: reversed axes, cells of references, structs as groups."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = h5py.File(path, "w")
        self.count = 0

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *error: Any) -> None:
        self.file.close()

    def put(self, path: str, value: Any) -> None:
        if isinstance(value, str):
            codes = np.array([[ord(c)] for c in value], dtype=np.uint16)
            self.stored(path, codes if len(value) else np.zeros(2, np.uint64), "char", empty=not value)
        elif isinstance(value, dict):
            group = self.file.create_group(path)
            group.attrs["MATLAB_class"] = np.bytes_("struct")
            for name, one in value.items():
                self.put(f"{path}/{name}", one)
        elif isinstance(value, list) and not all(isinstance(one, float) for one in value):
            self.stored(path, self.references(value), "cell", empty=not value)
        elif isinstance(value, tuple):  # a struct array
            self.file.create_group(path).attrs["MATLAB_class"] = np.bytes_("struct")
            for name in value[0]:
                self.file[f"{path}/{name}"] = self.references([one[name] for one in value])
        else:
            array = np.asarray(value, dtype=np.float64)
            array = array.reshape(1, -1) if array.ndim < 2 else array
            self.stored(path, array.T if array.size else np.zeros(2, np.uint64), "double", empty=not array.size)

    def references(self, values: list[Any]) -> Any:
        if not values:
            return np.zeros(2, np.uint64)
        result = np.empty((len(values), 1), dtype=h5py.ref_dtype)
        for index, value in enumerate(values):
            self.count += 1
            name = f"#refs#/r{self.count}"
            self.put(name, value)
            result[index, 0] = self.file[name].ref
        return result

    def stored(self, path: str, array: Any, kind: str, empty: bool = False) -> None:
        data = self.file.create_dataset(path, data=array, dtype=getattr(array, "dtype", None))
        data.attrs["MATLAB_class"] = np.bytes_(kind)
        if empty:
            data.attrs["MATLAB_empty"] = np.uint8(1)


def write(folder: Path, **variables: Any) -> Path:
    with Writer(folder / "net.mat") as writer:
        for name, value in variables.items():
            writer.put(name, value)
    return folder / "net.mat"


def oihw(filters: np.ndarray) -> Any:
    return torch.tensor(filters.transpose(3, 2, 0, 1).copy())


X = RNG.normal(size=(2, 3, 9, 8))
T = torch.tensor(X)
K1, B1 = RNG.normal(size=(3, 2, 3, 4)), RNG.normal(size=4)
K2 = RNG.normal(size=(2, 2, 2, 4))  # out 2 of each... (h, w, out, in) of convt
META = {"normalization": {"imageSize": [9.0, 8.0, 3.0]}}


def chain(*layers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"layers": list(layers), "meta": META} | more


CONV = {"type": "conv", "name": "c", "weights": [K1, B1], "stride": [1.0, 2.0], "pad": [1.0, 0.0, 2.0, 1.0]}


def conv() -> Any:
    return F.conv2d(F.pad(T, (2, 1, 1, 0)), oihw(K1), torch.tensor(B1), (1, 2))


CASES: dict[str, tuple[list[dict[str, Any]], Any]] = {
    "conv": ([CONV], conv),
    "filters-and-biases": ([{"type": "conv", "filters": K1, "biases": []}], lambda: F.conv2d(T, oihw(K1))),
    "convt": (
        [CONV, {"type": "convt", "weights": [K2, []], "upsample": 2.0, "crop": 1.0}],
        lambda: F.conv_transpose2d(conv(), oihw(K2), stride=2, padding=1),
    ),
    "pool-max": ([{"type": "pool", "pool": 2.0, "stride": 2.0}], lambda: F.max_pool2d(T, 2, 2)),
    "pool-avg": (
        [{"type": "pool", "pool": [3.0, 2.0], "stride": 2.0, "pad": 1.0, "method": "avg"}],
        lambda: F.avg_pool2d(T, (3, 2), 2, 1, count_include_pad=False),
    ),
    "relu-leak": ([{"type": "relu", "leak": 0.2}], lambda: F.leaky_relu(T, 0.2)),
    "sigmoid": ([{"type": "sigmoid"}], lambda: torch.sigmoid(T)),
    "lrn": (
        [{"type": "normalize", "param": [3.0, 2.0, 0.1, 0.75]}],
        lambda: F.local_response_norm(T, 3, 0.3, 0.75, 2.0),
    ),
    "lrn-default": ([{"type": "lrn"}], lambda: F.local_response_norm(T, 5, 1e-4, 0.75, 1.0)),
    "bnorm": (
        [{"type": "bnorm", "weights": [[1.0, -2.0, 0.5], [0.1, 0.2, 0.3], np.array([[0.1, 2], [0.2, 3], [0.3, 0.5]])]}],
        lambda: (T - torch.tensor([0.1, 0.2, 0.3]).view(3, 1, 1).double())
        / torch.tensor([2.0, 3, 0.5]).view(3, 1, 1)
        * torch.tensor([1.0, -2.0, 0.5]).view(3, 1, 1)
        + torch.tensor([0.1, 0.2, 0.3]).double().view(3, 1, 1),
    ),
    "dropout-softmax-loss": (
        [{"type": "dropout", "rate": 0.3}, {"type": "softmax"}, {"type": "softmaxloss"}],
        lambda: F.softmax(T, 1),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_layer_computes_what_torch_computes(name: str, tmp_path: Path) -> None:
    layers, oracle = CASES[name]
    for variables in ({"net": chain(*layers)}, chain(*layers)):
        network = lrp.load(write(tmp_path, **variables), trusted=True)
        wanted = oracle().numpy()
        assert np.abs(network.forward(X).output - wanted).max() < 1e-6 * max(1, np.abs(wanted).max())


def test_without_a_size_the_picture_is_free(tmp_path: Path) -> None:
    network = lrp.load(write(tmp_path, layers=[{"type": "conv", "weights": [K1[:, :, :3], B1]}]), trusted=True)
    for size in (5, 7):
        x = RNG.normal(size=(2, 3, size, 6))
        assert (
            np.abs(network.forward(x).output - F.conv2d(torch.tensor(x), oihw(K1), torch.tensor(B1)).numpy()).max()
            < 1e-10
        )


def test_a_graph_of_blocks(tmp_path: Path) -> None:
    def entry(
        name: str, kind: str, inputs: list[str], output: str, params: list[str], block: dict[str, Any]
    ) -> dict[str, Any]:
        return dict(
            name=name, type=f"dagnn.{kind}", inputs=inputs, outputs=[output], params=params, block=block or {"o": 1.0}
        )

    scale = RNG.normal(size=(1, 1, 4))
    layers = (
        entry("cat", "Concat", ["s", "c1"], "k", [], {"dim": 3.0}),  # before its inputs: the order is found
        entry("conv", "Conv", ["input"], "c1", ["w", "b"], {"pad": 1.0}),
        entry("relu", "ReLU", ["c1"], "r", [], {"leak": 0.0}),
        entry("sum", "Sum", ["r", "c1"], "s", [], {}),
        entry("scale", "Scale", ["c1"], "q", ["g"], {}),
        entry("times", "Scale", ["k", "k"], "t", [], {}),
        entry("loss", "Loss", ["t", "label"], "objective", [], {"loss": "softmaxlog"}),
    )
    params = ({"name": "w", "value": K1}, {"name": "b", "value": B1}, {"name": "g", "value": scale})
    net = {
        "layers": layers,
        "params": params,
        "vars": ({"name": "input"}, {"name": "c1"}),
        "meta": {"inputs": ({"name": "input", "size": [9.0, 8.0, 3.0, 1.0]}, {"name": "z", "size": [1.0]})},
    }
    network = lrp.load(write(tmp_path, net=net), trusted=True)
    trace = network.forward(X)
    c = F.conv2d(T, oihw(K1), torch.tensor(B1), padding=1)
    k = torch.cat([F.relu(c) + c, c], 1)
    values = [v for v in trace.outputs.values()]
    wanted = [(k * k).numpy(), (c * torch.tensor(scale.ravel()).view(4, 1, 1)).numpy()]
    for one in wanted:
        assert any(one.shape == v.shape and np.abs(one - v).max() < 1e-10 for v in values)


@pytest.mark.parametrize(
    ("words", "variables"),
    [
        ("type 'custom' are not read", {"net": chain({"type": "custom"})}),
        ("type 'softmaxloss' are not read", {"net": chain({"type": "softmaxloss"}, {"type": "relu"})}),
        (
            "its filters",
            {"net": chain({"type": "conv"}, meta={"inputs": ({"name": "input", "size": [2.0, 2.0, 1.0]},)})},
        ),
        ("moments", {"net": chain({"type": "bnorm", "weights": [[1.0], [1.0]]})}),
        ("method to be max or avg", {"net": chain({"type": "pool", "method": "sum"})}),
        ("depth divides", {"net": chain({"type": "conv", "weights": [RNG.normal(size=(2, 2, 2, 2)), []]})}),
        ("expected text", {"net": chain({"type": 3.0})}),
        ("expected a field 'type'", {"net": chain({"name": "a"})}),
        ("expected a struct array", {"net": {"layers": []}}),
        ("is not stated", {"net": {"layers": [{"type": "relu"}]}}),
        ("one number or", {"net": chain({**CONV, "pad": [1.0, 2.0]})}),
        ("no network", {"W1": K1}),
        ("whole numbers", {"net": chain({**CONV, "stride": 1.5})}),
        ("expected numbers", {"net": chain({**CONV, "stride": {"y": 1.0}})}),
        ("expected a cell array", {"net": chain({**CONV, "weights": 3.0})}),
    ],
)
def test_what_is_not_read_is_refused_by_name(tmp_path: Path, words: str, variables: dict[str, Any]) -> None:
    with pytest.raises(LoadError, match=words):
        lrp.load(write(tmp_path, **variables), trusted=True)


def test_cells_that_hold_themselves_and_objects_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, net=chain({"type": "relu"}))
    with h5py.File(path, "a") as file:
        cells = np.empty((1, 1), dtype=h5py.ref_dtype)
        cells[0, 0] = file["net/layers"].ref
        file["net/layers"][...] = cells
    with pytest.raises(LoadError):
        lrp.load(path, trusted=True)
    path = write(tmp_path, net=chain({"type": "relu"}))
    with h5py.File(path, "a") as file:
        file["net/layers"].attrs["MATLAB_object_decode"] = np.int32(3)
    with pytest.raises(LoadError, match="cannot be read without MATLAB"):
        lrp.load(path, trusted=True)


def test_a_fisher_vector_model(tmp_path: Path) -> None:
    priors, means, variances = np.array([0.5, 0.2, 0.3]), RNG.normal(size=(3, 2)), RNG.uniform(0.5, 2, size=(3, 2))
    projection, centre = RNG.normal(size=(2, 5)), RNG.normal(size=5)
    w, b = RNG.normal(size=(2 * 3 * 2 * 4, 2)), RNG.normal(size=2)
    model = {
        "gmm": {"means": means.T, "covariances": variances.T, "priors": priors},
        "pca": {"projection": projection, "mean": centre},
        "svm": {"w": w, "b": b},
        "pyramid": np.array([[1.0, 1.0], [3.0, 1.0]]),
        "power": 1.0,
        "normalize": 0.0,
        "classes": ["cat", "dog"],
    }
    network = lrp.load(write(tmp_path, fisher=model), trusted=True)
    x, p = RNG.normal(size=(2, 7, 5)), RNG.random(size=(2, 7, 2))
    encoder = FisherVector(priors, means, variances, pyramid=((1, 1), (3, 1)))
    wanted = LinearSVM(w, b).compute(encoder.compute((x - centre) @ projection.T, p))
    assert np.abs(network.forward((x, p)).output - wanted).max() < 1e-10
    assert network.metadata.classes == ("cat", "dog")
    plain = {key: model[key] for key in ("gmm",)} | {"svm": {"w": w[:12]}}
    network = lrp.load(write(tmp_path, fisher=plain), trusted=True)
    assert network.inputs == ("descriptors",) and "normalize" in network.nodes
    for wrong, words in (
        ({**plain, "colour": 1.0}, "got 'colour'"),
        ({**plain, "pyramid": [1.0, 2.0, 3.0]}, "rows columns"),
        ({**plain, "gmm": {**model["gmm"], "means": means}}, "a column for each"),  # type: ignore[dict-item]
        ({**plain, "svm": {"w": w[:5]}}, "Dense|inputs|features"),
    ):
        with pytest.raises(LoadError, match=words):
            lrp.load(write(tmp_path, fisher=wrong), trusted=True)
