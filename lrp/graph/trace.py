"""The results of a forward pass, of a gradient, and of an explanation."""

from __future__ import annotations

import base64
import html
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import MissingExtraError, SaveError, ShapeError
from lrp.graph.doubts import doubts
from lrp.graph.drawing import picture_row
from lrp.graph.ledger import Ledger
from lrp.graph.metadata import Metadata
from lrp.pictures import Panel, Style, figure, figure_file, relevance_panel
from lrp.rules import Rule

PER_ROW = 4  # panels of plot_layers
SHOWN = 4  # samples whose pictures and ledgers a notebook shows


@dataclass(frozen=True, eq=False)
class Trace:
    """The activations of one forward pass: `values[node name]` for every node.

    output_names, input_names: in the network's order. metadata: the network's. Nothing in this package changes a
    trace after it is made.
    """

    values: dict[str, Array]
    output_names: tuple[str, ...]
    input_names: tuple[str, ...] = ()
    metadata: Metadata = Metadata()

    @property
    def outputs(self) -> dict[str, Array]:
        """The network's outputs by name."""
        return {name: self.values[name] for name in self.output_names}

    @property
    def output(self) -> Array:
        """The first output."""
        return self.values[self.output_names[0]]

    def __repr__(self) -> str:
        outputs = ", ".join(f"{name} {array.shape}" for name, array in self.outputs.items())
        return f"Trace({len(self.values)} nodes, {len(self.output)} samples; outputs: {outputs})"


@dataclass(frozen=True, eq=False)
class Gradient:
    """The gradient of sum(start * logits): `gradient` in the form of x, `gradients` of each node's output by name."""

    gradient: Any
    gradients: dict[str, Array]
    trace: Trace
    target: Array

    def __repr__(self) -> str:
        return f"Gradient({_shapes(self.gradient)}; target {_few(self.target)}; {len(self.gradients)} nodes)"


