"""ONNX's LSTM, GRU and RNN: (t, n, d) with the samples on axis 1, gates i o f c and z r h."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.formats.build import Tensor
from lrp.formats.onnx.reader_context import Operator, Reader, Scope, Value
from lrp.layers import Concat, Layer, Reshape
from lrp.layers.recurrent import GRU, LSTM, SimpleRNN
from lrp.layers.shape import Slice

DIRECTIONS = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}
KINDS: dict[str, type[Layer]] = {"LSTM": LSTM, "GRU": GRU, "RNN": SimpleRNN}
REFUSED = ("clip", "activation_alpha", "activation_beta", "input_forget")
STANDARD = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}


def _recurrent(s: Scope, node: Operator, xs: list[Value | None]) -> list[Tensor]:
    """Y (t, directions, n, u), Y_h (directions, n, u) and, of an LSTM, Y_c."""
    x = s.tensor(node, xs[0])
    if x.rank != 3 or x.axes[0] != 1 or node.get("layout", 0):
        raise s.fail(
            node,
            f"expected (steps, samples, features) with the samples of the model's input, got {x.shape}; "
            "export with batch_first=True",
        )
    if any(node.get(name) for name in REFUSED) or any(v is not None for v in [*xs[4:5], *xs[7:8]]):
        raise s.fail(node, "clips, lengths of sequences, peepholes and other activations are not read")
    for first in xs[5:7]:
        if first is not None and not _zeros(s.constant(node, first, "the first state")):
            raise s.fail(node, "a first state other than zeros is not read")
    directions = DIRECTIONS.get(node.get("direction", "forward"), (False,))
    names = list(node.get("activations", STANDARD[node.kind] * len(directions)))
    relu = node.kind == "RNN" and set(names) == {"Relu"}
    if not relu and names != STANDARD[node.kind] * len(directions):
        raise s.fail(node, f"activations {names} are not read")
    weights = [s.constant(node, xs[i], "its weights") for i in (1, 2)]
    biases = s.optional(node, xs, 3, "its biases")
    turned = s.builder.arranged(x, (1, 0, 2))
    result = []
    for output, used in zip(("sequence", "state", "cell"), (*node.used, False, False)):
        if not used:
            result.append(x)  # a value that nothing takes
            continue
        parts = []
        for index, reverse in enumerate(directions):
            arrays = _arrays(node, weights[0][index], weights[1][index], None if biases is None else biases[index])
            settings: dict[str, Any] = {"output": output, "reverse": reverse}
            if relu:
                settings["activation"] = "relu"
            kind = KINDS[node.kind]
            y = s.builder.add(
                node.name,
                s.builder.make(node.name, kind, **arrays, **settings),
                turned,
                axes=(0, 1, 2) if output == "sequence" else (0, 1),
            )
            if reverse and output == "sequence":
                y = s.builder.add(f"{node.name}_turned", Slice(((None, None, -1),)), y)
            parts.append(y)
        joined = parts[0] if len(parts) == 1 else s.builder.add(f"{node.name}_joined", Concat(-1), *parts)
        units = weights[1].shape[-1]
        shape = (-1, len(parts), units) if output == "sequence" else (len(parts), units)
        view = (2, 0, 1, 3) if output == "sequence" else (1, 0, 2)
        result.append(s.builder.add(f"{node.name}_split", Reshape(shape), joined, axes=view))
    return result[: len(node.outputs)]


def _arrays(node: Operator, w: Array, r: Array, b: Array | None) -> dict[str, Any]:
    """kernel (d, g u), recurrent (u, g u) and bias of one direction, the gates in this package's order."""
    units = r.shape[-1]
    order = [0, 2, 3, 1] if node.kind == "LSTM" else list(range(len(w) // units))

    def gates(values: Array) -> Array:
        blocks = values.reshape(len(order), units, *values.shape[1:])[order]
        return np.asarray(blocks.reshape(values.shape).T)

    arrays: dict[str, Any] = {"kernel": gates(w), "recurrent": gates(r)}
    after = node.kind == "GRU" and bool(node.get("linear_before_reset", 0))
    if node.kind == "GRU":
        arrays["reset_after"] = after
    if b is not None:
        first, second = gates(b[: len(b) // 2]), gates(b[len(b) // 2 :])
        arrays["bias"] = np.stack([first, second]) if after else first + second
    elif after:
        arrays["bias"] = np.zeros((2, len(w)))
    return arrays


def _zeros(values: Array) -> bool:
    """Whether all numbers are 0; a repeated number is looked at once."""
    once = values[tuple(slice(0, 1) if stride == 0 else slice(None) for stride in values.strides)]
    return not once.any()


RECURRENT: dict[str, Reader] = {"LSTM": _recurrent, "GRU": _recurrent, "RNN": _recurrent}
