"""Document vectors and what is measured on them, against scalar loops and scikit-learn's definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lrp.errors import InputError, ShapeError
from lrp.text.vectors import (
    document_vector,
    inverse_document_frequency,
    neighbour_accuracy,
    principal_components,
    unit_length,
)


def test_shapes_that_are_no_weights(rng: np.random.Generator) -> None:
    vectors = rng.normal(size=(5, 3))
    for weights in (rng.normal(size=3), rng.normal(size=(5, 2)), rng.normal(size=(3, 5))):
        with pytest.raises(ShapeError, match="weights of shape .t,. or .t, d. are expected"):
            document_vector(weights, vectors)
    with pytest.raises(ShapeError, match="weights of shape"):
        document_vector(rng.normal(size=5), rng.normal(size=5))


def test_tf_idf_counts_each_occurrence() -> None:
    texts = [np.array([2, 3, 2, 1]), np.array([3, 0]), np.array([3, 4])]
    idf = inverse_document_frequency(texts, words=4)
    assert idf == pytest.approx([0, 0, math.log(3), 0, math.log(3), 0])
    vectors = np.array([[1.0, 2.0], [5.0, 5.0], [1.0, 2.0]])
    expected = 2 * math.log(3) * vectors[0]  # the word 2 stands twice in the text 2, 3, 2
    assert document_vector(idf[[2, 3, 2]], vectors) == pytest.approx(expected)
    with pytest.raises(InputError, match="at least one document is expected, got none"):
        inverse_document_frequency([], 4)


def test_unit_length_leaves_zeros() -> None:
    assert unit_length(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist() == [[0.6, 0.8], [0.0, 0.0]]


def test_principal_components_are_the_directions_of_largest_variance(rng: np.random.Generator) -> None:
    vectors = rng.normal(size=(50, 3)) * [1, 9, 4] + 7
    values, directions = np.linalg.eigh(np.cov(vectors.T))
    found = principal_components(vectors, 2)
    assert found.var(axis=0, ddof=1) == pytest.approx(values[::-1][:2])
    for k in range(2):
        direction = directions[:, -1 - k] * np.sign(directions[np.abs(directions[:, -1 - k]).argmax(), -1 - k])
        assert found[:, k] == pytest.approx((vectors - vectors.mean(axis=0)) @ direction)
    for count in (0, 4):
        with pytest.raises(ShapeError, match=f"expected 1 to 3, got {count}"):
            principal_components(vectors, count)


def test_neighbours_vote(rng: np.random.Generator) -> None:
    vectors, labels = rng.normal(size=(201, 3)), rng.integers(0, 3, 201) + 5
    found = neighbour_accuracy(vectors, labels, (1, 4, 30), 3, np.random.default_rng(2))
    draws, right = np.random.default_rng(2), {1: [], 4: [], 30: []}
    for _ in range(3):
        order = draws.permutation(201).tolist()
        known, asked = order[:100], order[100:]
        for k, hits in right.items():
            correct = 0
            for a in asked:
                near = sorted(known, key=lambda b: math.dist(vectors[a], vectors[b]))[:k]
                votes = [sum(labels[b] == c for b in near) for c in (5, 6, 7)]
                correct += 5 + votes.index(max(votes)) == labels[a]
            hits.append(correct / len(asked))
    assert found == pytest.approx({k: sum(hits) / 3 for k, hits in right.items()})


def test_neighbours_need_voters(rng: np.random.Generator) -> None:
    for neighbours in ((), (0,), (3,)):
        with pytest.raises(InputError, match="1 to 2 of 5 documents can vote"):
            neighbour_accuracy(rng.normal(size=(5, 2)), np.arange(5), neighbours, 1, rng)
    with pytest.raises(InputError, match="1 to 0 of 1 documents can vote"):
        neighbour_accuracy(rng.normal(size=(1, 2)), np.arange(1), (1,), 1, rng)
