"""Which arrays each kind of Keras layer owns, in which order, and under which names its files keep them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lrp.formats.keras.config import Spec


@dataclass(frozen=True)
class Writer:
    """Who wrote the file: the version of Keras, and whose semantics its layers have.

    tensorflow_keras: the Keras inside TensorFlow. theano: convolutions flip kernels and pad as Theano does.
    """

    version: tuple[int, int, int] = (2, 2, 4)
    tensorflow_keras: bool = False
    theano: bool = False
    backend: str = ""
    backend_is_stated: bool = True

    @property
    def text(self) -> str:
        """For people."""
        name = "tf.keras" if self.tensorflow_keras else "Keras"
        guessed = "" if self.backend_is_stated else " (assumed: the file does not state its backend)"
        backend = f" on {self.backend}{guessed}" if self.backend else ""
        return f"{name} {'.'.join(map(str, self.version))}{backend}"

    @property
    def generation(self) -> int:
        """1, 2 or 3."""
        return max(self.version[0], 1)


@dataclass(frozen=True)
class Variable:
    """One array. place: the object inside the layer that owns it, as Keras 3 files name it."""

    name: str
    trainable: bool = True
    place: str = ""


def _named(*names: str, place: str = "") -> tuple[Variable, ...]:
    return tuple(Variable(name, True, place) for name in names)


def _kernel(config: dict[str, Any], *kernels: str) -> tuple[Variable, ...]:
    return _named(*kernels, *(("bias",) if config.get("use_bias", True) else ()))


def _statistics(config: dict[str, Any]) -> tuple[Variable, ...]:
    scale = ("gamma",) if config.get("scale", True) else ()
    center = ("beta",) if config.get("center", True) else ()
    moving = (Variable("moving_mean", False), Variable("moving_variance", False))
    return (*_named(*scale, *center), *moving)


def _scale_center(config: dict[str, Any]) -> tuple[Variable, ...]:
    scale = ("gamma",) if config.get("scale", True) else ()
    return _named(*scale, *(("beta",) if config.get("center", True) else ()))


def _recurrent(config: dict[str, Any]) -> tuple[Variable, ...]:
    names = ("kernel", "recurrent_kernel", *(("bias",) if config.get("use_bias", True) else ()))
    return _named(*names, place="cell")


def _attention(config: dict[str, Any]) -> tuple[Variable, ...]:
    bias = ("bias",) if config.get("use_bias", True) else ()
    parts = {"query": "query_dense", "key": "key_dense", "value": "value_dense", "attention_output": "output_dense"}
    return tuple(Variable(f"{part}/{name}", True, place) for part, place in parts.items() for name in ("kernel", *bias))


def _grouped(config: dict[str, Any]) -> tuple[Variable, ...]:
    return tuple(Variable(v.name, True, f"_{v.place}") for v in _attention(config))


def _normalization(config: dict[str, Any]) -> tuple[Variable, ...]:
    given = config.get("mean") is not None and config.get("variance") is not None
    return () if given else tuple(Variable(name, False) for name in ("mean", "variance", "count"))


def _keras_1(config: dict[str, Any]) -> tuple[Variable, ...]:
    return _named(*config["arrays"])


VARIABLES = {
    "Dense": lambda c: _kernel(c, "kernel"),
    "EinsumDense": lambda c: _named("kernel", *(("bias",) if c.get("bias_axes") else ())),
    "SeparableConv1D": lambda c: _kernel(c, "depthwise_kernel", "pointwise_kernel"),
    "SeparableConv2D": lambda c: _kernel(c, "depthwise_kernel", "pointwise_kernel"),
    "DepthwiseConv1D": lambda c: _kernel(c, "depthwise_kernel"),
    "DepthwiseConv2D": lambda c: _kernel(c, "depthwise_kernel"),
    "Embedding": lambda c: _named("embeddings"),
    "BatchNormalization": _statistics,
    "LayerNormalization": _scale_center,
    "GroupNormalization": _scale_center,
    "Attention": lambda c: _named("scale") if c.get("use_scale") else (),
    "RMSNormalization": lambda c: _named("scale"),
    "Normalization": _normalization,
    "PReLU": lambda c: _named("alpha"),
    "SimpleRNN": _recurrent,
    "LSTM": _recurrent,
    "GRU": _recurrent,
    "CuDNNLSTM": lambda c: _named("kernel", "recurrent_kernel", "bias", place="cell"),
    "CuDNNGRU": lambda c: _named("kernel", "recurrent_kernel", "bias", place="cell"),
    "MultiHeadAttention": _attention,
    "GroupedQueryAttention": _grouped,
    **{f"Conv{d}D": lambda c: _kernel(c, "kernel") for d in (1, 2, 3)},
    **{f"Conv{d}DTranspose": lambda c: _kernel(c, "kernel") for d in (1, 2, 3)},
    **{f"Keras1{kind}": _keras_1 for kind in ("SimpleRNN", "LSTM", "GRU", "MaxoutDense", "Highway")},
}
# Names that other versions give to the same array: the last part of the name in the file -> ours.
SYNONYMS = {
    "depthwise_kernel": ("kernel",),
    "moving_mean": ("running_mean",),
    "moving_variance": ("running_std",),
    "alpha": ("alphas",),
    "kernel": ("W",),
    "embeddings": ("W",),
    "bias": ("b",),
}


def variables(spec: Spec) -> tuple[Variable, ...]:
    """The arrays of one layer, in its own order: those that training changes first."""
    own = VARIABLES.get(spec.kind, lambda config: ())(spec.config)
    if spec.kind == "Dense" and spec.config.get("lora_rank"):
        return (*own, *_named("lora_kernel_a", "lora_kernel_b"))
    return own


def leaves(spec: Spec) -> Iterator[Spec]:
    """The layers inside a layer that own arrays themselves: through models and wrappers."""
    if spec.model is not None:
        for inner in spec.model.layers:
            yield from leaves(inner)
    elif spec.inner:
        for inner in spec.inner:
            yield from leaves(inner)
    else:
        yield spec
