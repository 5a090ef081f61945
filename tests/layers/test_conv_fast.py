"""The fast float32 convolution: every method, in blocks of every size, against scalar loops."""

import numpy as np
import pytest

from lrp import arrays, parallel
from lrp.layers import Conv, Dense
from lrp.layers.convolution import columns as conv_columns
from lrp.layers.convolution import float32 as conv_fast
from lrp.rules import engine, flows, parse
from tests import oracles

SHIFTED = {"SHIFTED_CHANNELS": 1, "SHIFTED_ROWS": 1, "SHIFTED_WASTE": 1e9}
COLUMNS = {"SHIFTED_CHANNELS": 10**9}
METHODS = {  # thresholds that leave one method, and one way back
    "shifted": (SHIFTED, {}),
    "columns": (COLUMNS, {"FEW_CHANNELS": 0, "SHORT": 10**9}),
    "columns, scattered": (COLUMNS, {"FEW_CHANNELS": 0, "SHORT": 0}),
    "columns first in memory": (COLUMNS, {"FEW_CHANNELS": 100}),
}
CASES = {  # kernel, spatial, stride, padding, dilation, groups
    "texts": ((3,), (7,), 1, "valid", 1, 1),
    "texts, dilated": ((2,), (9,), 1, ((1, 2),), 3, 2),
    "pictures": ((3, 2), (5, 7), 1, "same", 1, 1),
    "pictures, uneven padding": ((2, 3), (6, 5), 1, ((1, 0), (0, 2)), 1, 2),
    "pictures, dilated": ((2, 3), (5, 7), 1, ((0, 1), (2, 2)), 2, 1),
    "pictures, strides": ((3, 2), (8, 7), (2, 3), "valid", 1, 2),
    "pictures, strides and dilation": ((2, 2), (9, 7), 2, ((1, 1), (0, 0)), (1, 2), 1),
    "texts, depthwise": ((3,), (7,), 2, ((1, 0),), 1, 4),
    "pictures, depthwise": ((3, 2), (5, 7), 1, "same", (1, 2), 4),
    "points": ((1, 1), (3, 5), 1, "valid", 1, 1),
    "points, padded": ((1, 1), (3, 5), 1, ((1, 0), (0, 1)), 1, 1),
    "points, strides": ((1, 1), (3, 5), 2, "valid", 1, 1),
    "pictures, padding wider than the kernel": ((2, 3), (4, 5), 1, ((3, 1), (0, 4)), 1, 1),
    "pictures, small": ((3, 3), (3, 4), 1, "same", 1, 1),
    "volumes": ((2, 1, 3), (4, 3, 5), 1, "same", 1, 1),
    "volumes, strides": ((2, 3, 1), (5, 4, 3), (2, 1, 2), "same", 1, 1),
}


