"""The golden vectors: reproducible to the byte, exact, complete, and readable without this package."""

from __future__ import annotations

import json
from fractions import Fraction

import h5py
import numpy as np
import pytest

from lrp import conformance
from lrp.cli import main
from lrp.conformance import plain
from lrp.conformance.layer_cases import EDGES
from lrp.conformance.network_cases import NETWORKS
from lrp.conformance.numbers import Numbers
from lrp.errors import LoadError, SaveError
from lrp.rules import RULES

SOME = (
    "layers/dense/zero/",
    "layers/dense/epsilon:0.25/",
    "layers/max-pool/winner:share/",
    "layers/tanh",
    "networks/shared-layer/epsilon_",
    "networks/text/epsilon_",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A few groups, written once."""
    target = tmp_path_factory.mktemp("vectors")
    assert conformance.write(target, SOME) > 25
    return target


def test_every_case_is_asked_once_and_every_edge_is_there():
    cases = list(conformance.cases())
    identifiers = [case.id for case in cases]
    assert len(set(identifiers)) == len(identifiers) > 2000
    assert {i.split("/")[3] for i in identifiers if i.startswith("layers/")} == set(EDGES)
    assert len(NETWORKS) >= 12
    rules = {i.split("/")[2].split(":")[0] for i in identifiers if i.startswith("layers/")}
    tables = {name for name, function in RULES.items() if function.__module__.endswith("catalogue")}
    assert tables | {"identity", "winner", "uniform", "signal"} <= rules <= set(RULES)


def test_edges_are_what_they_say():
    by_id = {case.id: case for case in conformance.cases() if case.id.startswith("layers/")}

    def x(identifier):
        return by_id[identifier].x["x"]

    def layer(identifier):
        return by_id[identifier].network.nodes["layer"].layer

    assert (x("layers/dense/zero/signed") < 0).any()
    assert (layer("layers/dense/zero/signed").bias < 0).any()
    assert (layer("layers/dense/zero/signed").bias > 0).any()
    assert (x("layers/dense/zero/positive") > 0).all()
    zeros = x("layers/conv-2d/zero/zeros")
    assert ((zeros == 0) & np.signbit(zeros)).any() and ((zeros == 0) & ~np.signbit(zeros)).any()
    tied = x("layers/max-pool/winner:share/ties")[0, :2, :2, 0]
    assert sum(np.count_nonzero(w == w.max()) > 1 for w in [tied]) or len(np.unique(tied)) < tied.size
    assert not layer("layers/dense/w_square/dead").weight[:, 0].any()
    one_sided = layer("layers/dense/alpha_beta:2,1/one-sided")
    assert (one_sided.weight[:, 0] > 0).all() and (one_sided.weight[:, 1] < 0).all()
    assert (by_id["layers/dense/alpha_beta:2,1/one-sided"].answer.ledger["layer"].dropped != 0).all()
    assert (by_id["layers/dense/zero/negative"].start < 0).all()
    assert len(x("layers/dense/zero/batch-1")) == 1 and len(x("layers/dense/zero/batch-7")) == 7


def test_numbers_are_the_stated_recurrence():
    state = int.from_bytes(__import__("hashlib").sha256(b"a").digest()[:8], "little")
    state = (6364136223846793005 * state + 1442695040888963407) % 2**64
    assert Numbers("a").draw(1000) == (state >> 33) % 1000
    values = Numbers("a").array(7, 11)
    assert np.array_equal(values, values.astype(np.float32)) and values.all() and abs(values).max() <= 3


def test_written_twice_the_bytes_are_the_same(folder, tmp_path):
    conformance.write(tmp_path, SOME)
    files = sorted(p.relative_to(folder) for p in folder.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    for name in files:
        assert (folder / name).read_bytes() == (tmp_path / name).read_bytes(), name


def test_json_holds_exact_numbers_that_anyone_can_redo(folder):
    """The epsilon rule on the dense layer, redone from the file alone."""
    told = json.loads((folder / "layers" / "dense.json").read_text())
    assert told["format"] == "lrp-vectors" and told["format_version"] == 1
    case = next(c for c in told["cases"] if c["id"] == "layers/dense/epsilon:0.25/zeros")
    assert case["arithmetic"] == "exact" and "-0" in case["x"]["x"]["values"]

    def array(data):
        values = np.array([Fraction(v) for v in data["values"]], dtype=object)
        return values.reshape(data["shape"])

    weights = case["network"]["layers"][1]["weights"]
    x, w, b, R = map(array, (case["x"]["x"], weights["weight"], weights["bias"], case["start"]))
    got = array(case["relevances"]["x"])
    line = case["ledger"][0]
    for n in range(2):
        expected = [Fraction(0)] * 3
        for k in range(5):
            z = sum(x[n, i] * w[i, k] for i in range(3)) + b[k]
            stabilized = z + Fraction(1, 4) * (1 if z >= 0 else -1)
            for i in range(3):
                expected[i] += x[n, i] * w[i, k] / stabilized * R[n, k]
        assert list(got[n]) == expected
        parts = [Fraction(line[key][n]) for key in ("passed", "bias", "stabilizer", "dropped")]
        assert Fraction(line["received"][n]) == sum(parts)


def test_hdf5_holds_the_same_rounded_once(folder):
    with h5py.File(folder / "vectors.h5") as file:
        assert file.attrs["format"] == "lrp-vectors"
        for vector in conformance.read(folder):
            stored = file[vector.id]
            for node in vector.relevances:
                assert np.array_equal(stored["relevances"][node][...], vector.relevance(node))
            x = stored["x"][vector.inputs()[0]][...]
            assert np.array_equal(np.signbit(x), np.signbit(vector.case.x[vector.inputs()[0]]))
        ledger = file["layers/dense/zero/signed/ledger/layer"][...]
        assert ledger.shape == (5, 2)
        assert np.allclose(ledger[0], ledger[1:].sum(axis=0))


def test_a_vector_read_back_is_the_case(folder):
    by_id = {case.id: case for case in conformance.cases() if case.id.startswith(SOME)}
    vectors = list(conformance.read(folder))
    assert [v.id for v in vectors] == list(by_id)
    for vector in vectors[::3]:
        case, other = by_id[vector.id], vector.case
        assert vector.exact == case.exact and other.composite == case.composite and other.target == case.target
        for name, relevance in case.answer.relevances.items():
            assert np.array_equal(other.answer.relevances[name], relevance)
    shared = next(v for v in vectors if "shared" in v.id).case.network
    assert shared.nodes["fc1"].layer is shared.nodes["fc2"].layer
    assert not next(v for v in vectors if "tanh" in v.id).exact


def test_damaged_files_are_refused(folder, tmp_path):
    with pytest.raises(LoadError, match="got a file that cannot be read .No such file"):
        list(conformance.read(tmp_path))
    conformance.write(tmp_path, "layers/tanh")
    path = tmp_path / "layers" / "tanh.json"
    text = path.read_text()
    path.write_text(text.replace("tanh", "relu"))
    with pytest.raises(LoadError, match="manifest"):
        list(conformance.read(tmp_path))
    path.write_text('{"format": "lrp-vectors", "format_version": 99}')
    with pytest.raises(LoadError, match="version 1"):
        list(conformance.read(tmp_path))
    with pytest.raises(LoadError, match="lacks"):
        conformance.Vector({"id": "x"})
    with pytest.raises(LoadError, match="network"):
        plain.as_network({"layers": [{"class": "Nothing"}], "nodes": [], "outputs": []})
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveError):
        conformance.write(tmp_path / "file", "layers/tanh")


def test_plain_settings():
    assert plain.network(next(conformance.cases()).network)["layers"][0]["settings"]["shape"] == [3]
    assert plain._plain((Fraction(1, 2), (1, "a"))) == ["1/2", [1, "a"]]
    assert list(plain.fractions({"shape": [2], "values": ["1/3", "-0"]})) == [Fraction(1, 3), 0]


def test_the_command_line_writes_and_checks(tmp_path, capsys):
    assert main(["vectors", "write", str(tmp_path / "v"), "--only", "layers/dense/z_plus/"]) == 0
    assert "9 cases" in capsys.readouterr().out
    with h5py.File(tmp_path / "results.h5", "w") as file:
        for vector in conformance.read(tmp_path / "v"):
            file[f"{vector.id}/x"] = vector.relevance("x")
    arguments = ["vectors", "check", str(tmp_path / "v"), "--against", str(tmp_path / "results.h5")]
    assert main(arguments) == 0
    assert "9 of 9 cases agree" in capsys.readouterr().out
    with h5py.File(tmp_path / "results.h5", "r+") as file:
        file["layers/dense/z_plus/signed/x"][...] *= 2
    assert main(arguments) == 1
    assert "every number is 2 times the expected one" in capsys.readouterr().out
    assert main(["vectors", "check", str(tmp_path / "nowhere"), "--against", str(tmp_path / "results.h5")]) == 2
