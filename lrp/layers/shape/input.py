"""Where an array enters a network."""

from __future__ import annotations

from dataclasses import dataclass

from lrp.arrays import Array
from lrp.errors import InputError, ShapeError, StateError
from lrp.layers.base import Layer, Shape
from lrp.rules import Propagation, Rule


@dataclass(frozen=True, eq=False)
class Input(Layer):
    """An input of the network. Has no inputs of its own; relevance ends here.

    Parameters
    ----------
    shape : tuple of int or None
        The shape of one sample; None: any length.
    tokens : bool
        Whether the entries are whole numbers that index an embedding.
    """

    shape: Shape = ()
    tokens: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(self.shape))

    def compute(self, *xs: Array) -> Array:
        return xs[0]

    def propagate(self, R: Array, rule: Rule, xs: tuple[Array, ...], y: Array) -> Propagation:
        raise StateError("Input: relevance ends here, there is nothing to distribute it to")

    def pullback(self, g: Array, xs: tuple[Array, ...], y: Array) -> tuple[Array, ...]:
        return ()

    def output_shape(self, *shapes: Shape) -> Shape:
        return self.shape

    def check(self, x: Array, name: str) -> None:
        """Raise ShapeError or InputError unless x is a batch that this input takes."""
        if x.ndim != len(self.shape) + 1 or any(
            n not in (None, m) for n, m in zip(self.shape, x.shape[1:], strict=True)
        ):
            expected = ("n", *("any" if n is None else n for n in self.shape))
            raise ShapeError(
                f"input {name!r}: expected an array of shape ({', '.join(map(str, expected))}), got {x.shape}; "
                "the samples come first and the channels last"
            )
        if self.tokens and x.dtype.kind not in "iu":
            raise InputError(f"input {name!r}: expected whole numbers that index an embedding, got dtype {x.dtype}")
        if not self.tokens and x.dtype.kind in "iub":
            raise InputError(
                f"input {name!r}: expected floating-point numbers, got dtype {x.dtype}; "
                "scale the picture as the network was trained (its preprocessing), then pass floats"
            )
