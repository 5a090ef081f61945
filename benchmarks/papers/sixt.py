"""Sixt and Landgraf 2022: are the roots where the theory needs them, and does the heatmap depend on the class?

    python benchmarks/papers/sixt.py --mnist FOLDER [--networks 100] [--pictures 100]

Roots: random 10-10-10-2 networks with biases <= 0, positive weights multiplied by 1.4 or by 1.4^3, inputs |N(0, 1)|
with logit 0 above 0.25; the share of first-layer roots with the network gradient of the input, at the end point and at
20 points of the segment. The recursion: constant roots, steered roots, and roots searched for at every layer. Heatmaps
of classes (sixt_classes.py) and roots: the trained MNIST networks.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from common import ROOT, mnist_pictures
from sixt_classes import report_classes, report_random_chain, report_rank

import lrp
from lrp import layers
from lrp.layers.base import LinearLayer
from lrp.taylor import directions, membership
from lrp.taylor.recursive import ConstantRoot, Recursion
from lrp.taylor.roots import Neurons, Roots, neurons_of, roots, roots_at_zero
from lrp.taylor.search import Bisection, MetropolisHastings, searched_roots
from lrp.taylor.searched import searched
from lrp.taylor.steered import steered

Array = np.ndarray
Counts = dict[str, list[tuple[int, int, int]]]
DIRECTIONS = {
    "z+": directions.ZPlus(),
    "w^2": directions.WSquare(),
    "gamma=1": directions.Gamma(1),
}
SEARCHES = {"bisection": Bisection(), "Metropolis-Hastings": MetropolisHastings()}


def random_network(rng: np.random.Generator, factor: float) -> lrp.Network:
    """10-10-10-2, a ReLU behind each layer."""
    chain: list[layers.Layer] = []
    for a, b in ((10, 10), (10, 10), (10, 2)):
        bound = a**-0.5
        w, c = rng.uniform(-bound, bound, (a, b)), rng.uniform(-bound, bound, b)
        chain += [layers.Dense(np.where(w > 0, factor * w, w), -np.abs(np.where(c > 0, factor * c, c))), layers.ReLU()]
    return lrp.Network.sequential(chain, (10,))


def random_inputs(factor: float, count: int, seed: int = 0) -> Iterable[tuple[lrp.Network, Array]]:
    """Networks and inputs (1, 10) with logit 0 above 0.25: `count` of 20 `count` draws at most."""
    rng, used = np.random.default_rng(seed), 0
    for _ in range(20 * count):
        network, x = random_network(rng, factor), np.abs(rng.normal(size=(1, 10)))
        if used < count and network.forward(x).output[0, 0] > 0.25:
            used += 1
            yield network, x


def counted(found: Roots, gradient: membership.GradientOf) -> tuple[int, int, int]:
    """Roots inside by the end point, by 20 points of the segment, and all."""
    end = membership.in_network_region(found, gradient).holds & found.found
    whole = membership.in_network_region(found, gradient, samples=20).holds & found.found
    return int(end.sum()), int(whole.sum()), int(found.found.sum())


def add(counts: Counts, found: dict[str, Roots], gradient: membership.GradientOf) -> None:
    """The counts of one input."""
    for name, r in found.items():
        counts.setdefault(name, []).append(counted(r, gradient))


def show(counts: Counts) -> None:
    """One line for each rule."""
    for name, each in counts.items():
        end, whole, number = np.sum(each, axis=0)
        if number == 0:
            print(f"  {name:8} no roots")
            continue
        shares = f"{100 * end / number:6.1f} % at the end point, {100 * whole / number:5.1f} % on the segment"
        print(f"  {name:8}{shares} ({number} roots)")


def report_roots(count: int) -> None:
    """The share of roots inside the linear region, by rule and initialisation."""
    for factor in (1.4, 1.4**3):
        counts: Counts = {}
        used = 0
        for network, x in random_inputs(factor, count):
            used += 1
            gradient, neurons = membership.gradient_of(network, 0), neurons_of(network.nodes["dense1"].layer, (10,))
            found = {name: roots(neurons, x, direction) for name, direction in DIRECTIONS.items()}
            add(counts, {"LRP-0": roots_at_zero(neurons, x), **found}, gradient)
        print(f"positive weights times {factor:.3f}: {used} networks")
        show(counts)


def report_searched_roots(count: int) -> None:
    """The same networks: the lowest point of the region that a search finds for each neuron of the first layer."""
    for title, search in SEARCHES.items():
        rng, zero, left, total = np.random.default_rng(2), 0, 0.0, 0
        for network, x in random_inputs(1.4**3, count):
            gradient, neurons = membership.gradient_of(network, 0), neurons_of(network.nodes["dense1"].layer, (10,))
            found = searched_roots(neurons, x, lambda a: membership.network_region(gradient, a), search, rng)
            part = (np.maximum(found.z_at_root, 0) / found.z)[found.found]
            zero, left, total = zero + int((part < 0.01).sum()), left + float(part.sum()), total + part.size
        print(
            f"roots of the first layer searched for in the region, {title}: {100 * zero / total:.1f} % of {total} come"
            f" to 1 % of z or less, {100 * left / total:.1f} % of z is left in the mean"
        )


def report_trained(x: Array, network: lrp.Network) -> None:
    """The same for the first layer of a trained network: up to 20 active neurons a picture."""
    first = next(n for n in network.nodes.values() if isinstance(n.layer, LinearLayer))
    rng, counts = np.random.default_rng(0), Counts()
    for picture in x:
        trace = network.forward(picture[None])
        target, value = int(trace.output.argmax()), trace.values[first.inputs[0]]
        gradient, flat = membership.gradient_of(network, target), picture.reshape(1, -1)
        active = rng.permutation(np.flatnonzero(first.layer.compute(value).ravel() > 0))[:20]
        some: Neurons = neurons_of(first.layer, value.shape[1:], active)
        found = {name: roots(some, flat, direction) for name, direction in DIRECTIONS.items()}
        box = directions.ZBox(0, 1)
        add(counts, {"LRP-0": roots_at_zero(some, flat), **found, "z^B": roots(some, flat, box)}, gradient)
    print(f"  roots of {first.name}, {len(x)} pictures; LRP-0: neurons with a bias <= 0")
    show(counts)


def report_recursion(count: int) -> None:
    """Constant roots against gradient x (input - root), roots steered to a random target, searched roots."""
    rng, constant, reached = np.random.default_rng(1), [0.0], [0.0]
    for _ in range(count):
        sizes = ((4, 30), (30, 10), (10, 2))
        chain = [layers.Dense(rng.normal(size=s), rng.normal(size=s[1])) for s in sizes]
        x, target = rng.normal(size=4), rng.normal(size=4)
        zeros = [ConstantRoot(np.zeros((1, a))) for a, _ in sizes]
        values = Recursion(chain, zeros, 0).activations(x)
        point = x - 1e-6
        fixed = Recursion(chain, [ConstantRoot(a[None]) for a in (point, *values[1:-1])], 0)
        expected = fixed.gradient(x) * (x - point)
        constant.append(abs(fixed.relevance(x) - expected).max() / abs(expected).max())
        reached.append(abs(steered(chain, x, target, 0).relevance(x) - target).max())
    print(f"recursion, {count} networks of 4-30-10-2")
    print(f"  constant roots: |R - gradient x (input - root)| / max |R| at most {max(constant):.2g}")
    print(f"  steered roots: |R - target| at most {max(reached):.2g}, targets of size 1")
    for title, search in SEARCHES.items():
        left, outside = [], 0.0
        for network, x in random_inputs(1.4**3, count, seed=1):
            dense = [node.layer for node in network.nodes.values() if isinstance(node.layer, layers.Dense)]
            lines = searched(dense, x[0], 0, search, rng, rectified=True).account(x[0])
            left.append([line.unresolved / lines[0].received for line in lines])
            outside = max(outside, *(abs(line.outside) / lines[0].received for line in lines))
        shares = 100 * np.mean(left, axis=0)
        by_layer = ", ".join(f"layer {3 - k} {share:.1f} %" for k, share in enumerate(shares))
        print(f"  searched roots at every layer, {title}, {len(left)} networks of 10-10-10-2:")
        print(
            f"    unresolved {by_layer}; in all {shares.sum():.1f} % of f, {100 - shares.sum():.1f} % reach the input"
        )
        print(f"    error of the expansion (roots outside the region) at most {outside:.2g} of f")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", type=Path, required=True)
    parser.add_argument("--networks", type=int, default=100)
    parser.add_argument("--pictures", type=int, default=100)
    options = parser.parse_args()
    report_roots(options.networks)
    report_searched_roots(options.networks)
    report_recursion(options.networks)
    report_random_chain()
    for model in ("mnist-mlp", "mnist-deep-taylor", "mnist-lenet"):
        network = lrp.load(ROOT / "models" / model / "model.h5", "float64")
        x, _ = mnist_pictures(options.mnist, "test", network, options.pictures)
        print(f"{model}, {len(x)} pictures")
        report_trained(x[: -(-len(x) // 5)], network)
        report_classes(x, network)
        report_rank(x[: -(-len(x) // 5)], network, 10)


if __name__ == "__main__":
    main()
