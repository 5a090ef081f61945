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
from lrp.pictures import Panel, figure, figure_file
from lrp.rules import Rule

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
        """The heading of one sample's heatmap: the class, and the relevance at the start or the score."""
        classes = Metadata() if self.trace is None else self.trace.metadata
        number = ("score", self.score) if self.ledger is None else ("R", self.ledger.start)
        return f"class {classes.class_name(int(self.target[sample]))}, {number[0]} = {float(number[1][sample]):.4g}"

    def plot(self, limit: float | None = None, note: str = "") -> Any:
        """A figure of the relevance at the inputs: one row per sample, red positive, blue negative, white zero.

        Parameters
        ----------
        limit : float, optional
            The |R| of the strongest colour in all panels; None: the largest |R| of each panel.
        note : str
            A text below the panels.

        Returns
        -------
        matplotlib.figure.Figure
            With a colour bar for each heatmap.

        Raises
        ------
        ShapeError
            For relevance of more than three axes per sample, which is no picture.
        InputError
            For a limit that is not positive.
        MissingExtraError
            If matplotlib is not installed.
        """
        return figure(self._rows(len(self.target), limit), note)

    def save_heatmap(self, path: str | os.PathLike[str], limit: float | None = None) -> None:
        """Write the figure of plot() to a file; `start` is written below it and stored in it.

        Parameters
        ----------
        path : str or path
            A name that ends in .png, .pdf or .svg.
        limit : float, optional
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
        picture = figure_file(self._rows(len(self.target), limit), self.start, os.path.splitext(name)[1].lower()[1:])
        try:
            with open(name, "wb") as file:
                file.write(picture)
        except OSError as error:
            raise SaveError(f"{name}: the heatmap cannot be written: {error.strerror or error}") from None

    def _rows(self, samples: int, limit: float | None = None) -> list[list[Panel]]:
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
                row += picture_row(name, x, [(R[sample], self.title(sample))], metadata, limit)
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


def _shapes(relevance: Any) -> str:
    """The shape of an array, or of each array of several."""
    if isinstance(relevance, Mapping):
        return ", ".join(f"{name} {part.shape}" for name, part in relevance.items())
    return ", ".join(str(part.shape) for part in relevance) if isinstance(relevance, tuple) else str(relevance.shape)


def _few(values: Array) -> str:
    """The first numbers, one per sample."""
    shown = ", ".join(f"{float(value):.4g}" for value in values[:SHOWN])
    return shown + ", ..." * (len(values) > SHOWN)
