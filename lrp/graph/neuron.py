"""One neuron: what each of its inputs contributed to its output, and what it received of the neuron's relevance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import InputError
from lrp.pictures import Bars, Panel, Style, figure, relevance_panel
from lrp.rules import Propagation, Rule
from lrp.tables import columns, number_text


@dataclass(frozen=True, eq=False)
class NeuronView:
    """The messages of one neuron j of one sample: R_{i<-j} for each input i, and what bias and stabilizer took.

        z_j  =  sum_i z_ij + b_j                       z_ij = x_i dy_j/dx_i, for a layer that is linear
        R_j  =  sum_i R_{i<-j} + bias + stabilizer + dropped

    Source: Bach et al. 2015, messages from a neuron to its inputs

    x, z, R: for each input of the layer an array of the sample's shape. For a layer that is not linear z does not sum
    to the output.
    """

    name: str
    rule: Rule
    output: Any
    received: Any
    x: tuple[Array, ...] = field(repr=False)
    z: tuple[Array, ...] = field(repr=False)
    R: tuple[Array, ...] = field(repr=False)
    bias: Any
    stabilizer: Any
    dropped: Any

    def table(self, most: int = 20) -> str:
        """The inputs with the largest |R_{i<-j}|, then bias, stabilizer and dropped; with the shares of R_j."""
        flat = [np.concatenate([np.ravel(part) for part in parts]) for parts in (self.x, self.z, self.R)]
        labels = [
            f"{f'{k}:' if len(self.x) > 1 else ''}{','.join(map(str, index))}"
            for k, part in enumerate(self.x)
            for index in np.ndindex(part.shape)
        ]
        order = sorted(range(len(labels)), key=lambda i: (-abs(flat[2][i]), -abs(flat[1][i])))
        order = [i for i in order if flat[2][i] != 0 or flat[1][i] != 0]
        rows = [["input", "x_i", "z_ij", "R_{i<-j}", "share"]]
        rows += [
            [labels[i], *map(number_text, (flat[0][i], flat[1][i], flat[2][i])), self._share(flat[2][i])]
            for i in order[:most]
        ]
        if len(order) > most:
            rest = order[most:]
            z, R = (sum((part[i] for i in rest), 0 * part[0]) for part in flat[1:])
            rows.append([f"{len(rest)} others", "", number_text(z), number_text(R), self._share(R)])
        for name in ("bias", "stabilizer", "dropped"):
            taken = getattr(self, name)
            rows.append([name, "", "", number_text(taken), self._share(taken)])
        rows.append(["sum", "", number_text(self.output), number_text(self.received), self._share(self.received)])
        return f"{self.name}, {self.rule.text()}\n" + columns(rows, numbers=(1, 2, 3, 4))

    def panels(self) -> list[Panel]:
        """The messages of each input, and bars for the sums: inputs, bias, stabilizer, dropped."""
        made = [relevance_panel(arrays_float(R), f"{self.name}\nR_j = {float(self.received):.4g}") for R in self.R]
        sums = [sum(float(R.sum()) for R in self.R), *map(float, (self.bias, self.stabilizer, self.dropped))]
        return [*made, Bars("where R_j goes", np.array(sums), ("inputs", "bias", "stabilizer", "dropped"))]

    def plot(self, style: Style | str = "scale=panel") -> Any:
        """A figure of the panels; MissingExtraError without matplotlib."""
        return figure([self.panels()], style=Style.parse(style) if isinstance(style, str) else style)

    def _share(self, part: Any) -> str:
        return "" if self.received == 0 else f"{float(part) / float(self.received):.2%}"


def neuron_view(
    name: str, layer: Any, rule: Rule, xs: tuple[Array, ...], y: Array, R: Array, index: tuple[int, ...]
) -> NeuronView:
    """The view of the neuron at `index` of one sample's output.

    xs, y, R: inputs, output and relevance of the output, of one sample (1, ...). InputError for an index that is none.
    """
    shape = y.shape[1:]
    inside = len(index) == len(shape) and all(0 <= i < n for i, n in zip(index, shape))
    if not inside:
        raise InputError(f"{name}: expected a neuron's index within the shape {shape}, got {index}")
    place = (0, *index)
    alone, one = arrays.zeros(y.shape, R), arrays.zeros(y.shape, y)
    alone[place], one[place] = R[place], arrays.scalar(1, y)
    divided: Propagation = layer.distribute(alone, rule, xs, y)
    slopes = layer.pullback(one, xs, y)
    return NeuronView(
        f"{name}[{', '.join(map(str, index))}]",
        rule,
        y[place],
        R[place],
        tuple(x[0] for x in xs),
        tuple((x * slope)[0] for x, slope in zip(xs, slopes)),
        tuple(part[0] for part in divided.parts),
        divided.bias[0],
        divided.stabilizer[0],
        divided.dropped[0],
    )


def arrays_float(R: Array) -> Array:
    """The array in float64, for a picture."""
    return np.asarray(R, dtype=np.float64)
