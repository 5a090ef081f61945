"""Small text classifiers with random weights."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from lrp.graph import Metadata, Network, Node
from lrp.layers import Conv, Dense, Embedding, GlobalMaxPool, Input, Layer, Mask, ReLU
from lrp.text import TextModel, Tokenizer, Vocabulary

WORDS = ("eye", "pain", "doctor", "orbit", "launch", "the", "of")
CLASSES = ("sci.med", "sci.space", "misc.forsale")


def network(rng: np.random.Generator, masked: bool = True, width: int = 3, length: int | None = None) -> Network:
    """Vectors of 4, filters of `width` words, 5 features, 3 classes; biases of both signs, some of them large."""
    table = rng.normal(size=(len(WORDS) + 2, 4))
    table[:2] = 0
    padding = ((0, width - 1),) if masked else "valid"
    layers: list[tuple[str, Layer, tuple[str, ...]]] = [
        ("words", Input((length,), tokens=True), ()),
        ("vectors", Embedding(table), ("words",)),
        ("windows", Conv(rng.normal(size=(width, 4, 5)), rng.normal(size=5) * 2, padding=padding), ("vectors",)),
        ("relu", ReLU(), ("windows",)),
        ("mask", Mask(), ("relu", "words")),
        ("maximum", GlobalMaxPool(), ("mask" if masked else "relu",)),
        ("logits", Dense(rng.normal(size=(5, 3)), rng.normal(size=3)), ("maximum",)),
    ]
    kept = [Node(*entry) for entry in layers if masked or entry[0] != "mask"]
    return Network(kept, metadata=Metadata(classes=CLASSES, extra={"licence": "none"}))


@pytest.fixture
def build(rng: np.random.Generator) -> Callable[..., TextModel]:
    """A model of the network above; keyword arguments go to it, `limit` to the tokenizer."""

    def model(limit: int = 9, **settings: int | bool | None) -> TextModel:
        return TextModel(network(rng, **settings), Tokenizer(limit=limit), Vocabulary(WORDS))  # type: ignore[arg-type]

    return model


@pytest.fixture
def model(build: Callable[..., TextModel]) -> TextModel:
    """The one with a mask."""
    return build()
