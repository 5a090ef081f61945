"""The cases of single layers: every kind of layer, every rule it takes, every special pattern of numbers.

Edges: signed (inputs, weights and biases of both signs), positive (no negative input), zeros (exact 0 and -0.0 among
the inputs), ties (equal largest entries), dead (a neuron without weights and bias), one-sided (neurons whose
contributions have one sign), negative (all initial relevance below 0), batch-1 and batch-7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lrp import layers as L
from lrp.arrays import Array
from lrp.conformance.case import GoldenCase
from lrp.conformance.numbers import Numbers, with_ties, with_zeros
from lrp.graph import Network, Node
from lrp.rules import parse

LINEAR = (
    "zero",
    "epsilon:1/4",
    "epsilon:1/4,bias=off",
    "epsilon:1/4,sink=spread",
    "gamma:1/4",
    "gamma:1",
    "alpha_beta:2,1",
    "alpha_beta:1,0",
    "alpha_beta:2,1,one_sided=renormalise",
    "alpha_beta:2,1,bias=off",
    "z_plus",
    "z_plus:bias=off",
    "z_box:-3,3",
    "w_square",
    "flat",
)
POOLING = ("zero", "epsilon:1/4", "z_plus", "gamma:1/4", "alpha_beta:2,1", "flat")
MAXIMUM = ("winner:share", "winner:first", "zero", "flat")
EDGES = ("signed", "positive", "zeros", "ties", "dead", "one-sided", "negative", "batch-1", "batch-7")
WEIGHTLESS = tuple(edge for edge in EDGES if edge not in ("dead", "one-sided"))


@dataclass(frozen=True)
class Kind:
    """A kind of layer: how it is built, the shapes of its inputs, its rules and edges; tokens: size of the
    vocabulary.
    """

    name: str
    build: Callable[[Numbers], L.Layer]
    shapes: tuple[tuple[int, ...], ...]
    rules: tuple[str, ...] = LINEAR
    edges: tuple[str, ...] = EDGES
    tokens: int = 0


def _conv(shape: tuple[int, ...], **settings: Any) -> Callable[[Numbers], L.Layer]:
    return lambda n: L.Conv(n.array(*shape), n.array(shape[-1]), **settings)


def _norm(n: Numbers) -> L.Layer:
    variance = np.array([0.25, 1.0, 4.0])  # squares, so that the root is rational
    return L.BatchNorm(n.array(3), variance, n.array(3), n.array(3), 0)


PASSING = ("identity",)
PLAIN = ("signed", "zeros", "negative")

KINDS: tuple[Kind, ...] = (
    Kind("dense", lambda n: L.Dense(n.array(3, 5), n.array(5)), ((3,),)),
    Kind("dense-without-bias", lambda n: L.Dense(n.array(3, 5)), ((3,),)),
    Kind("dense-over-time", lambda n: L.Dense(n.array(3, 2), n.array(2)), ((4, 3),)),
    Kind("conv-1d", _conv((2, 3, 2)), ((5, 3),)),
    Kind("conv-2d", _conv((2, 2, 2, 3)), ((3, 4, 2),)),
    Kind("conv-2d-overlap-stride", _conv((3, 2, 2, 3), stride=(2, 1)), ((5, 3, 2),)),
    Kind("conv-2d-padding", _conv((3, 3, 2, 3), padding=((1, 1), (2, 0))), ((2, 3, 2),)),
    Kind("conv-2d-same-stride-2", _conv((3, 3, 2, 3), stride=2, padding="same"), ((4, 3, 2),)),
    Kind("conv-2d-groups", _conv((2, 2, 2, 6), groups=2), ((3, 2, 4),)),
    Kind("conv-2d-depthwise", _conv((2, 2, 1, 4), groups=2), ((3, 2, 2),)),
    Kind("conv-2d-dilation", _conv((2, 2, 2, 3), dilation=(2, 1)), ((4, 3, 2),)),
    Kind("conv-3d", _conv((2, 1, 2, 2, 3)), ((2, 3, 2, 2),)),
    Kind("batch-norm", _norm, ((2, 3),), ("zero", "epsilon:1/4", "z_plus", "gamma:1/4", "identity"), WEIGHTLESS),
    Kind("sum-pool", lambda n: L.SumPool((2, 2)), ((4, 2, 3),), POOLING, WEIGHTLESS),
    Kind("avg-pool", lambda n: L.AvgPool((2, 2)), ((4, 2, 3),), POOLING, WEIGHTLESS),
    Kind("avg-pool-overlap", lambda n: L.AvgPool((2, 3), (1, 2)), ((3, 5, 2),), POOLING, WEIGHTLESS),
    Kind(
        "avg-pool-padding-counted",
        lambda n: L.AvgPool((2, 2), 2, 1, count_padding=True),
        ((3, 2, 2),),
        POOLING,
        WEIGHTLESS,
    ),
    Kind("avg-pool-padding-skipped", lambda n: L.AvgPool((2, 2), 2, 1), ((3, 2, 2),), POOLING, WEIGHTLESS),
    Kind("global-avg-pool", lambda n: L.GlobalAvgPool(), ((3, 2, 2),), POOLING, WEIGHTLESS),
    Kind("global-sum-pool", lambda n: L.GlobalSumPool(), ((3, 2, 2),), POOLING, WEIGHTLESS),
    Kind("max-pool", lambda n: L.MaxPool((2, 2)), ((4, 2, 3),), MAXIMUM, WEIGHTLESS),
    Kind("max-pool-overlap", lambda n: L.MaxPool((2, 3), (1, 2)), ((3, 5, 2),), MAXIMUM, WEIGHTLESS),
    Kind("max-pool-padding", lambda n: L.MaxPool((3, 3), 2, 1), ((3, 5, 2),), MAXIMUM, WEIGHTLESS),
    Kind("global-max-pool", lambda n: L.GlobalMaxPool(), ((3, 2, 2),), MAXIMUM, WEIGHTLESS),
    Kind("add", lambda n: L.Add(), ((2, 3), (2, 3)), POOLING, WEIGHTLESS),
    Kind("average", lambda n: L.Average(), ((2, 3), (2, 3)), POOLING, WEIGHTLESS),
    Kind("multiply", lambda n: L.Multiply(), ((2, 3), (2, 3)), ("uniform", "signal:0", "signal:1"), PLAIN),
    Kind("concat", lambda n: L.Concat(), ((2, 3), (2, 1)), PASSING, PLAIN),
    Kind("lrn-across", lambda n: L.LRN(3, 0.5, 1, 1), ((2, 5),), ("identity", "zero", "epsilon:1/4"), PLAIN),
    Kind("lrn-within", lambda n: L.LRN(3, 0.5, 1, 1, True), ((3, 2, 2),), ("identity", "zero", "epsilon:1/4"), PLAIN),
    Kind("relu", lambda n: L.ReLU(), ((5,),), PASSING, PLAIN),
    Kind("leaky-relu", lambda n: L.LeakyReLU(0.25), ((5,),), PASSING, PLAIN),
    Kind("tanh", lambda n: L.Tanh(), ((5,),), PASSING, PLAIN),
    Kind("flatten", lambda n: L.Flatten(), ((2, 3, 2),), PASSING, PLAIN),
    Kind("reshape", lambda n: L.Reshape((3, 4)), ((2, 3, 2),), PASSING, PLAIN),
    Kind("permute", lambda n: L.Permute((3, 1, 2)), ((2, 3, 4),), PASSING, PLAIN),
    Kind("zero-pad", lambda n: L.ZeroPad(((1, 0), (0, 2))), ((2, 3, 2),), PASSING, PLAIN),
    Kind("crop", lambda n: L.Crop(((1, 0), (0, 2))), ((3, 4, 2),), PASSING, PLAIN),
    Kind("up-sample", lambda n: L.UpSample((2, 3)), ((2, 1, 2),), PASSING, PLAIN),
    Kind("dropout", lambda n: L.Dropout(0.5), ((5,),), PASSING, PLAIN),
    Kind("embedding", lambda n: L.Embedding(n.array(7, 3)), ((4,),), PASSING, ("signed", "negative"), 7),
)


def layer_cases() -> Iterator[GoldenCase]:
    """Yield each kind under each of its rules and edges."""
    for kind in KINDS:
        for edge in kind.edges:
            layer, xs, R = _layer_inputs_relevance(kind, edge)
            names = [f"x{i}" if len(xs) > 1 else "x" for i in range(len(xs))]
            nodes = [Node(name, L.Input(x.shape[1:], bool(kind.tokens))) for name, x in zip(names, xs)]
            network = Network([*nodes, Node("layer", layer, tuple(names))])
            for rule in kind.rules:
                text = parse(rule).text()
                yield GoldenCase(f"layers/{kind.name}/{text}/{edge}", network, dict(zip(names, xs)), f"layer={text}", R)


def _layer_inputs_relevance(kind: Kind, edge: str) -> tuple[L.Layer, list[Array], Array]:
    """The layer, its inputs and the initial relevance for one edge."""
    numbers = Numbers(f"{kind.name}/{edge}")
    samples = {"batch-1": 1, "batch-7": 7}.get(edge, 2)
    layer = kind.build(numbers)
    if kind.tokens:
        xs = [numbers.choices((samples, *shape), kind.tokens) for shape in kind.shapes]
    else:
        xs = [numbers.array(samples, *shape) for shape in kind.shapes]
    if edge in ("positive", "one-sided"):
        xs = [np.abs(x) for x in xs]
    elif edge == "zeros":
        xs = [with_zeros(x) for x in xs]
    elif edge == "ties":
        xs = [with_ties(x) for x in xs]
    if edge in ("dead", "one-sided") and isinstance(layer, (L.Dense, L.Conv)):
        layer = _altered(layer, edge)
    R = numbers.array(*layer.compute(*xs).shape)
    return layer, xs, -np.abs(R) if edge == "negative" else R


def _altered(layer: L.Dense | L.Conv, edge: str) -> L.Layer:
    """The layer with its first output dead, or with one output that has positive weights only and one negative only."""
    weight, bias = layer.weight.copy(), None if layer.bias is None else layer.bias.copy()
    for array in [weight] if bias is None else [weight, bias]:
        if edge == "dead":
            array[..., 0] = 0.0
        else:
            array[..., 0] = np.abs(array[..., 0])
            array[..., 1] = -np.abs(array[..., 1])
    return replace(layer, weight=weight, bias=bias)
