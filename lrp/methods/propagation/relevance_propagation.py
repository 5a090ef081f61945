"""Layer-wise relevance propagation in the form of the other methods; and the random map that all must beat."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrp.graph import Network
from lrp.graph import start as as_start
from lrp.methods.result import Attribution
from lrp.methods.score import score
from lrp.methods.tools import layout


def relevance_propagation(
    network: Network, x: Any, target: Any = None, composite: Any = "epsilon-plus-flat", start: Any = "logit"
) -> Attribution:
    """network.explain(), with its ledger: sum_d R_d = f(x) up to what the ledger names

    Source: Bach et al. 2015, layer-wise relevance propagation
    """
    found = score(network, x, target)
    explanation = network.explain_trace(found.trace, list(found.target), composite, start, x=x)
    settings = {"composite": composite if isinstance(composite, str) else "given", "start": explanation.start}
    begun = as_start(start).relevance(found.logits, found.target)
    expected = begun.reshape(len(begun), -1).sum(axis=1)
    return Attribution(
        "relevance_propagation",
        explanation.relevance,
        found.target,
        found.value,
        settings,
        expected,
        explanation.ledger,
    )


def random_map(network: Network, x: Any, target: Any = None, rng: np.random.Generator | None = None) -> Attribution:
    """Uniform random numbers, one a pixel: the baseline of every evaluation. rng: default_rng(0)."""
    rng = np.random.default_rng(0) if rng is None else rng
    found = score(network, x, target)
    maps = {}
    for name, value in found.inputs.items():
        at = layout(network, name)
        shape = at.last(value).shape
        drawn = rng.random(shape if len(shape) == 2 else (*shape[:-1], 1))
        maps[name] = at.own(drawn)
    return Attribution("random_map", found.form(maps), found.target, found.value)
