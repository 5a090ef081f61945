"""BatchNorm folding is a pure rewrite: same outputs, and left alone where it would not be exact."""

import numpy as np
import pytest

import lrp
from lrp import layers as L
from tests.cases import numbers


def norm(rng, c):
    return L.BatchNorm(rng.normal(size=c), rng.uniform(0.5, 2, size=c), rng.normal(size=c), rng.normal(size=c))


def conv(rng, padding="valid", groups=1, bias=True, channels=4):
    bias = numbers(rng, (6,)) if bias else None
    return L.Conv(numbers(rng, (2, 3, channels // groups, 6)), bias, padding=padding, groups=groups)


def kinds(network):
    return [type(node.layer).__name__ for node in network.nodes.values()]


FOLDED = {
    "conv then norm": lambda r: [conv(r, "same"), norm(r, 6), L.ReLU()],
    "conv without bias then norm": lambda r: [conv(r, bias=False), norm(r, 6)],
    "norm then conv without padding": lambda r: [norm(r, 4), conv(r, groups=2)],
    "norm then conv with padding of zeros": lambda r: [norm(r, 4), conv(r, ((0, 0), (0, 0)), bias=False)],
    "norm then dense": lambda r: [norm(r, 4), L.Dense(numbers(r, (4, 3)), numbers(r, (3,)))],
    "two norms": lambda r: [norm(r, 4), conv(r), norm(r, 6)],
}


@pytest.mark.parametrize("build", FOLDED.values(), ids=FOLDED)
def test_folding_keeps_the_outputs(build, rng):
    network, x = lrp.Network.sequential(build(rng), (5, 7, 4)), numbers(rng, (2, 5, 7, 4))
    folded = lrp.fold_batchnorm(network)
    assert "BatchNorm" not in kinds(folded) and "BatchNorm" in kinds(network)
    assert folded.forward(x).output == pytest.approx(network.forward(x).output, rel=1e-9, abs=1e-12)
    folded.explain(x, 0).ledger.check()


def test_exact_folding_is_equal(rng):
    network = lrp.Network.sequential(FOLDED["two norms"](rng), (3, 4, 4)).exact()
    x = numbers(rng, (1, 3, 4, 4), "exact")
    assert (lrp.fold_batchnorm(network).forward(x).output == network.forward(x).output).all()


def test_what_is_not_exact_is_left_alone(rng):
    padded = lrp.Network.sequential([norm(rng, 4), conv(rng, "same")], (5, 7, 4))
    assert kinds(lrp.fold_batchnorm(padded)) == kinds(padded)
    after_relu = lrp.Network.sequential([L.ReLU(), norm(rng, 4), L.ReLU()], (5, 7, 4))
    assert kinds(lrp.fold_batchnorm(after_relu)) == kinds(after_relu)


def test_shared_and_branching_values_are_left_alone(rng):
    kernel = conv(rng)
    nodes = [lrp.Node("x", L.Input((5, 7, 4))), lrp.Node("y", L.Input((5, 7, 4)))]
    nodes += [lrp.Node("c1", kernel, "x"), lrp.Node("c2", kernel, "y"), lrp.Node("n", norm(rng, 6), "c1")]
    shared = lrp.Network([*nodes, lrp.Node("out", L.Add(), ("n", "c2"))])
    assert "n" in lrp.fold_batchnorm(shared).nodes
    branch = [lrp.Node("x", L.Input((4,))), lrp.Node("d", L.Dense(numbers(rng, (4, 3))), "x")]
    branch += [lrp.Node("n", norm(rng, 3), "d"), lrp.Node("out", L.Add(), ("n", "d"))]
    assert "n" in lrp.fold_batchnorm(lrp.Network(branch)).nodes


def test_an_output_keeps_its_place(rng):
    network = lrp.Network.sequential([L.Dense(numbers(rng, (4, 3))), norm(rng, 3)], (4,))
    assert lrp.fold_batchnorm(network).outputs == ("dense1",)
    assert np.isfinite(lrp.fold_batchnorm(network).forward(np.ones((1, 4))).output).all()


def test_a_norm_with_two_followers_is_left_alone(rng):
    nodes = [lrp.Node("x", L.Input((4,))), lrp.Node("n", norm(rng, 4), "x")]
    nodes += [lrp.Node("a", L.Dense(numbers(rng, (4, 3))), "n"), lrp.Node("b", L.ReLU(), "n")]
    assert "n" in lrp.fold_batchnorm(lrp.Network(nodes)).nodes
