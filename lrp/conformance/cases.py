"""The registry of all golden-vector cases, in the order in which they are written."""

from __future__ import annotations

from collections.abc import Iterator

from lrp.conformance.case import GoldenCase
from lrp.conformance.layer_cases import layer_cases
from lrp.conformance.network_cases import network_cases


def cases() -> Iterator[GoldenCase]:
    """Every case: each layer by itself under each of its rules and edges, then the small networks.

    Yields
    ------
    GoldenCase
        In a fixed order; identifiers are unique. Expected relevance is computed when `GoldenCase.answer` is read.

    Examples
    --------
    >>> next(cases()).id
    'layers/dense/zero/signed'
    """
    yield from layer_cases()
    yield from network_cases()