def setup(case, rng, dtype="float32"):
    kernel, spatial, stride, padding, dilation, groups = CASES[case]
    features = 8 if groups == 4 else 6
    weight = rng.normal(size=(*kernel, 4 // groups, features))
    layer = Conv(weight, rng.normal(size=features), stride, padding, dilation, groups).astype(dtype)
    return layer, arrays.cast(rng.normal(size=(3, *spatial, 4)), dtype)


def neurons(layer, weight, x):
    """Each output's list of (position, x, w), by the oracle's loops."""
    pads = layer.windows.pads(x.shape[:-1])
    tables = [(dict(np.ndenumerate(a.astype(float))), a.shape) for a in (x, weight)]
    return oracles.conv_neurons(*tables, None, layer.stride, pads, layer.dilation, layer.groups)


@pytest.fixture(params=[(1 << 19, 1), (100, 3), (1, 2)])
def block(request, monkeypatch):
    """The size of the blocks, and on how many threads they are computed; every product is large enough for them."""
    for module in (conv_fast, conv_columns):
        monkeypatch.setattr(module, "BLOCK", request.param[0])
        monkeypatch.setattr(module, "LEAST", 1)
    monkeypatch.setattr(conv_columns, "ROWS", 1)
    monkeypatch.setattr(parallel, "MIN_FLOPS", 1)
    monkeypatch.setenv("LRP_THREADS", str(request.param[1]))


@pytest.fixture(params=METHODS)
def method(request, monkeypatch):
    for module, thresholds in zip((conv_fast, conv_columns), METHODS[request.param], strict=True):
        for name, value in thresholds.items():
            monkeypatch.setattr(module, name, value)


@pytest.mark.parametrize("case", CASES)
def test_apply_and_adjoint_are_the_loops(case, method, block, rng):
    layer, x = setup(case, rng)
    y = layer.apply(layer.weight, x)
    s = rng.normal(size=y.shape).astype("float32")
    back = layer.adjoint(layer.weight, s, x.shape)
    assert y.dtype == back.dtype == np.float32 and back.shape == x.shape
    for n in range(len(x)):
        expected, returned = np.zeros(y.shape[1:]), np.zeros(x.shape[1:])
        for place, (inputs, _) in neurons(layer, layer.weight, x[n]).items():
            expected[place] = sum(value * w for _, value, w in inputs)
            for position, _, w in inputs:
                returned[position] += w * s[(n, *place)]
        np.testing.assert_allclose(y[n], expected, rtol=0, atol=2e-6 * abs(expected).max())
        np.testing.assert_allclose(back[n], returned, rtol=0, atol=2e-6 * abs(returned).max())


@pytest.mark.parametrize("dtype", ["float32", "float64", "exact"])
@pytest.mark.parametrize("case", CASES)
def test_equal_weights_are_sums(case, dtype, rng):
    layer, _ = setup(case, rng, dtype)
    x = rng.integers(-5, 6, size=(2, *CASES[case][1], 4))
    x = x.astype(object if dtype == "exact" else dtype)
    ones = flows.all_ones(layer.weight)
    y = layer.apply(ones, x)
    s = rng.integers(-5, 6, size=y.shape).astype(x.dtype)
    back = layer.adjoint(ones, s, x.shape)
    for n in range(len(x)):
        expected, returned = np.zeros(y.shape[1:]), np.zeros(x.shape[1:])
        for place, (inputs, _) in neurons(layer, ones, x[n]).items():
            expected[place] = sum(value for _, value, _ in inputs)
            for position, _, _ in inputs:
                returned[position] += s[(n, *place)]
        assert (y[n] == expected).all() and (back[n] == returned).all()


@pytest.mark.parametrize("dtype", ["float32", "float64", "exact"])
def test_equal_weights_of_a_dense_layer_are_sums(dtype, rng):
    layer = Dense(rng.normal(size=(5, 3)), rng.normal(size=3)).astype(dtype)
    x, s = rng.integers(-5, 6, size=(2, 7, 5)), rng.integers(-5, 6, size=(2, 7, 3))
    x, s = (a.astype(object if dtype == "exact" else dtype) for a in (x, s))
    ones = flows.all_ones(layer.weight)
    assert (layer.apply(ones, x) == x @ np.ones((5, 3), dtype=int)).all()
    assert (layer.adjoint(ones, s, x.shape) == s @ np.ones((3, 5), dtype=int)).all()


def test_shapes_decide_the_method():
    wide = Conv(np.ones((3, 3, 64, 64)), padding=1).windows
    assert conv_fast.by_shifts(wide, (28, 28), 64)
    assert not conv_fast.by_shifts(wide, (28, 28), 3), "few channels"
    assert not conv_fast.by_shifts(wide, (7, 7), 64), "few rows"
    assert not conv_fast.by_shifts(Conv(np.ones((9, 9, 64, 64))).windows, (40, 16), 64), "most rows are thrown away"
    assert not conv_fast.by_shifts(Conv(np.ones((3, 3, 64, 64)), stride=2).windows, (99, 99), 64), "strides"


@pytest.mark.parametrize("rule", ["zero", "epsilon:0.01", "gamma", "alpha_beta:2,1", "z_plus", "flat", "z_box:-9,9"])
def test_float32_agrees_with_float64_and_its_ledger_closes(rule, method, rng):
    layer, x = setup("pictures", rng, "float64")
    x[0, :3] = 0
    results = []
    for dtype in ("float64", "float32"):
        cast, a = layer.astype(dtype), x.astype(dtype)
        y = cast.compute(a)
        R = np.abs(y)  # in proportion to z: no denominator magnifies rounding
        share = cast.distribute(R, parse(rule), (a,), y)
        received, passed = (v.sum(axis=(1, 2, 3), dtype=np.float64) for v in (R, share.parts[0]))
        residual = received - passed - share.bias - share.stabilizer - share.dropped
        assert (abs(residual) <= 8 * np.finfo(dtype).eps * (share.gross + received)).all()
        results.append(share.parts[0])
    np.testing.assert_allclose(results[1], results[0], rtol=0, atol=1e-4 * abs(results[0]).max())


def test_inputs_and_weights_stay_as_they_are(method, rng):
    layer, x = setup("pictures", rng)
    before = [a.copy() for a in (x, layer.weight, layer.bias)]
    first, second = layer.compute(x), layer.compute(x)
    R = rng.normal(size=first.shape).astype("float32")
    for rule in ("alpha_beta:2,1", "flat", "w_square"):
        engine.distribute(parse(rule), layer, x, first, R)
    assert all((a == b).all() for a, b in zip(before, (x, layer.weight, layer.bias), strict=True))
    assert (first == second).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("fired", [True, False], ids=["neurons that fired", "neurons that did not"])
def test_the_positive_part_is_derived_only_where_it_rounds_well(dtype, fired, rng):
    """With R at neurons with z < 0 alone, z - z^- would cancel: z^+ is a thousandth of |z^-|."""
    weight, x = rng.uniform(0.5, 1, size=(2, 3, 5, 7)), rng.uniform(0, 1, size=(2, 4, 5, 5))
    weight[:, :, 1:] *= 1e-3 if fired else -1e3
    results = []
    for kind in ("float64" if dtype == "float32" else "exact", dtype):
        layer, a = Conv(weight).astype(kind), arrays.cast(x, kind)
        y = layer.compute(a)
        assert ((y > 0) == fired).all()
        share = layer.distribute(y, parse("alpha_beta:2,1"), (a,), y)
        results.append(share.parts[0].astype(float))
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(results[1], results[0], rtol=100 * eps, atol=100 * eps)
