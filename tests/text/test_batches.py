"""A text has the same output and the same relevances alone and in a batch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from lrp.errors import ShapeError
from lrp.graph import Composite
from lrp.text import ARRAS, TextModel, relevances
from lrp.text import batches as module
from lrp.text.batches import batches

WORDS: list[list[int]] = [[2, 5, 1, 8, 3, 4, 4], [6], [7, 1, 2], [1, 1, 3, 8, 7], [], [3, 3, 4]]
TEXTS = [np.array(text, dtype=np.int64) for text in WORDS]


def test_every_text_comes_once_and_texts_of_similar_length_share_a_batch(
    model: TextModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = list(batches(model.network, TEXTS))
    assert len(found) == 1
    monkeypatch.setattr(module, "POSITIONS", 12)
    found = list(batches(model.network, TEXTS))
    assert len(found) > 2
    assert sorted(index for indices, _ in found for index in indices) == list(range(6))
    for indices, batch in found:
        for index, row in zip(indices, batch):
            assert row[: len(TEXTS[index])].tolist() == TEXTS[index].tolist()
            assert not row[len(TEXTS[index]) :].any()
            assert len(row) >= len(TEXTS[index]) + 2  # a filter of three words reaches two positions past the text


def test_no_texts_no_batches(model: TextModel) -> None:
    assert list(batches(model.network, [])) == []
    assert list(relevances(model, [])) == []


def test_without_a_mask_only_equal_lengths_share_a_batch(build: Callable[..., TextModel]) -> None:
    found = list(batches(build(masked=False).network, TEXTS))
    assert {batch.shape: sorted(indices) for indices, batch in found} == {
        (4, 3): [1, 2, 4, 5],  # shorter than the filter: filled up to its width
        (1, 5): [3],
        (1, 7): [0],
    }


def test_a_network_of_fixed_length_gets_it(build: Callable[..., TextModel]) -> None:
    network = build(masked=False, length=8).network
    ((indices, batch),) = batches(network, TEXTS)
    assert batch.shape == (6, 8)
    with pytest.raises(ShapeError, match="texts of at most 8 words are expected, got one of 9"):
        list(batches(network, [np.full(9, 2)]))


def test_no_convolution_no_tail(model: TextModel) -> None:
    nodes = [node for node in model.network.nodes.values() if node.name in ("words", "vectors", "maximum", "logits")]
    kept = {node.name for node in nodes}
    assert kept == {"words", "vectors", "maximum", "logits"}
    from lrp.graph import Network, Node

    network = Network([*nodes[:2], Node("maximum", nodes[2].layer, ("vectors",))])
    assert [batch.shape for _, batch in batches(network, [np.array([2, 3])])] == [(1, 2)]


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("target", [None, 1])
@pytest.mark.parametrize("composite", [None, ARRAS])
def test_company_changes_nothing(
    build: Callable[..., TextModel], masked: bool, target: int | None, composite: Composite | None
) -> None:
    model = build(masked=masked)
    together = {one.index: one for one in relevances(model, TEXTS, target, composite=composite)}
    for index, text in enumerate(TEXTS):
        (alone,) = relevances(model, [text], target, composite=composite)
        company = together[index]
        assert company.logits == pytest.approx(alone.logits, abs=1e-12)
        assert company.relevance == pytest.approx(alone.relevance, abs=1e-12)
        assert company.target == alone.target
    assert model.classify(TEXTS).tolist() == [int(together[i].logits.argmax()) for i in range(6)]
