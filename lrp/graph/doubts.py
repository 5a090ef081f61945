"""What looks wrong about an explanation: a mistaken preprocessing, an undecided prediction, relevance that vanished."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from lrp.arrays import Array, is_exact
from lrp.graph.ledger import Ledger
from lrp.graph.metadata import Metadata

OUTSIDE = 0.02  # of the width of the input's range: what rounding and interpolation may add to it
UNDECIDED = 1.5  # times 1/K: the largest of K probabilities below which nothing was recognised
LOST, MULTIPLIED = (
    0.5,
    10.0,
)  # of the relevance at the start: taken by stabilizers; arrived at the inputs in absolute value
REMEDY = "try another composite, such as epsilon-plus-flat"


def doubts(metadata: Metadata, inputs: Mapping[str, Array], output: Array, ledger: Ledger | None) -> Iterator[str]:
    """Sentences about what looks wrong, none for most explanations.

    Parameters
    ----------
    metadata : Metadata
        Its preprocessing and its range of the input are compared with the input.
    inputs : mapping of str to Array
        The network's inputs by name, the samples first.
    output : Array
        The network's output, the samples first; where each sample sums to 1 it is taken for probabilities.
    ledger : Ledger or None
    """
    if metadata.preprocessing is not None and metadata.preprocessing.doubt():
        yield metadata.preprocessing.doubt()
    yield from _outside(metadata, inputs)
    yield from _undecided(output)
    if ledger is not None:
        yield from _vanished(ledger)


def _outside(metadata: Metadata, inputs: Mapping[str, Array]) -> Iterator[str]:
    bounds = metadata.bounds()
    if bounds is None or len(inputs) != 1:
        return
    (x,) = inputs.values()
    low, high = float(np.min(bounds[0])), float(np.max(bounds[1]))
    smallest, largest = float(x.min()), float(x.max())
    slack = OUTSIDE * (high - low)
    if smallest < low - slack or largest > high + slack:
        yield (
            f"input: expected numbers from {low:.4g} to {high:.4g} as the model states, got {smallest:.4g} to"
            f" {largest:.4g}; was it prepared in another way?"
        )


def _undecided(output: Array) -> Iterator[str]:
    p = np.asarray(output, dtype=np.float64).reshape(len(output), -1)
    classes = p.shape[1]
    if classes < 3 or p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        return
    for sample in np.flatnonzero(p.max(axis=1) < UNDECIDED / classes)[:1]:
        yield (
            f"prediction: sample {sample} has no class above {p[sample].max():.3g}, nearly 1/{classes} for all; is the"
            " input prepared as the model was trained?"
        )


def _vanished(ledger: Ledger) -> Iterator[str]:
    total = ledger.total()
    if is_exact(ledger.start):
        return
    for sample in range(len(ledger)):
        received, passed = abs(float(total.received[sample])), abs(float(total.passed[sample]))
        lost = abs(float(total.stabilizer[sample]))
        if received > 0 and lost > LOST * received:
            yield (
                f"ledger: the stabilizers took {lost / received:.0%} of the relevance of sample {sample}, so the"
                f" heatmap explains little of the output; {REMEDY}, or a smaller eps"
            )
            return
        if received > 0 and passed > MULTIPLIED * received:
            yield (
                f"ledger: {passed / received:.3g} times the relevance of sample {sample} arrived at the inputs, because"
                f" positive and negative parts nearly cancel; {REMEDY}, or a larger eps"
            )
            return
