"""PyTorch's activations by name, and what the readers of all modules share."""

from __future__ import annotations

from lrp.formats.build import Assembly, Entry, EntryReader, Tensor
from lrp.formats.build import operations as op
from lrp.layers import (
    ELU,
    GELU,
    Layer,
    LeakyReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from lrp.layers.activations import (
    CELU,
    SELU,
    HardShrink,
    HardSigmoid,
    HardSiLU,
    HardTanh,
    LogSigmoid,
    LogSoftmax,
    Mish,
    SoftShrink,
    Softsign,
    TanhShrink,
    Threshold,
)


def single(entry: Entry, xs: list[Tensor]) -> Tensor:
    """The only input."""
    if len(xs) != 1:
        raise entry.fail(f"expected one input, got {len(xs)}")
    return xs[0]


def activation(kind: type[Layer], **named: tuple[str, float]) -> EntryReader:
    """An activation; named: argument of our layer -> (setting of the framework, its default)."""

    def read(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
        arguments = {ours: e.number(theirs, default) for ours, (theirs, default) in named.items()}
        e.used.add("inplace")
        return a.builder.add(e.name, a.builder.make(e.name, kind, **arguments), single(e, xs))

    return read


def _prelu(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    x, slopes = single(e, xs), a.need(e, "weight", 1)
    e.used.add("num_parameters")
    return op.prelu(a.builder, e.name, x, slopes.reshape(-1, *(1,) * (x.rank - 2)))


def _gelu(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    word = e.text("approximate", "none")
    if word not in ("none", "tanh"):
        raise e.fail(f"expected approximate to be 'none' or 'tanh', got {word!r}")
    return a.builder.add(e.name, GELU(word == "tanh"), single(e, xs))


def _softplus(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    """log(1 + exp(x)); torch's cut to x above 20 differs from it by less than 3e-9."""
    if e.number("beta", 1.0) != 1.0 or e.number("threshold", 20.0) < 20.0:
        raise e.fail("expected beta 1 and a threshold of at least 20")
    return a.builder.add(e.name, Softplus(), single(e, xs))


def _softmax(kind: type[Layer]) -> EntryReader:
    def read(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
        return op.softmax(a.builder, e.name, single(e, xs), axis(e, xs[0], e.integer("dim", -1)), kind)

    return read


def axis(entry: Entry, x: Tensor, number: int) -> int:
    """An axis behind the samples, counted from 0 with the samples or from the end."""
    resolved = number + x.rank if number < 0 else number
    if not 1 <= resolved < x.rank:
        raise entry.fail(f"expected an axis of {x.shape} behind the samples, got {number}")
    return resolved


ACTIVATIONS: dict[str, EntryReader] = {
    "ReLU": activation(ReLU),
    "ReLU6": activation(ReLU, maximum=("maximum", 6.0)),
    "LeakyReLU": activation(LeakyReLU, alpha=("negative_slope", 0.01)),
    "ELU": activation(ELU, alpha=("alpha", 1.0)),
    "CELU": activation(CELU, alpha=("alpha", 1.0)),
    "SELU": activation(SELU),
    "SiLU": activation(SiLU),
    "Mish": activation(Mish),
    "Sigmoid": activation(Sigmoid),
    "Tanh": activation(Tanh),
    "Softsign": activation(Softsign),
    "LogSigmoid": activation(LogSigmoid),
    "Tanhshrink": activation(TanhShrink),
    "Hardswish": activation(HardSiLU),
    "Hardsigmoid": activation(HardSigmoid, factor=("factor", 1 / 6)),
    "Hardtanh": activation(HardTanh, low=("min_val", -1.0), high=("max_val", 1.0)),
    "Hardshrink": activation(HardShrink, threshold=("lambd", 0.5)),
    "Softshrink": activation(SoftShrink, threshold=("lambd", 0.5)),
    "Threshold": activation(Threshold, threshold=("threshold", 0.0), otherwise=("value", 0.0)),
    "GELU": _gelu,
    "Softplus": _softplus,
    "PReLU": _prelu,
    "Softmax": _softmax(Softmax),
    "LogSoftmax": _softmax(LogSoftmax),
}
