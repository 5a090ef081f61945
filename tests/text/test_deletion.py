"""Rankings and deletion curves."""

from __future__ import annotations

import numpy as np
import pytest

from lrp.errors import ShapeError
from lrp.text.deletion import deletion_curve, random_curves, random_ranking, ranking, without
from lrp.text.vocabulary import PADDING, UNKNOWN

NUMBERS = np.array([5, UNKNOWN, 6, 7, 6, PADDING])
R = np.array([0.5, 9.0, -1.0, 2.0, -1.0, 8.0])


def test_padding_and_unknown_words_have_no_rank() -> None:
    assert ranking(R, NUMBERS).tolist() == [3, 0, 2, 4]
    assert ranking(R, NUMBERS, most_relevant_first=False).tolist() == [2, 4, 0, 3]  # ties in the order of the text
    assert sorted(random_ranking(NUMBERS, np.random.default_rng(0))) == [0, 2, 3, 4]
    with pytest.raises(ShapeError, match="one relevance a word is expected, got shapes .5,. and .6,."):
        ranking(R[:5], NUMBERS)


def test_a_deleted_word_is_unknown_and_the_text_keeps_its_length() -> None:
    kept = NUMBERS.copy()
    assert without(NUMBERS, np.array([3, 0])).tolist() == [UNKNOWN, UNKNOWN, 6, UNKNOWN, 6, PADDING]
    assert NUMBERS.tolist() == kept.tolist()


def classify(texts: list[np.ndarray]) -> np.ndarray:
    """The parity of the sum of the known words."""
    return np.array([sum(number for number in text if number > UNKNOWN) % 2 for text in texts])


def test_the_curve_counts_what_is_still_right() -> None:
    texts = [np.array([3, 4]), np.array([5, 2, 7])]
    orders = [np.array([1, 0]), np.array([0, 1, 2])]
    labels = np.array([1, 0])
    # texts lose 4, 3 and 5, 2, 7: sums 7, 3, 0, 0 and 14, 9, 7, 0
    assert deletion_curve(classify, texts, orders, labels, (0, 1, 2, 3)).tolist() == [1.0, 0.5, 0.0, 0.5]


def test_random_curves_are_one_a_draw() -> None:
    texts, labels = [np.array([3, 4, 5, 6])], np.array([0])
    curves = random_curves(classify, texts, labels, (0, 1, 4), 20, np.random.default_rng(1))
    assert curves.shape == (20, 3)
    assert (curves[:, [0, 2]] == 1).all()
    assert set(curves[:, 1]) == {0.0, 1.0}  # which word went first differs between the draws
