"""Arras et al. 2016 against scalar loops: the text network, its relevance, sensitivity, words and document vectors.

The loops are written from the paper and share nothing with the package; with Fractions the results must be equal.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from lrp.graph import Network, Node
from lrp.layers import Conv, Dense, Embedding, GlobalMaxPool, Input, Mask, ReLU
from lrp.text import ARRAS, TextModel, Tokenizer, Vocabulary, relevances
from lrp.text.vectors import document_vector

D, F, H, C, WORDS = 3, 5, 2, 4, 7
EPS = Fraction(1, 100)


@pytest.fixture
def model(rng: np.random.Generator) -> TextModel:
    """A network with weights and biases of both signs, all multiples of 1/8, in exact arithmetic."""

    def eighths(*shape: int) -> np.ndarray:
        return rng.integers(-9, 10, shape) / 8

    table = eighths(WORDS + 2, D)
    table[:2] = 0
    nodes = [
        Node("words", Input((None,), tokens=True)),
        Node("vectors", Embedding(table), ("words",)),
        Node("windows", Conv(eighths(H, D, F), eighths(F), padding=((0, H - 1),)), ("vectors",)),
        Node("relu", ReLU(), ("windows",)),
        Node("mask", Mask(), ("relu", "words")),
        Node("maximum", GlobalMaxPool(), ("mask",)),
        Node("logits", Dense(eighths(F, C), eighths(C)), ("maximum",)),
    ]
    vocabulary = Vocabulary(tuple("abcdefg"))
    return TextModel(Network(nodes, dtype="exact"), Tokenizer(), vocabulary)


def weights(model: TextModel) -> dict[str, list]:
    layer = {name: node.layer for name, node in model.network.nodes.items()}
    return {
        "e": layer["vectors"].weight.tolist(),
        "w1": layer["windows"].weight.tolist(),
        "b1": layer["windows"].bias.tolist(),
        "w2": layer["logits"].weight.tolist(),
        "b2": layer["logits"].bias.tolist(),
    }


def forward(x: list, real: int, w: dict[str, list]) -> tuple[list, list, list, list]:
    """z_{j,t}, x_{j,t}, x_j and x_c of one text of vectors x[t][i], whose first `real` positions are words."""
    T = len(x)
    z = [[w["b1"][j] + sum(x[t + k][i] * w["w1"][k][i][j] for k in range(H) if t + k < T for i in range(D))
          for j in range(F)] for t in range(T)]  # fmt: skip
    a = [[max(Fraction(0), z[t][j]) if t < real else Fraction(0) for j in range(F)] for t in range(T)]
    pooled = [max(a[t][j] for t in range(T)) for j in range(F)]
    return z, a, pooled, [w["b2"][c] + sum(pooled[j] * w["w2"][j][c] for j in range(F)) for c in range(C)]


def spread(z_ij: Fraction, z_j: Fraction, b_j: Fraction, N: int, R_j: Fraction) -> Fraction:
    """R_{i<-j} = ( z_ij + (eps s(z_j) + b_j)/N ) / ( z_j + eps s(z_j) ) R_j"""
    s = 1 if z_j >= 0 else -1
    return (z_ij + (EPS * s + b_j) / N) / (z_j + EPS * s) * R_j


def relevance(x: list, real: int, c: int, w: dict[str, list]) -> list[list[Fraction]]:
    """R_{i,t} of one text for class c; of equal maxima the first wins."""
    T = len(x)
    z, a, pooled, scores = forward(x, real, w)
    R = [[Fraction(0)] * D for _ in range(T)]
    for j in range(F):
        R_j = spread(pooled[j] * w["w2"][j][c], scores[c], w["b2"][c], F, scores[c])
        t = min(t for t in range(T) if a[t][j] == pooled[j])
        taps = [(k, i) for k in range(H) if t + k < T for i in range(D)]
        for k, i in taps:
            z_ij = x[t + k][i] * w["w1"][k][i][j]
            R[t + k][i] += spread(z_ij, z[t][j], w["b1"][j], len(taps), R_j)
    return R


TEXTS = [[2, 5, 1, 8, 3, 4, 4], [6], [7, 1, 2], [1, 1, 3, 8, 7]]


def test_word_relevance_is_the_papers_rule_summed_over_dimensions(model: TextModel) -> None:
    w = weights(model)
    for c in range(C):
        for one in relevances(model, [np.array(text) for text in TEXTS], c, composite=ARRAS):
            numbers = TEXTS[one.index] + [0] * (8 - len(TEXTS[one.index]))  # the longest + 1
            x = [w["e"][number] for number in numbers]
            expected = relevance(x, len(TEXTS[one.index]), c, w)
            words = len(TEXTS[one.index])
            assert one.logits.tolist() == forward(x, words, w)[3]
            assert one.elements.tolist() == expected[:words]
            assert one.relevance.tolist() == [sum(row) for row in expected[:words]]
            assert one.padding == pytest.approx(float(sum(map(sum, expected[words:]))))


def test_the_shared_rule_conserves_up_to_padding(model: TextModel) -> None:
    for one in relevances(model, [np.array(text) for text in TEXTS], 1, composite=ARRAS):
        assert one.ledger is not None
        total = one.ledger.total()
        assert total.residual[0] == 0
        assert total.bias[0] == total.stabilizer[0] == 0
        assert one.ledger["mask"].dropped[0] == 0
        assert one.logits[1] == sum(one.relevance) + one.ledger["padding"].dropped[0]


def derivative(model: TextModel, text: list[int], c: int, t: int, i: int) -> Fraction:
    """d x_c / d x_{i,t} by a step small enough that no maximum changes hands."""
    w = weights(model)
    x = [list(w["e"][number]) for number in [*text, 0]]
    before = forward(x, len(text), w)[3][c]
    x[t][i] += Fraction(1, 10**9)
    return (forward(x, len(text), w)[3][c] - before) * 10**9


def test_sensitivity_is_the_squared_gradient(model: TextModel) -> None:
    text = [2, 5, 8, 3, 4]
    (one,) = relevances(model, [np.array(text)], 2, method="squared_gradient")
    expected = [[derivative(model, text, 2, t, i) ** 2 for i in range(D)] for t in range(len(text))]
    assert one.elements.tolist() == expected
    assert one.relevance.tolist() == [sum(row) for row in expected]
    assert any(value > 0 for value in one.relevance)
    assert one.ledger is None


def test_gradient_times_input(model: TextModel) -> None:
    text = [2, 5, 8, 3, 4]
    (one,) = relevances(model, [np.array(text)], 2, method="gradient_times_input")
    vectors = [weights(model)["e"][number] for number in text]
    expected = [[derivative(model, text, 2, t, i) * vectors[t][i] for i in range(D)] for t in range(len(text))]
    assert one.elements.tolist() == expected


def test_document_vectors(model: TextModel) -> None:
    text = [2, 5, 8, 3, 4, 5]
    (one,) = relevances(model, [np.array(text)], 0, composite=ARRAS)
    R, v = one.elements.tolist(), [weights(model)["e"][number] for number in text]
    word_level = [sum(sum(R[t]) * v[t][i] for t in range(len(text))) for i in range(D)]
    element_wise = [sum(R[t][i] * v[t][i] for t in range(len(text))) for i in range(D)]
    assert document_vector(one.relevance, one.vectors).tolist() == word_level
    assert document_vector(one.elements, one.vectors).tolist() == element_wise
