"""Words and their numbers."""

from __future__ import annotations

import numpy as np
import pytest

from lrp.errors import InputError
from lrp.text import Tokenizer, Vocabulary, padded
from lrp.text.vocabulary import PADDING, UNKNOWN

READ = Tokenizer().read


def test_the_frequent_words_come_first_then_the_alphabet() -> None:
    texts = [READ("b b b a"), READ("a c"), READ("d c a"), READ("e")]
    assert Vocabulary.build(texts).words == ("a", "c", "b", "d", "e")  # documents count, not occurrences
    assert Vocabulary.build(texts, minimum=2).words == ("a", "c")
    with pytest.raises(InputError, match="no word occurs in 9 documents or more; lower the minimum"):
        Vocabulary.build(texts, minimum=9)


def test_numbers_begin_behind_padding_and_unknown() -> None:
    vocabulary = Vocabulary(("eye", "can't"))
    assert len(vocabulary) == 2
    assert vocabulary.encode(READ("My EYE can\u2019t, eye")).tolist() == [UNKNOWN, 2, 3, 2]
    assert vocabulary.encode(READ("my eye can't"), limit=2).tolist() == [UNKNOWN, 2]
    assert vocabulary.encode(READ("")).shape == (0,)


def test_a_vocabulary_holds_every_word_once_and_one_at_least() -> None:
    with pytest.raises(InputError, match="every word once is expected, got 'b' twice"):
        Vocabulary(("a", "b", "b"))
    with pytest.raises(InputError, match="at least one word is expected, got none"):
        Vocabulary(())


def test_padding_fills_the_end() -> None:
    batch = padded([np.array([5, 6, 7]), np.array([], dtype=np.int64), np.array([8])], 4)
    assert batch.tolist() == [[5, 6, 7, PADDING], [PADDING] * 4, [8, PADDING, PADDING, PADDING]]
    assert padded([np.array([5, 6])]).shape == (1, 2)
