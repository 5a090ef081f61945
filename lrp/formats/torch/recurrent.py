"""PyTorch's recurrent modules: batch_first, one direction."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.formats.build import Assembly, Entry, EntryReader, Tensor
from lrp.formats.torch.activations import single
from lrp.layers import (
    Layer,
)
from lrp.layers.recurrent import GRU, LSTM, SimpleRNN


def _recurrent(kind: type[Layer], order: tuple[int, ...]) -> EntryReader:
    """batch_first modules of one direction: (n, t, d); `last` gives the final state (n, u) instead of all outputs.

    order: torch's gate at each position of ours. Layers are stacked num_layers times.
    """

    def read(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
        x = a.builder.plain(single(e, xs))
        layers, last, first = e.integer("num_layers", 1), e.flag("last", False), e.flag("batch_first", True)
        if (
            layers < 1
            or layers > 64
            or not first
            or e.flag("bidirectional", False)
            or a.may(e, "weight_hr_l0") is not None
        ):
            raise e.fail("expected 1 to 64 layers of one direction with batch_first and without projection")
        relu = kind is SimpleRNN and e.text("nonlinearity", "tanh") == "relu"
        for k in range(layers):
            kernel, recurrent = (_gates(e, a.need(e, f"weight_{part}_l{k}", 2), order) for part in ("ih", "hh"))
            biases = [a.may(e, f"bias_{part}_l{k}") for part in ("ih", "hh")]
            ours = [_gates(e, bias, order) for bias in biases if bias is not None]
            settings: dict[str, Any] = {"output": "last" if last and k == layers - 1 else "sequence"}
            if len(ours) == 2:
                settings["bias"] = np.stack(ours) if kind is GRU else ours[0] + ours[1]
            elif kind is GRU:
                settings["bias"] = np.zeros((2, kernel.shape[1]))
            if relu:
                settings["activation"] = "relu"
            layer = a.builder.make(e.name, kind, kernel=kernel, recurrent=recurrent, **settings)
            x = a.builder.add(e.name, layer, x, axes=(0, 1) if settings["output"] == "last" else (0, 1, 2))
        return x

    return read


def _gates(e: Entry, values: Array, order: tuple[int, ...]) -> Array:
    """Rows of gates in torch's order -> columns in this package's."""
    if len(values) % len(order):
        raise e.fail(f"expected {len(order)} gates, got {len(values)} rows")
    blocks = values.reshape(len(order), -1, *values.shape[1:])[list(order)]
    return np.asarray(blocks.reshape(values.shape).T)


RECURRENT: dict[str, EntryReader] = {
    "LSTM": _recurrent(LSTM, (0, 1, 2, 3)),
    "GRU": _recurrent(GRU, (1, 0, 2)),
    "RNN": _recurrent(SimpleRNN, (0,)),
}
