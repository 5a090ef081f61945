"""Token numbers to vectors."""

from __future__ import annotations

from dataclasses import dataclass

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import InputError, ShapeError
from lrp.layers.base import Layer, Shape, as_weight
from lrp.rules import Propagation, Rule, all_to_inputs


@dataclass(frozen=True, eq=False)
class Embedding(Layer):
    """x_t = weight[token_t]; the relevance of a token is the sum over its vector: R_t = sum_i R_{i,t}

    Source: Arras et al. 2016, word relevance

    Tokens (n, ..., t), whole numbers from 0 to vocabulary - 1, -> (n, ..., t, d). There is no gradient with respect to
    a token number: the pullback is zero. Take the gradient at the output of this layer.

    Parameters
    ----------
    weight : Array
        (vocabulary, d), one vector per token number.
    """

    weight: Array

    def __post_init__(self) -> None:
        weight = as_weight(self.weight, "Embedding weight")
        if weight.ndim != 2:
            raise ShapeError(f"Embedding: expected a weight of shape (vocabulary, d), got {weight.shape}")
        object.__setattr__(self, "weight", weight)

    def compute(self, *xs: Array) -> Array:
        (tokens,) = xs
        if tokens.size and (tokens.min() < 0 or tokens.max() >= len(self.weight)):
            raise InputError(
                f"Embedding: expected token numbers from 0 to {len(self.weight) - 1}, got {tokens.min()} to"
                f" {tokens.max()}; is this the vocabulary of the network?"
            )
        return self.weight[tokens]

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        return all_to_inputs(R.sum(axis=-1))

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return (arrays.zeros(xs[0].shape, g),)

    def output_shape(self, *shapes: Shape) -> Shape:
        return (*shapes[0], self.weight.shape[1])
