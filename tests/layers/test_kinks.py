"""Activations exactly at their kinks: the value by the formula, and the slope on the left (0 at 0 for ReLU)."""

from fractions import Fraction as F

import numpy as np
import pytest

from lrp import layers as L

H = F(1, 2)
# layer: [(z, f(z), f'(z)), ...]
TABLE = {
    "relu": (L.ReLU(), [(-1, 0, 0), (0, 0, 0), (1, 1, 1)]),
    "relu-cut": (L.ReLU(H), [(0, 0, 0), (F(1, 4), F(1, 4), 1), (H, H, 0), (1, H, 0)]),
    "leaky-relu": (L.LeakyReLU(H), [(-1, -H, H), (0, 0, H), (1, 1, 1)]),
    "threshold-relu": (L.ThresholdReLU(2, H, 1), [(0, -H, H), (1, 1, H), (F(3, 2), F(3, 2), 1), (2, 2, 0), (3, 2, 0)]),
    "threshold-relu-open": (L.ThresholdReLU(None, H, 1), [(0, -H, H), (1, 1, H), (2, 2, 1)]),
    "threshold": (L.Threshold(H, 3), [(0, 3, 0), (H, 3, 0), (1, 1, 1)]),
    "hard-shrink": (L.HardShrink(H), [(-1, -1, 1), (-H, 0, 0), (0, 0, 0), (H, 0, 0), (1, 1, 1)]),
    "soft-shrink": (L.SoftShrink(H), [(-1, -H, 1), (-H, 0, 0), (0, 0, 0), (H, 0, 0), (1, H, 1)]),
    "hard-tanh": (L.HardTanh(-1, H), [(-2, -1, 0), (-1, -1, 0), (0, 0, 1), (H, H, 0), (1, H, 0)]),
    "hard-sigmoid": (L.HardSigmoid(H), [(-2, 0, 0), (-1, 0, 0), (0, H, H), (1, 1, 0), (2, 1, 0)]),
    "hard-silu": (L.HardSiLU(), [(-4, 0, 0), (-3, 0, 0), (0, 0, H), (1, F(2, 3), F(5, 6)), (3, 3, 1), (4, 4, 1)]),
    "sparse-plus": (L.SparsePlus(), [(-2, 0, 0), (-1, 0, 0), (0, F(1, 4), H), (1, 1, 1), (2, 2, 1)]),
    "abs": (L.Abs(), [(-2, 2, -1), (0, 0, 0), (2, 2, 1)]),
    "softsign": (L.Softsign(), [(-1, -H, F(1, 4)), (0, 0, 1), (1, H, F(1, 4))]),
    "prelu": (L.PReLU(np.array([H])), [(-1, -H, H), (0, 0, H), (1, 1, 1)]),
    "power": (L.Power(2, 3, 1), [(0, 1, 6), (1, 16, 24), (-1, 4, -12)]),
}


IN_TORCH = ("relu leaky-relu threshold hard-shrink soft-shrink hard-tanh hard-silu abs softsign prelu").split()


@pytest.mark.parametrize("name", TABLE)
def test_values_and_slopes(name):
    layer, rows = TABLE[name]
    z, value, slope = (np.array([[F(row[i]) for row in rows]], dtype=object).T for i in range(3))
    y = layer.compute(z)
    assert (y == value).all(), y
    assert (layer.pullback(z * 0 + 1, (z,), y)[0] == slope).all()


@pytest.mark.parametrize("name", IN_TORCH)
def test_values_equal_those_of_torch(name):
    torch = pytest.importorskip("torch")
    f = torch.nn.functional
    theirs = {
        "relu": f.relu,
        "leaky-relu": lambda z: f.leaky_relu(z, 0.5),
        "threshold": lambda z: f.threshold(z, 0.5, 3.0),
        "hard-shrink": lambda z: f.hardshrink(z, 0.5),
        "soft-shrink": lambda z: f.softshrink(z, 0.5),
        "hard-tanh": lambda z: f.hardtanh(z, -1.0, 0.5),
        "hard-silu": f.hardswish,
        "abs": torch.abs,
        "softsign": f.softsign,
        "prelu": lambda z: f.prelu(z, torch.tensor([0.5], dtype=torch.float64)),
    }[name]
    layer, rows = TABLE[name]
    z = np.array([[float(row[0])] for row in rows])
    np.testing.assert_allclose(
        layer.astype("float64").compute(z), theirs(torch.tensor(z)).numpy(), rtol=1e-15, atol=1e-15
    )
