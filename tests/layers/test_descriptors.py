"""Fisher pooling and histograms: the fast sums against their definition, what is dropped, gradients at positions."""

from fractions import Fraction

import numpy as np
import pytest

from lrp import layers as L
from lrp import rules
from lrp.errors import RuleError
from lrp.layers.local_features.descriptor_relevance import divide
from lrp.layers.local_features.sift_grid import Axis
from tests import oracles
from tests.cases import numbers, weight

PYRAMID = ((1, 1), (2, 1), (1, 3))


def pooling(rng, pyramid=((1, 1),)):
    """An exact FisherPooling of 3 components in 2 dimensions."""
    arrays = weight(rng, 3, 2), 1 + abs(weight(rng, 3, 2)), weight(rng, 3, 2), weight(rng, 3)
    return L.FisherPooling(*arrays, pyramid).astype("exact")


def test_the_sums_are_those_of_the_statistics(rng):
    layer = pooling(rng)
    x, gamma, factor = (numbers(rng, shape, "exact") for shape in ((7, 2), (7, 3), (12,)))
    m = layer.statistics(x, gamma)
    assert (layer.sums.total(x, gamma) == m.sum(axis=0)).all()
    flows = sum(layer.sums.weighted(x, gamma, factor))
    assert (flows.sum(axis=1) == m @ factor).all()
    by_entry = (m * factor).reshape(7, 2, 3, 2).sum(axis=(1, 2))  # statistics of the same entry of l
    assert (flows == by_entry).all()


def test_the_statistics_by_loops(rng):
    layer = pooling(rng)
    x, gamma = numbers(rng, (7, 2), "exact"), numbers(rng, (7, 3), "exact")
    m = layer.statistics(x, gamma).reshape(7, 2, 3, 2)
    for l, k, d in np.ndindex(7, 3, 2):
        away = x[l, d] - layer.means[k, d]
        assert m[l, 0, k, d] == gamma[l, k] * away * layer.mean_scale[k, d]
        expected = gamma[l, k] * (away * away / layer.variances[k, d] - 1) * layer.sigma_scale[k]
        assert m[l, 1, k, d] == expected


STABILIZERS = {
    "zero": {},
    "epsilon:0.5": {"eps": Fraction(1, 2)},
    "epsilon:0.5,stab=plus": {"eps": Fraction(1, 2), "stab": "plus"},
    "epsilon:0.5,stab=clip": {"eps": Fraction(1, 2), "stab": "clip"},
    "zero:stab=one": {"stab": "one"},
    "epsilon:0.5,sink=spread": {"eps": Fraction(1, 2)},
}


@pytest.mark.parametrize("text", STABILIZERS)
def test_the_division_by_loops(text, rng):
    """A sum of 0 goes to everybody, a stabilized sum of 0 is dropped: -1/2 under stab=plus."""
    total = np.array([Fraction(0), Fraction(-1, 2), Fraction(1, 2), Fraction(3), Fraction(-2)], dtype=object)
    R = numbers(rng, (5,), "exact") + 1
    rule = rules.parse(text)
    divided = divide(R, total, rule)
    for d in range(5):
        full = oracles.stabilized(total[d], **STABILIZERS[text])
        kept = total[d] != 0 and full != 0
        factor = R[d] / full if kept else 0
        leak = factor * (full - total[d])
        spread = text.endswith("spread")
        assert divided.factor[d] == factor
        assert divided.everywhere[d] == (R[d] if total[d] == 0 else leak if spread else 0)
        assert divided.stabilizer[d] == (0 if spread else leak)
        assert divided.dropped[d] == (R[d] if total[d] != 0 and full == 0 else 0)
    assert divided.dropped.any() == ("plus" in text)


def test_what_is_dropped_reaches_the_ledger(rng):
    """One histogram bin of sum -1/2 under stab=plus with eps = 1/2: its relevance is dropped, the rest conserved."""
    m = np.array([[[Fraction(-1, 4), Fraction(1)], [Fraction(-1, 4), Fraction(3)]]], dtype=object)
    layer = L.MeanHistogram()
    y = layer.compute(m)
    R = np.array([[Fraction(5), Fraction(7)]], dtype=object)
    divided = layer.distribute(R, "epsilon:0.5,stab=plus", (m,), y)
    assert divided.dropped.tolist() == [5]
    assert divided.stabilizer.tolist() == [Fraction(7, 9)]  # 7 (1/2) / (4 + 1/2)
    assert divided.parts[0].tolist() == [[[0, Fraction(14, 9)], [0, Fraction(14, 3)]]]


