"""MatConvNet's layers: each takes (builder, layer, inputs) and gives its output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lrp.arrays import Array
from lrp.formats.build import Builder, Tensor
from lrp.formats.build import operations as op
from lrp.formats.container import quoted
from lrp.formats.matlab.mat73 import Variable
from lrp.layers import Dropout, LeakyReLU, ReLU, Sigmoid


class Part:
    """One layer: its settings, and its arrays in order."""

    def __init__(self, name: str, settings: Variable, arrays: list[Array]) -> None:
        self.name = name
        self.settings = settings
        self.arrays = [array for array in arrays]

    def integers(self, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
        """Whole numbers, or the default where the field is absent or empty."""
        found = self.settings.field(name)
        return default if found is None or found.empty else found.integers()

    def number(self, name: str, default: float) -> float:
        """A number, or the default."""
        found = self.settings.field(name)
        return default if found is None or found.empty else found.number()

    def pair(self, name: str, default: tuple[int, ...]) -> tuple[int, int]:
        """(y, x); one number is used for both."""
        values = self.integers(name, default)
        if len(values) not in (1, 2):
            raise self.settings.fail(f"expected {name} to be one number or two, got {values}")
        return values[0], values[-1]

    def sides(self, name: str) -> tuple[tuple[int, int], tuple[int, int]]:
        """((top, bottom), (left, right)) from one number or four."""
        values = self.integers(name, (0,))
        if len(values) not in (1, 4):
            raise self.settings.fail(f"expected {name} to be one number or [top bottom left right], got {values}")
        top, bottom, left, right = values * 4 if len(values) == 1 else values
        return (top, bottom), (left, right)

    def array(self, index: int) -> Array | None:
        """One of the arrays; None where it is absent or empty."""
        return self.arrays[index] if index < len(self.arrays) and self.arrays[index].size else None

    def need(self, index: int, what: str) -> Array:
        """One of the arrays, which must be there."""
        values = self.array(index)
        if values is None:
            raise self.settings.fail(f"expected its {what}, found none")
        return values

    def filters(self) -> Array:
        """(out, in/groups, h, w); MATLAB drops trailing axes of length 1."""
        values = self.need(0, "filters")
        if values.ndim > 4:
            raise self.settings.fail(f"expected filters (h, w, in, out), got shape {values.shape}")
        return values.reshape(*values.shape, *(1,) * (4 - values.ndim)).transpose(3, 2, 0, 1)

    def vector(self, index: int) -> Array | None:
        """One of the arrays in one row."""
        values = self.array(index)
        return None if values is None else values.ravel(order="F")


PartReader = Callable[[Builder, Part, list[Tensor]], Tensor]


def _conv(b: Builder, part: Part, xs: list[Tensor]) -> Tensor:
    weight, depth = part.filters(), xs[0].shape[1]
    groups = 1 if depth is None else depth // weight.shape[1]
    if depth is not None and (groups < 1 or groups * weight.shape[1] != depth):
        raise part.settings.fail(f"expected filters whose depth divides the {depth} channels, got {weight.shape[1]}")
    geometry: dict[str, Any] = {
        "stride": part.pair("stride", (1,)),
        "padding": part.sides("pad"),
        "dilation": part.pair("dilate", (1,)),
        "groups": groups,
    }
    return op.conv(b, part.name, xs[0], weight, part.vector(1), **geometry)


def _conv_transpose(b: Builder, part: Part, xs: list[Tensor]) -> Tensor:
    """filters (h, w, out/groups, in); `upsample` the stride, `crop` what is cut off."""
    geometry = {
        "stride": part.pair("upsample", (1,)),
        "padding": part.sides("crop"),
        "groups": part.integers("numGroups", (1,))[0],
    }
    return op.conv_transpose(b, part.name, xs[0], part.filters(), part.vector(1), **geometry)


def _pool(b: Builder, part: Part, xs: list[Tensor]) -> Tensor:
    found = part.settings.field("method")
    method = "max" if found is None or found.empty else found.text()
    size = part.pair("pool", part.pair("poolSize", (1,)))
    geometry: dict[str, Any] = {"size": size, "stride": part.pair("stride", (1,)), "padding": part.sides("pad")}
    if method not in ("max", "avg"):
        raise part.settings.fail(f"expected method to be max or avg, got {quoted(method)}")
    return (
        op.max_pool(b, part.name, xs[0], **geometry)
        if method == "max"
        else op.average_pool(b, part.name, xs[0], **geometry)
    )


def _relu(b: Builder, part: Part, xs: list[Tensor]) -> Tensor:
    leak = part.number("leak", 0.0)
    return b.add(part.name, LeakyReLU(leak) if leak else ReLU(), xs[0])


def _sigmoid(b: Builder, part: Part, xs: list[Tensor]) -> Tensor:
    return b.add(part.name, Sigmoid(), xs[0])


def _lrn(b: Builder, part: Part, xs: list[Tensor]) -> Tensor:
    """param = [N kappa alpha beta]: y = x / (kappa + alpha sum x^2)^beta"""
    found = part.settings.field("param")
    values = (5.0, 1.0, 1e-4 / 5, 0.75) if found is None else tuple(float(v) for v in found.vector())
    if len(values) != 4 or values[0] != round(values[0]):
        raise part.settings.fail(f"expected param = [N kappa alpha beta], got {values}")
    n, kappa, alpha, beta = values
    return op.lrn(b, part.name, xs[0], int(n), alpha * n, beta, kappa)


def _batch_norm(b: Builder, part: Part, xs: list[Tensor]) -> Tensor:
    """gamma, beta, moments [mu sigma] (c, 2)"""
    moments = part.need(2, "moments [mu sigma], without which only a batch could be normalised")
    if moments.ndim != 2 or moments.shape[1] != 2:
        raise part.settings.fail(f"expected moments (c, 2), got shape {moments.shape}")
    arrays = {"gamma": part.vector(0), "beta": part.vector(1), "mean": moments[:, 0], "variance": moments[:, 1] ** 2}
    return op.batch_norm(b, part.name, xs[0], epsilon=0.0, **arrays)


def _dropout(b: Builder, part: Part, xs: list[Tensor]) -> Tensor:
    return b.add(part.name, Dropout(part.number("rate", 0.5)), xs[0])


def _softmax(b: Builder, part: Part, xs: list[Tensor]) -> Tensor:
    return op.softmax(b, part.name, row(b, f"{part.name}row", xs[0]), 1)


def row(b: Builder, name: str, x: Tensor) -> Tensor:
    """(n, c) where the map is 1 x 1; otherwise as it is."""
    return b.flattened(name, x) if x.rank > 2 and set(x.shape[2:]) == {1} else x


def _concat(b: Builder, part: Part, xs: list[Tensor]) -> Tensor:
    """Along MATLAB's axis dim of (h, w, c, n): 3, the channels, by default."""
    dim = part.integers("dim", (3,))[0]
    if dim not in (1, 2, 3):
        raise part.settings.fail(f"expected dim to be 1, 2 or 3, got {dim}")
    return op.concat(b, part.name, xs, {1: 2, 2: 3, 3: 1}[dim])


