"""Sixt and Landgraf 2022: are the roots where the theory needs them, and does the heatmap depend on the class?

    python benchmarks/papers/sixt.py --mnist FOLDER [--networks 100] [--pictures 100]

Roots: random 10-10-10-2 networks with biases <= 0, positive weights multiplied by 1.4 or by 1.4^3, inputs |N(0, 1)|
with logit 0 above 0.25; the share of first-layer roots with the network gradient of the input, at the end point and at
20 points of the segment. Heatmaps: the trained MNIST networks.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from common import ROOT, mnist_pictures

import lrp
from lrp import layers
from lrp.evaluation.randomisation import fan_in_uniform
from lrp.graph import Node
from lrp.layers.base import LinearLayer
from lrp.taylor import directions, membership
from lrp.taylor.recursive import ConstantRoot, Recursion
from lrp.taylor.roots import Neurons, Roots, neurons_of, roots, roots_at_zero
from lrp.taylor.search import Bisection, MetropolisHastings, root_by_search
from lrp.taylor.steered import steered

Array = np.ndarray
DIRECTIONS = {
    "z+": directions.ZPlus(),
    "w^2": directions.WSquare(),
    "gamma=1": directions.Gamma(1),
}


def random_network(rng: np.random.Generator, factor: float) -> lrp.Network:
    """10-10-10-2, a ReLU behind each layer."""
    chain: list[layers.Layer] = []
    for a, b in ((10, 10), (10, 10), (10, 2)):
        bound = a**-0.5
        w, c = rng.uniform(-bound, bound, (a, b)), rng.uniform(-bound, bound, b)
        chain += [layers.Dense(np.where(w > 0, factor * w, w), -np.abs(np.where(c > 0, factor * c, c))), layers.ReLU()]
    return lrp.Network.sequential(chain, (10,))


def report_roots(count: int) -> None:
    """The share of roots inside the linear region, by rule and initialisation."""
    for factor in (1.4, 1.4**3):
        rng = np.random.default_rng(0)
        inside: dict[str, list[tuple[int, int, int]]] = {}
        used = 0
        for _ in range(20 * count):
            network, x = random_network(rng, factor), np.abs(rng.normal(size=(1, 10)))
            if used == count or network.forward(x).output[0, 0] <= 0.25:
                continue
            used += 1
            gradient, neurons = membership.gradient_of(network, 0), neurons_of(network.nodes["dense1"].layer, (10,))
            found = {name: roots(neurons, x, direction) for name, direction in DIRECTIONS.items()}
            for name, r in {"LRP-0": roots_at_zero(neurons, x), **found}.items():
                inside.setdefault(name, []).append(counted(r, gradient))
        print(f"positive weights times {factor:.3f}: {used} networks")
        for name, counts in inside.items():
            end, whole, number = np.sum(counts, axis=0)
            print(
                f"  {name:8}{100 * end / number:6.1f} % at the end point, {100 * whole / number:5.1f} % on the segment",
                end="",
            )
            print(f" ({number} roots)")


def counted(found: Roots, gradient: membership.GradientOf) -> tuple[int, int, int]:
    """Roots inside by the end point, by 20 points of the segment, and all."""
    end = membership.in_network_region(found, gradient).holds & found.found
    whole = membership.in_network_region(found, gradient, samples=20).holds & found.found
    return int(end.sum()), int(whole.sum()), int(found.found.sum())


def report_trained(x: Array, network: lrp.Network, count: int) -> None:
    """The same for the first layer of a trained network: up to 20 active neurons a picture."""
    first = next(n for n in network.nodes.values() if isinstance(n.layer, LinearLayer))
    neurons = neurons_of(first.layer, (784,))
    rng = np.random.default_rng(0)
    numbers: dict[str, list[tuple[int, int, int]]] = {}
    for picture in x[:count]:
        target = int(network.forward(picture[None]).output.argmax())
        gradient, flat = membership.gradient_of(network, target), picture.reshape(1, -1)
        active = rng.permutation(np.flatnonzero(neurons.z(flat)[0] > 0))[:20]
        some = Neurons(neurons.weight[active], neurons.bias[active], active)
        found = {name: roots(some, flat, direction) for name, direction in DIRECTIONS.items()}
        for name, r in {**found, "z^B": roots(some, flat, directions.ZBox(0, 1))}.items():
            numbers.setdefault(name, []).append(counted(r, gradient))
    for name, counts in numbers.items():
        end, whole, number = np.sum(counts, axis=0)
        print(
            f"  {name:8}{100 * end / number:6.1f} % at the end point, {100 * whole / number:5.1f} % on the segment",
            end="",
        )
        print(f" ({number} roots)")


def report_recursion(count: int) -> None:
    """Constant roots against gradient x (input - root), roots steered to a random target, and roots by search."""
    rng, constant, steered_gaps, left = np.random.default_rng(1), [0.0], [0.0], []
    for _ in range(count):
        sizes = ((4, 30), (30, 10), (10, 2))
        chain = [layers.Dense(rng.normal(size=s), rng.normal(size=s[1])) for s in sizes]
        x, target = rng.normal(size=4), rng.normal(size=4)
        zeros = [ConstantRoot(np.zeros((1, a))) for a, _ in sizes]
        values = Recursion(chain, zeros, 0).activations(x)
        point = x - 1e-6
        fixed = Recursion(chain, [ConstantRoot(a[None]) for a in (point, *values[1:-1])], 0)
        constant.append(abs(fixed.relevance(x) - fixed.gradient(x) * (x - point)).max())
        steered_gaps.append(abs(steered(chain, x, target, 0).relevance(x) - target).max())
    for _ in range(count):
        network, x = random_network(rng, 1.4**3), np.abs(rng.normal(size=10))
        f = network.forward(x[None]).output[0, 0]
        if f > 0.25:
            found = searched(network, x, rng)
            left.append([found[0] / f, found[1] / f])
    print(f"constant roots: max |R - gradient x (input - root)| {max(constant):.2g} in {count} networks")
    print(f"steered roots: max |R - target| {max(steered_gaps):.2g} in {count} networks")
    bisected, walked = np.mean(left, axis=0)
    print(f"roots by search in the region: {100 * bisected:.1f} % of f unresolved by bisection,", end=" ")
    print(f"{100 * walked:.1f} % by Metropolis-Hastings (mean of {len(left)} inputs)")


def searched(network: lrp.Network, x: Array, rng: np.random.Generator) -> tuple[float, float]:
    """The output that is left at the lowest point of the region that each search found."""
    gradient = membership.gradient_of(network, 0)
    values = []
    for search in (Bisection(), MetropolisHastings()):
        found = root_by_search(
            lambda p: network.forward(p).output[:, 0],
            lambda p: membership.same_gradient(gradient, x, p),
            x,
            search,
            rng,
        )
        values.append(found.value)
    return values[0], values[1]


def cosine(a: Array, b: Array) -> float:
    """The mean cosine over the samples."""
    a, b = a.reshape(len(a), -1), b.reshape(len(b), -1)
    size = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return float(((a * b).sum(axis=1)[size > 0] / size[size > 0]).mean())


def report_classes(x: Array, network: lrp.Network, composite: str, title: str) -> None:
    """By depth: the cosine of the maps of the two largest logits; and with all layers above drawn anew."""
    order = np.argsort(network.forward(x).output, axis=1)
    best, second = (network.explain(x, order[:, -k], composite, start="one") for k in (1, 2))
    linear = [n.name for n in network.nodes.values() if isinstance(n.layer, LinearLayer)]
    parts = []
    for name in linear:
        below = network.nodes[name].inputs[0]
        parts.append(f"below {name} {cosine(best.relevances[below], second.relevances[below]):.3f}")
    print(f"  {title}, two classes: {', '.join(reversed(parts))}")
    rng, nodes, parts = np.random.default_rng(0), dict(network.nodes), []
    for name in reversed(linear[1:]):
        nodes[name] = replace(nodes[name], layer=fan_in_uniform(nodes[name].layer, rng))
        other = rebuilt(nodes, network).explain(x, order[:, -1], composite, start="one")
        parts.append(f"from {name} up {cosine(best.relevance, other.relevance):.3f}")
    print(f"  {title}, upper layers drawn anew: {', '.join(parts)}")


def rebuilt(nodes: dict[str, Node], network: lrp.Network) -> lrp.Network:
    return lrp.Network(nodes.values(), network.outputs, network.metadata, network.dtype)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", type=Path, required=True)
    parser.add_argument("--networks", type=int, default=100)
    parser.add_argument("--pictures", type=int, default=100)
    options = parser.parse_args()
    report_roots(options.networks)
    report_recursion(options.networks)
    for model in ("mnist-mlp", "mnist-deep-taylor", "mnist-lenet"):
        network = lrp.load(ROOT / "models" / model / "model.h5", "float64")
        x, _ = mnist_pictures(options.mnist, "test", network, options.pictures)
        print(f"{model}, {len(x)} pictures")
        if model != "mnist-lenet":
            report_trained(x, network, options.pictures // 5)
        pools = " sumpool*=zero" if model == "mnist-deep-taylor" else ""
        kinds = "conv*=z_plus:bias=off dense*=z_plus:bias=off" if model == "mnist-lenet" else "dense*=z_plus:bias=off"
        report_classes(x, network, kinds + pools, "z+")
        report_classes(x, network, kinds.replace("z_plus:bias=off", "epsilon:0.01") + pools, "epsilon")


if __name__ == "__main__":
    main()
