"""The ledger: one line a node, every sample's own, totals, text, JSON, and the error that names the node."""

import json
from dataclasses import replace

import numpy as np
import pytest

from lrp.errors import LedgerError
from tests.cases import numbers
from tests.graph.nets import lenet, logits


@pytest.fixture
def ledger(rng):
    return lenet(rng).explain(numbers(rng, (3, 6, 8, 2)), 1, "epsilon-alpha2-beta1").ledger


def test_lines_and_total(ledger):
    assert [line.name for line in ledger.lines][:2] == ["dense2", "relu3"] and len(ledger) == 3
    total = ledger.total()
    assert total.received == pytest.approx(ledger["dense2"].received)
    assert total.bias == pytest.approx(sum(line.bias for line in ledger.lines))
    explained = total.passed + total.bias + total.stabilizer + total.dropped
    assert explained == pytest.approx(total.received, rel=1e-9)
    ledger.check()


def test_one_sample_has_its_own_ledger(ledger):
    for i in (0, 2, -1):
        alone = ledger.sample(i)
        assert len(alone) == 1
        assert alone["conv1"].bias[0] == ledger["conv1"].bias[i] and alone.start[0] == ledger.start[i]
        alone.check()
    with pytest.raises(IndexError):
        ledger.sample(3)


def test_table(ledger):
    lines = ledger.table(sample=1).splitlines()
    assert lines[0].split() == [
        "node",
        "layer",
        "rule",
        "received",
        "passed",
        "bias",
        "stabilizer",
        "dropped",
        "residual",
    ]
    assert len(lines) == len(ledger.lines) + 4 and lines[-1].startswith("total")
    assert f"{ledger['conv2'].bias[1]:.6g}" in next(line for line in lines if line.startswith("conv2"))


def test_json(ledger, rng):
    data = json.loads(ledger.to_json())
    assert [node["name"] for node in data["nodes"]] == [line.name for line in ledger.lines]
    assert data["total"]["received"] == ledger.start.tolist()
    exact = logits(rng).exact().explain(np.full((1, 5), 0.5), 0, "*=zero").ledger
    assert all(isinstance(v, str) for node in json.loads(exact.to_json())["nodes"] for v in node["received"])


def test_a_line_that_does_not_close_is_named(ledger):
    broken = replace(ledger.lines[3], passed=ledger.lines[3].passed + np.array([0, 1.0, 0]))
    wrong = replace(ledger, lines=(*ledger.lines[:3], broken, *ledger.lines[4:]))
    with pytest.raises(LedgerError, match=f"{broken.name}: the ledger of sample 1 does not close: received"):
        wrong.check()
    with pytest.raises(LedgerError, match="total: the ledger of sample 0 does not close"):
        replace(ledger, arrived=ledger.arrived + 1).check()
    with pytest.raises(LedgerError, match="does not close"):
        replace(ledger, start=ledger.start * np.nan).check()


def test_an_unknown_node(ledger):
    with pytest.raises(StopIteration):
        ledger["nowhere"]