def _sum(b: Builder, part: Part, xs: list[Tensor]) -> Tensor:
    return op.add(b, part.name, xs)


def _scale(b: Builder, part: Part, xs: list[Tensor]) -> Tensor:
    """x times a learned array, or times a second input, plus a learned bias."""
    x = xs[0]
    if len(xs) == 2:
        x, learned = op.multiply(b, part.name, xs), part.arrays
        return x if not learned else op.affine(b, f"{part.name}_bias", x, None, _map(learned[0]))
    bias = part.array(1)
    return op.affine(b, part.name, x, _map(part.need(0, "factors")), None if bias is None else _map(bias))


def _map(values: Array) -> Array:
    """MATLAB's (h, w, c) as (c, h, w)."""
    return values.reshape(*values.shape, *(1,) * (3 - values.ndim)).transpose(2, 0, 1)


READERS: dict[str, PartReader] = {
    "conv": _conv,
    "convt": _conv_transpose,
    "pool": _pool,
    "relu": _relu,
    "sigmoid": _sigmoid,
    "normalize": _lrn,
    "lrn": _lrn,
    "bnorm": _batch_norm,
    "dropout": _dropout,
    "softmax": _softmax,
}


BLOCKS: dict[str, PartReader] = {
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "Pooling": _pool,
    "ReLU": _relu,
    "Sigmoid": _sigmoid,
    "LRN": _lrn,
    "BatchNorm": _batch_norm,
    "DropOut": _dropout,
    "SoftMax": _softmax,
    "Concat": _concat,
    "Sum": _sum,
    "Scale": _scale,
}