@dataclass(frozen=True, eq=False)
class Explanation:
    """The result of every explanation method.

    All methods give

        method      the method's name in `lrp.methods.METHODS`
        relevance   in the form of x (an array, a tuple, a dict by name) and in the input's layout; methods that compute
                    one number per pixel keep the channel axis with length 1: pictures (n, h, w, c) -> (n, h, w, 1)
        target      (n,) the number of the explained output, one per sample
        score       (n,) the explained output at x, before a final softmax
        settings    the method's settings, by name
        expected    (n,) what each sample's relevance should sum to by the method's own theorem; None: it has none
        details     other arrays that the method computes, by name

    and those that have them (None or empty for the others)

        ledger      where the relevance went, node by node
        relevances  the relevance of each node's output, by name
        trace       the forward pass
        rules       the rule of each node
        start       where the backward pass started and with which relevance, in words
        profile     the library whose conventions the rules were computed by; "paper": the published equations
    """

    method: str
    relevance: Any
    target: Array
    score: Array
    settings: dict[str, Any] = field(default_factory=dict)
    expected: Array | None = None
    details: dict[str, Array] = field(default_factory=dict)
    # declared as present: layer-wise relevance propagation always gives both; None for methods that have none
    ledger: Ledger = None  # type: ignore[assignment]
    trace: Trace = None  # type: ignore[assignment]
    relevances: dict[str, Array] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    start: str = ""
    profile: str = ""

    def parts(self) -> tuple[Array, ...]:
        """The relevance of each input, in the network's order, whatever form it has."""
        if isinstance(self.relevance, Mapping):
            return tuple(self.relevance.values())
        return self.relevance if isinstance(self.relevance, tuple) else (self.relevance,)

    def total(self) -> Array:
        """(n,) the sum of each sample's relevance over all inputs."""
        sums = [arrays.sum_per_sample(np.asarray(part)) for part in self.parts()]
        return np.asarray(sum(sums[1:], sums[0]))

    def gap(self) -> Array | None:
        """(n,) expected - total(): what is missing from completeness; None for a method that promises no sum."""
        return None if self.expected is None else np.asarray(self.expected - self.total())

    def doubts(self) -> list[str]:
        """Sentences about what looks wrong: the input's range, an undecided prediction, relevance that vanished."""
        if self.trace is None:
            return []
        inputs = {name: self.trace.values[name] for name in self.trace.input_names if name in self.trace.values}
        return list(doubts(self.trace.metadata, inputs, self.trace.output, self.ledger))

    def title(self, sample: int) -> str:
        """The heading of one sample's heatmap: the class and its output, and where the relevance went."""
        start = self.score if self.ledger is None else self.ledger.start
        first = f"{self._class(int(self.target[sample]))}: {float(start[sample]):.4g}"
        second = f"input {float(self.total()[sample]):.4g}"
        if self.ledger is not None:
            total = self.ledger.total()
            named = (("bias", total.bias), ("stabilizer", total.stabilizer), ("dropped", total.dropped))
            second += "".join(f", {name} {float(sums[sample]):.2g}" for name, sums in named if sums[sample] != 0)
        return f"{first}\n{second}"

    def input_title(self, sample: int, name: str) -> str:
        """The heading of the input's panel: its name, and what the network predicts."""
        if self.trace is None:
            return name
        output = np.asarray(self.trace.output[sample], dtype=np.float64).ravel()
        best = int(output.argmax())
        return f"{name}\npredicted {self._class(best)} ({output[best]:.4g})"

    def _class(self, number: int) -> str:
        return (Metadata() if self.trace is None else self.trace.metadata).class_name(number)

    def plot(self, limit: float | None = None, note: str = "", style: Style | str = Style()) -> Any:
        """A figure of the relevance at the inputs: one row per sample, red positive, blue negative, white zero.

        Pictures become heatmaps, signals a line on coloured background, vectors bars, volumes slices.

        Parameters
        ----------
        limit : float, optional
            The |R| of the strongest colour in all panels; None: the largest |R| of each row, or as the style says.
        note : str
            A text below the panels.
        style : Style or str
            Colours, scale, fonts, overlay, contours: `lrp.pictures.Style`, or its text such as "projector,overlay=0.7".

        Returns
        -------
        matplotlib.figure.Figure
            With a colour bar for each heatmap.

        Raises
        ------
        ShapeError
            For relevance of more than four axes per sample, which is no picture.
        InputError
            For a limit that is not positive and an unknown style.
        MissingExtraError
            If matplotlib is not installed.
        """
        return figure(self._rows(len(self.target)), note, _style(style), limit)

    def plot_layers(self, sample: int = 0, style: Style | str = "scale=panel") -> Any:
        """A figure of the relevance of every node of one sample, the output first; each panel has its own scale.

        Returns and raises as plot(). Relevance of more than four axes is left out.
        """
        panels = self.layer_panels(sample)
        return figure([panels[i : i + PER_ROW] for i in range(0, len(panels), PER_ROW)], self.start, _style(style))

    def layer_panels(self, sample: int = 0) -> list[Panel]:
        """The panels of plot_layers()."""
        shown = [(name, R[sample]) for name, R in self.relevances.items() if R.ndim <= 5]
        inputs = () if self.trace is None else self.trace.input_names  # all other nodes have their channels last
        return [
            relevance_panel(R, f"{name}\nsum {float(R.sum()):.4g}", channels=None if name in inputs else -1)
            for name, R in shown
        ]

    def save_heatmap(
        self, path: str | os.PathLike[str], limit: float | None = None, style: Style | str = Style()
    ) -> None:
        """Write the figure of plot() to a file; `start` is written below it and stored in it.

        Parameters
        ----------
        path : str or path
            A name that ends in .png, .pdf or .svg.
        limit, style
            As in plot().

        Raises
        ------
        InputError
            For another ending.
        SaveError
            If the file cannot be written.
        ShapeError, MissingExtraError
            As plot() raises.
        """
        name = os.fspath(path)
        kind = os.path.splitext(name)[1].lower()[1:]
        picture = figure_file(self._rows(len(self.target)), self.start, kind, _style(style), limit)
        try:
            with open(name, "wb") as file:
                file.write(picture)
        except OSError as error:
            raise SaveError(f"{name}: the heatmap cannot be written: {error.strerror or error}") from None

    def _rows(self, samples: int) -> list[list[Panel]]:
        """The panels of the first samples, one row per sample."""
        names: tuple[str, ...] = () if self.trace is None else self.trace.input_names
        parts = self.parts()
        named = names if len(names) == len(parts) else ("",) * len(parts)
        rows = []
        for sample in range(samples):
            row: list[Panel] = []
            for name, R in zip(named, parts):
                known = self.trace is not None and name in self.trace.values
                x, metadata = (self.trace.values[name][sample], self.trace.metadata) if known else (None, Metadata())
                row += picture_row(self.input_title(sample, name), x, [(R[sample], self.title(sample))], metadata)
            rows.append(row)
        return rows

    def __repr__(self) -> str:
        counts = Counter(rule.text() for rule in self.rules.values())
        common = ", ".join(f"{count} {text}" for text, count in counts.most_common(4))
        lines = [
            f"Explanation({self.method}: {len(self.target)} samples, target {_few(self.target)}",
            f"  relevance {_shapes(self.relevance)}, sum {_few(self.total())}; score {_few(self.score)}",
        ]
        if self.rules:
            lines.append(f"  rules {common}{', ...' * (len(counts) > 4)}")
        if self.start:
            lines.append(f"  {self.start}")
        lines += [f"  doubt: {sentence}" for sentence in self.doubts()]
        return "\n".join(lines) + ")"

    def _repr_html_(self) -> str:
        shown = min(SHOWN, len(self.target))
        try:
            data = base64.b64encode(figure_file(self._rows(shown), self.start)).decode("ascii")
            picture = f'<img alt="heatmap" src="data:image/png;base64,{data}">'
        except (MissingExtraError, ShapeError):  # the ledger alone
            picture = ""
        tables = "" if self.ledger is None else self.ledger._repr_html_()
        return f"<pre>{html.escape(repr(self))}</pre>{picture}{tables}"


def _style(style: Style | str) -> Style:
    return Style.parse(style) if isinstance(style, str) else style


def _shapes(relevance: Any) -> str:
    """The shape of an array, or of each array of several."""
    if isinstance(relevance, Mapping):
        return ", ".join(f"{name} {part.shape}" for name, part in relevance.items())
    return ", ".join(str(part.shape) for part in relevance) if isinstance(relevance, tuple) else str(relevance.shape)


def _few(values: Array) -> str:
    """The first numbers, one per sample."""
    shown = ", ".join(f"{float(value):.4g}" for value in values[:SHOWN])
    return shown + ", ..." * (len(values) > SHOWN)
