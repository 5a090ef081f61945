"""Word relevance: ranks, targets, and the ledger down to the words."""

from __future__ import annotations

import numpy as np
import pytest

from lrp.errors import TargetError
from lrp.text import ARRAS, TextModel, explain, relevances

LETTER = "The doctor of the EYE, and <pain>!"


def test_the_ledger_closes_with_a_line_for_the_padding(model: TextModel) -> None:
    found = explain(model, model.read(LETTER), "sci.space", composite=ARRAS)
    ledger = found.ledger
    assert ledger is not None
    ledger.check()
    line = ledger["padding"]
    assert line.dropped[0] == pytest.approx(found.padding)
    assert line.received[0] == pytest.approx(found.relevance.sum() + found.padding)
    assert found.padding != 0  # the rule shares biases among all inputs of a window, zeros included
    total = ledger.total()
    assert total.received[0] == pytest.approx(found.logits[1])
    assert total.passed[0] == pytest.approx(found.relevance.sum())
    assert "padding" in ledger.table()


def test_unknown_words_have_relevance_but_no_rank(model: TextModel) -> None:
    found = explain(model, model.read(LETTER), 0, composite=ARRAS)
    assert found.known.tolist() == [True] * 5 + [False, True]
    assert found.highlighted[5] == 0
    assert found.unknown == pytest.approx(found.relevance[5])
    assert found.highlighted.sum() + found.unknown == pytest.approx(found.relevance.sum())


def test_targets_by_name_by_number_and_one_a_text(model: TextModel) -> None:
    texts = [np.array([2, 3]), np.array([4, 5, 6]), np.array([8])]
    by_name = {one.index: one for one in relevances(model, texts, "sci.space")}
    by_number = {one.index: one for one in relevances(model, texts, 1)}
    mixed = {one.index: one for one in relevances(model, texts, ["misc.forsale", 1, 0])}
    best = {one.index: one for one in relevances(model, texts)}
    for index in range(3):
        assert by_name[index].target == by_number[index].target == 1
        assert (by_name[index].relevance == by_number[index].relevance).all()
        assert best[index].target == best[index].logits.argmax()
    assert [mixed[index].target for index in range(3)] == [2, 1, 0]
    assert mixed[1].relevance == pytest.approx(by_name[1].relevance)
    with pytest.raises(TargetError, match="sci.medicine"):
        explain(model, model.read(LETTER), "sci.medicine")


def test_other_composites(model: TextModel) -> None:
    plain = explain(model, model.read(LETTER), 0, composite="*=zero")
    shared = explain(model, model.read(LETTER), 0, composite=ARRAS)
    assert plain.padding == 0  # without sharing, a zero vector has no relevance
    assert plain.relevance[5] == 0
    assert plain.relevance.sum() != pytest.approx(shared.relevance.sum())
