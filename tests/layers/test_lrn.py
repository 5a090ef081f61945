"""LRN by scalar loops: its exact value, and windows of an even size by both conventions."""

from fractions import Fraction

import numpy as np
import pytest

import lrp
from lrp import layers as L
from lrp.errors import SettingError
from tests import oracles
from tests.cases import numbers


@pytest.mark.parametrize("longer", ["after", "before"])
@pytest.mark.parametrize("size, beta", [(3, 1), (4, 2), (5, 1), (2, 3)])
def test_the_exact_value(size, beta, longer, rng):
    alpha, k = Fraction(3, 2), Fraction(5, 4)
    layer, x = L.LRN(size, alpha, beta, k, longer=longer), numbers(rng, (2, 3, 7), "exact")
    y = layer.compute(x)
    for n, t in np.ndindex(2, 3):
        assert y[n, t].tolist() == oracles.lrn_value(x[n, t].tolist(), size, alpha, beta, k, longer)


def torch_window(i, length, size):
    """The channels that torch averages: zeros are padded, size // 2 before and (size - 1) // 2 after."""
    padded = [None] * (size // 2) + list(range(length)) + [None] * ((size - 1) // 2)
    return [j for j in padded[i : i + size] if j is not None]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6])
def test_longer_before_is_the_convention_of_torch(size, rng):
    x = rng.normal(size=(2, 7))
    y = L.LRN(size, 0.9, 0.75, 1.5, longer="before").compute(x)
    for n, i in np.ndindex(2, 7):
        squares = sum(x[n, j] ** 2 for j in torch_window(i, 7, size))
        assert y[n, i] == pytest.approx(x[n, i] * (1.5 + 0.9 / size * squares) ** -0.75, rel=1e-13)


def test_torch_itself(rng):
    torch = pytest.importorskip("torch")
    x = rng.normal(size=(2, 3, 7))
    for size in (2, 4, 5):
        norm = torch.nn.LocalResponseNorm(size, 0.9, 0.75, 1.5)
        expected = norm(torch.tensor(np.moveaxis(x, -1, 1))).numpy()
        y = L.LRN(size, 0.9, 0.75, 1.5, longer="before").compute(x)
        np.testing.assert_allclose(np.moveaxis(y, -1, 1), expected, rtol=1e-12)


def test_the_longer_side_changes_an_even_window_alone(rng):
    x = rng.normal(size=(2, 7))
    for size in range(1, 7):
        after, before = (L.LRN(size, 0.9, 0.75, longer=side).compute(x) for side in ("after", "before"))
        assert (after == before).all() == (size % 2 == 1)


def test_the_longer_side_in_files(tmp_path, rng):
    """The default is not written, so files are the same bytes as without the argument."""
    assert "longer" not in L.LRN(4).settings() and L.LRN(4, longer="before").settings()["longer"] == "before"
    network = lrp.Network.sequential([L.LRN(4, 0.5, longer="before"), L.Dense(rng.normal(size=(5, 2)))], (5,))
    lrp.save(network, tmp_path / "m.h5")
    again, x = lrp.load(tmp_path / "m.h5"), rng.normal(size=(3, 5))
    assert again.forward(x).output.tobytes() == network.forward(x).output.tobytes()


def test_an_unknown_side():
    with pytest.raises(SettingError, match="LRN: expected longer to be 'after' .ONNX. or 'before' .torch., got 'left'"):
        L.LRN(4, longer="left")
