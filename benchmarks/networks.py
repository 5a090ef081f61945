"""The networks that the benchmarks run: published layouts with seeded random weights, and their multiply-adds."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

import lrp
from lrp import layers as L


class Builder:
    """Adds nodes one behind the other; convolutions and dense layers draw their weights (He et al. 2015)."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.random = np.random.default_rng(20150710)
        self.nodes = [lrp.Node("input", L.Input(shape))]
        self.counts: dict[str, int] = {}

    @property
    def last(self) -> str:
        return self.nodes[-1].name

    def add(self, layer: L.Layer, *inputs: str) -> str:
        kind = type(layer).__name__.lower()
        self.counts[kind] = self.counts.get(kind, 0) + 1
        name = f"{kind}{self.counts[kind]}"
        self.nodes.append(lrp.Node(name, layer, inputs or (self.last,)))
        return name

    def conv(self, size: int, inputs: int, outputs: int, *at: str, relu: bool = True, groups: int = 1, **kw) -> str:
        weight = self.draw((size, size, inputs // groups, outputs))
        name = self.add(L.Conv(weight, self.bias(outputs), groups=groups, **kw), *at)
        return self.add(L.ReLU(), name) if relu else name

    def dense(self, inputs: int, outputs: int, relu: bool = True) -> str:
        name = self.add(L.Dense(self.draw((inputs, outputs)), self.bias(outputs)))
        return self.add(L.ReLU(), name) if relu else name

    def draw(self, shape: tuple[int, ...]) -> np.ndarray:
        return self.random.standard_normal(shape, dtype=np.float32) * np.float32(np.sqrt(2 / prod(shape[:-1])))

    def bias(self, size: int) -> np.ndarray:
        return self.random.standard_normal(size, dtype=np.float32) * np.float32(0.1)

    def network(self, dtype: str) -> lrp.Network:
        return lrp.Network(self.nodes, metadata=lrp.Metadata(input_range=(-4.0, 4.0)), dtype=dtype)


def vgg16(dtype: str = "float32") -> lrp.Network:
    """Simonyan and Zisserman 2015, configuration D, 224 x 224 x 3."""
    b, channels = Builder((224, 224, 3)), 3
    for width, depth in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(depth):
            b.conv(3, channels, width, padding=1)
            channels = width
        b.add(L.MaxPool(2))
    b.add(L.Flatten())
    b.dense(25088, 4096)
    b.dense(4096, 4096)
    b.dense(4096, 1000, relu=False)
    return b.network(dtype)


def caffenet(dtype: str = "float32") -> lrp.Network:
    """Krizhevsky et al. 2012 as Caffe has it: groups, pooling before normalisation, 227 x 227 x 3."""
    b = Builder((227, 227, 3))
    b.conv(11, 3, 96, stride=4)
    b.add(L.MaxPool(3, 2))
    b.add(L.LRN(5))
    b.conv(5, 96, 256, padding=2, groups=2)
    b.add(L.MaxPool(3, 2))
    b.add(L.LRN(5))
    b.conv(3, 256, 384, padding=1)
    b.conv(3, 384, 384, padding=1, groups=2)
    b.conv(3, 384, 256, padding=1, groups=2)
    b.add(L.MaxPool(3, 2))
    b.add(L.Flatten())
    b.dense(9216, 4096)
    b.dense(4096, 4096)
    b.dense(4096, 1000, relu=False)
    return b.network(dtype)


def resnet18(dtype: str = "float32") -> lrp.Network:
    """He et al. 2016, batch normalisation folded into the convolutions, 224 x 224 x 3."""
    b = Builder((224, 224, 3))
    b.conv(7, 3, 64, stride=2, padding=3)
    b.add(L.MaxPool(3, 2, padding=1))
    channels = 64
    for width in (64, 128, 256, 512):
        for block in range(2):
            stride = 2 if block == 0 and width > 64 else 1
            start = b.last
            b.conv(3, channels, width, stride=stride, padding=1)
            end = b.conv(3, width, width, relu=False, padding=1)
            if stride > 1:
                start = b.conv(1, channels, width, start, relu=False, stride=stride)
            b.add(L.Add(), end, start)
            b.add(L.ReLU())
            channels = width
    b.add(L.GlobalAvgPool())
    b.dense(512, 1000, relu=False)
    return b.network(dtype)


INCEPTIONS = (  # 1x1, before 3x3, 3x3, before 5x5, 5x5, behind the pool; None: halve the picture
    (64, 96, 128, 16, 32, 32),
    (128, 128, 192, 32, 96, 64),
    None,
    (192, 96, 208, 16, 48, 64),
    (160, 112, 224, 24, 64, 64),
    (128, 128, 256, 24, 64, 64),
    (112, 144, 288, 32, 64, 64),
    (256, 160, 320, 32, 128, 128),
    None,
    (256, 160, 320, 32, 128, 128),
    (384, 192, 384, 48, 128, 128),
)


def googlenet(dtype: str = "float32") -> lrp.Network:
    """Szegedy et al. 2015 without normalisation and side classifiers, 224 x 224 x 3."""
    b = Builder((224, 224, 3))
    b.conv(7, 3, 64, stride=2, padding=3)
    b.add(L.MaxPool(3, 2, padding=1))
    b.conv(1, 64, 64)
    b.conv(3, 64, 192, padding=1)
    b.add(L.MaxPool(3, 2, padding=1))
    channels = 192
    for row in INCEPTIONS:
        if row is None:
            b.add(L.MaxPool(3, 2, padding=1))
            continue
        one, before3, three, before5, five, behind = row
        start = b.last
        ends = [b.conv(1, channels, one, start)]
        ends.append(b.conv(3, before3, three, b.conv(1, channels, before3, start), padding=1))
        ends.append(b.conv(5, before5, five, b.conv(1, channels, before5, start), padding=2))
        ends.append(b.conv(1, channels, behind, b.add(L.MaxPool(3, 1, padding=1), start)))
        b.add(L.Concat(), *ends)
        channels = one + three + five + behind
    b.add(L.GlobalAvgPool())
    b.dense(channels, 1000, relu=False)
    return b.network(dtype)


def lenet(dtype: str = "float32") -> lrp.Network:
    """LeCun et al. 1998 with rectifiers and max-pooling, 28 x 28 x 1."""
    b = Builder((28, 28, 1))
    b.conv(5, 1, 6, padding=2)
    b.add(L.MaxPool(2))
    b.conv(5, 6, 16)
    b.add(L.MaxPool(2))
    b.add(L.Flatten())
    b.dense(400, 120)
    b.dense(120, 84)
    b.dense(84, 10, relu=False)
    return b.network(dtype)


def mlp(dtype: str = "float32") -> lrp.Network:
    """784-400-400-10."""
    b = Builder((784,))
    b.dense(784, 400)
    b.dense(400, 400)
    b.dense(400, 10, relu=False)
    return b.network(dtype)


NETWORKS: dict[str, Callable[[str], lrp.Network]] = {
    f.__name__: f for f in (vgg16, caffenet, resnet18, googlenet, lenet, mlp)
}

# Matrix products that a rule needs, the forward pass among them.
PRODUCTS = {"epsilon": 2, "z_plus": 3, "alpha_beta": 4, "gamma": 3, "flat": 1, "z_box": 5}


def multiply_adds(network: lrp.Network, composite: str | None = None) -> int:
    """Of one sample's forward pass; with a composite, of forward and backward pass together."""
    rules = {} if composite is None else lrp.composites.parse(composite).assign(network.graph)
    total = 0
    for node in network.nodes.values():
        if isinstance(node.layer, L.Conv):
            per = prod(n for n in network.shapes[node.name][:-1] if n) * node.layer.weight.size
        elif isinstance(node.layer, L.Dense):
            per = node.layer.weight.size
        else:
            continue
        name = getattr(rules.get(node.name), "name", None)
        total += per * (1 if composite is None else PRODUCTS[name])
    return total


def sample(network: lrp.Network, batch: int, dtype: str = "float32") -> np.ndarray:
    """Seeded inputs within the network's range."""
    shape = network.shapes[network.inputs[0]]
    return np.clip(np.random.default_rng(7).standard_normal((batch, *shape)), -4, 4).astype(dtype)
