"""Does the heatmap depend on the class? Maps by depth, by rank, and below random upper layers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import lrp
from lrp import layers
from lrp.evaluation.randomisation import fan_in_uniform
from lrp.graph import Node
from lrp.layers.base import LinearLayer
from lrp.taylor.convergence import largest_difference, maps_of_outputs, singular_ratio

Array = np.ndarray
RULES = {"z+": "z_plus:bias=off", "w^2": "w_square", "gamma=1": "gamma:1", "epsilon": "epsilon:0.01"}


def composite(network: lrp.Network, rule: str) -> list[tuple[str, str]]:
    """The rule at every linear layer; sum pools by their proportions, max pools as they are (the winner takes all)."""
    lines = [(name, rule) for name in linear(network)]
    pools = (layers.SumPool, layers.GlobalSumPool)
    return lines + [(name, "zero") for name, node in network.nodes.items() if isinstance(node.layer, pools)]


def linear(network: lrp.Network) -> list[str]:
    """The names of the layers with weights, from the input up."""
    return [name for name, node in network.nodes.items() if isinstance(node.layer, LinearLayer)]


def cosine(a: Array, b: Array) -> float:
    """The mean cosine over the samples."""
    a, b = a.reshape(len(a), -1), b.reshape(len(b), -1)
    size = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return float(((a * b).sum(axis=1)[size > 0] / size[size > 0]).mean())


def report_classes(x: Array, network: lrp.Network) -> None:
    """The cosine of the maps of the two largest logits, by depth; and with random layers from the second one up."""
    order = np.argsort(network.forward(x).output, axis=1)
    for title, rule in RULES.items():
        lines = composite(network, rule)
        best, second = (network.explain(x, order[:, -k], lines, start="one") for k in (1, 2))
        parts = []
        for name in linear(network):
            below = network.nodes[name].inputs[0]
            parts.append(f"below {name} {cosine(best.relevances[below], second.relevances[below]):.3f}")
        print(f"  {title}, two classes: {', '.join(reversed(parts))}")
        rng, nodes, parts = np.random.default_rng(0), dict(network.nodes), []
        for name in reversed(linear(network)[1:]):
            nodes[name] = replace(nodes[name], layer=fan_in_uniform(nodes[name].layer, rng))
            other = rebuilt(nodes, network).explain(x, order[:, -1], lines, start="one")
            parts.append(f"from {name} up {cosine(best.relevance, other.relevance):.3f}")
        print(f"  {title}, random upper layers: {', '.join(parts)}")


def rebuilt(nodes: dict[str, Node], network: lrp.Network) -> lrp.Network:
    """The network with other nodes."""
    return lrp.Network(nodes.values(), network.outputs, network.metadata, network.dtype)


def report_rank(x: Array, network: lrp.Network, outputs: int) -> None:
    """sigma_2 / sigma_1 and d of the maps of all outputs, below each layer: means over the inputs."""
    for title in ("z+", "epsilon"):
        found: dict[str, list[tuple[float, float]]] = {}
        for one in x:
            lines = composite(network, RULES[title])
            explained = maps_of_outputs(network, one[None], lines, range(outputs))
            for name in reversed(linear(network)):
                maps = explained.relevances[network.nodes[name].inputs[0]]
                found.setdefault(name, []).append((singular_ratio(maps), float(largest_difference(maps))))
        means = {name: np.mean(pairs, axis=0) for name, pairs in found.items()}
        ratios = ", ".join(f"below {name} {ratio:.2g}" for name, (ratio, _) in means.items())
        print(f"  {title}, sigma_2 / sigma_1 of the maps of all {outputs} outputs: {ratios}")
        if title == "z+":
            print(f"  {title}, largest difference d: {', '.join(f'below {n} {d:.2g}' for n, (_, d) in means.items())}")


def report_random_chain(depth: int = 12, width: int = 50, count: int = 20) -> None:
    """The same on random networks without bias, weights normal with the variance 2 / inputs."""
    rng = np.random.default_rng(0)
    ratios, gaps = np.zeros((count, depth)), np.zeros((count, depth))
    for k in range(count):
        stack: list[layers.Layer] = []
        for _ in range(depth):
            stack += [layers.Dense(rng.normal(size=(width, width)) * np.sqrt(2 / width)), layers.ReLU()]
        network, x = lrp.Network.sequential(stack[:-1], (width,)), np.abs(rng.normal(size=(1, width)))
        explained = maps_of_outputs(network, x, composite(network, RULES["z+"]), range(width))
        for level, name in enumerate(reversed(linear(network))):
            maps = explained.relevances[network.nodes[name].inputs[0]]
            ratios[k, level], gaps[k, level] = singular_ratio(maps), largest_difference(maps)
    print(f"random chains of {depth} layers of {width} neurons, z+, all outputs; means of {count} networks")
    print("  layers passed        " + " ".join(f"{level:7d}" for level in range(1, depth + 1)))
    print("  sigma_2 / sigma_1    " + " ".join(f"{v:7.1g}" for v in ratios.mean(axis=0)))
    print("  largest difference d " + " ".join(f"{v:7.1g}" for v in gaps.mean(axis=0)))
    factor = (ratios[:, -1] / ratios[:, 0]) ** (1 / (depth - 1))
    print(f"  sigma_2 / sigma_1 falls by a factor {1 / factor.mean():.2f} a layer (geometric mean)")