@pytest.mark.parametrize("pyramid", [((1, 1),), PYRAMID])
def test_relevance_by_loops_over_cells_and_descriptors(pyramid, rng):
    layer = pooling(rng, pyramid)
    x, gamma = numbers(rng, (1, 7, 2), "exact"), numbers(rng, (1, 7, 3), "exact")
    places = np.array(
        [[[Fraction(int(a), 8), Fraction(int(b), 8)] for a, b in rng.integers(0, 9, size=(7, 2))]], object
    )
    y = layer.compute(x, gamma, places)
    R = numbers(rng, y.shape, "exact")
    divided = layer.distribute(R, "epsilon:0.5", (x, gamma, places), y)
    m = layer.statistics(x[0], gamma[0])
    cells = []
    for rows, columns in pyramid:
        for r, c in np.ndindex(rows, columns):
            cells.append(
                [
                    l
                    for l in range(7)
                    if min(int(places[0, l, 1] * rows), rows - 1) == r
                    and min(int(places[0, l, 0] * columns), columns - 1) == c
                ]
            )
    expected, stabilizer = np.full((7, 2), Fraction(0)), Fraction(0)
    for cell, members in enumerate(cells):
        for d in range(12):
            total = sum(m[l, d] for l in members)
            assert y[0, cell * 12 + d] == (total / len(members) if members else 0)
            relevance = R[0, cell * 12 + d]
            if total == 0:
                expected[:, d % 2] += relevance / 7  # all descriptors of the picture
                continue
            full = oracles.stabilized(total, Fraction(1, 2))
            stabilizer += relevance * (full - total) / full
            for l in members:
                expected[l, d % 2] += relevance * m[l, d] / full
    assert (divided.parts[0][0] == expected).all()
    assert divided.stabilizer[0] == stabilizer and divided.dropped[0] == 0


def test_gradients_with_positions(rng):
    """Each descriptor by central differences; a position has no gradient, for cells do not change by small steps."""
    layer = L.FisherPooling(weight(rng, 3, 2), 1 + abs(weight(rng, 3, 2)), weight(rng, 3, 2), weight(rng, 3), PYRAMID)
    x, gamma, places = rng.normal(size=(2, 7, 2)), rng.random((2, 7, 3)), rng.random((2, 7, 2))
    y = layer.compute(x, gamma, places)
    g, h = rng.normal(size=y.shape), 1e-6
    parts = layer.pullback(g, (x, gamma, places), y)
    assert not parts[2].any() and parts[2].shape == places.shape
    for which, array in enumerate((x, gamma)):
        for at in np.ndindex(*array.shape):
            above, below = [[a.copy() for a in (x, gamma, places)] for _ in range(2)]
            above[which][at] += h
            below[which][at] -= h
            slope = (g * (layer.compute(*above) - layer.compute(*below))).sum() / (2 * h)
            assert parts[which][at] == pytest.approx(slope, abs=1e-6)


def test_rms_is_refused():
    m = np.ones((1, 3, 2))
    with pytest.raises(RuleError, match="MeanHistogram layer takes .zero or epsilon, without rms."):
        L.MeanHistogram().distribute(np.ones((1, 2)), "zero:rms=0.5", (m,), np.ones((1, 2)))


@pytest.mark.parametrize("length, bin_size, step, bins", [(30, 4, 3, 4), (17, 3, 2, 3), (12, 5, 4, 2)])
def test_a_frames_centre_is_the_mean_of_its_bin_centres(length, bin_size, step, bins):
    axis = Axis(length, bin_size, step, bins, 2.0, False)
    centres = [[o + i * bin_size for i in range(bins)] for o in axis.origins]
    assert axis.centres.tolist() == [sum(row) / bins for row in centres]
    assert max(map(max, centres)) < length and max(map(max, centres)) + step >= length
