"""The fast implementations give what the reference gives: the same decisions, and numbers equal up to rounding."""

import numpy as np
import pytest

import lrp.models
from lrp import arrays
from lrp.implementation import use_reference
from lrp.layers import Conv, LinearLayer
from lrp.rules import fast, reference
from tests.cases import case_id, cases, numbers, rules_of

LINEAR = [case for case in cases() if isinstance(case.build(np.random.default_rng(0)), LinearLayer)]


def both(case, rule, rng, dtype):
    layer = case.build(rng).astype(dtype)
    (x,) = case.inputs(rng, 3, dtype)
    z = layer.compute(x)
    R = numbers(rng, z.shape, dtype)
    return fast.divide(rule, layer, x, z, R), reference.divide(rule, layer, x, z, R), R


@pytest.mark.parametrize("dtype", ["exact", "float64", "float32"])
@pytest.mark.parametrize("case", LINEAR, ids=case_id)
def test_fast_equals_reference(case, dtype, rng):
    if dtype == "exact" and not case.exact:
        pytest.skip("a layer without exact arithmetic")
    for rule in rules_of(case, linear=True):
        if dtype == "exact" and rule.stabilizer.rms:
            continue  # a root
        a, b, R = both(case, rule, rng, dtype)
        gross = np.maximum(a.gross, b.gross) + arrays.sum_abs(R)
        bound = 8 * arrays.epsilon_of(R) * gross
        for name in ("bias", "stabilizer", "dropped", "gross"):
            assert (abs(getattr(a, name) - getattr(b, name)) <= bound).all(), (rule.text(), name)
        difference = arrays.sum_abs(a.parts[0] - b.parts[0])
        assert (difference <= bound * max(1, a.parts[0][0].size) ** 0.5).all(), rule.text()
        assert ((a.dropped == 0) == (b.dropped == 0)).all(), rule.text()
        if dtype == "exact":
            assert (a.parts[0] == b.parts[0]).all(), rule.text()


@pytest.mark.parametrize("composite", ["epsilon-gamma-box", "alpha2-beta1", "epsilon-plus-flat"])
def test_a_network_on_the_reference_alone(composite, monkeypatch):
    network = lrp.models.load("mnist-lenet")
    x = np.random.default_rng(0).random((2, 28, 28, 1))
    wanted = network.explain(x, target=3, composite=composite)
    calls = []
    honest = reference.divide
    monkeypatch.setattr(reference, "divide", lambda *a: calls.append(a) or honest(*a))
    monkeypatch.setenv("LRP_REFERENCE", "1")
    assert use_reference()
    found = network.explain(x, target=3, composite=composite)
    found.ledger.check()
    assert len(calls) >= 4
    assert np.allclose(found.relevance, wanted.relevance, rtol=1e-9, atol=1e-12 * abs(wanted.relevance).max())


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_a_convolution_on_the_reference_alone(groups, monkeypatch, rng):
    layer = Conv(
        rng.normal(size=(3, 2, 4 // groups, 8)).astype("f4"), None, stride=(2, 1), padding="same", groups=groups
    )
    x = rng.normal(size=(2, 7, 6, 4)).astype("f4")
    s = rng.normal(size=layer.compute(x).shape).astype("f4")
    fast_results = layer.apply(layer.weight, x), layer.adjoint(layer.weight, s, x.shape)
    monkeypatch.setenv("LRP_REFERENCE", "1")
    for a, b in zip(fast_results, (layer.apply(layer.weight, x), layer.adjoint(layer.weight, s, x.shape)), strict=True):
        assert a.dtype == b.dtype == np.float32 and np.allclose(a, b, rtol=1e-5, atol=1e-5)
