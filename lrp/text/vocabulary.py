"""The words a model knows, and their numbers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lrp.arrays import Array
from lrp.errors import InputError
from lrp.text.tokens import Document

PADDING = 0  # fills a batch up to its longest document; never a word
UNKNOWN = 1  # a word outside the vocabulary, or a deleted one: in the document, but without a vector
FIRST = 2  # the number of the first known word


@dataclass(frozen=True)
class Vocabulary:
    """Words in the order of their numbers: `words[k]` has number k + 2; 0 is padding, 1 an unknown or deleted word.

    Rows 0 and 1 of a model's embedding are zero: deleting a word (Arras et al. 2016) and not knowing it are the
    same to a model, while padding is hidden by a mask.
    """

    words: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(set(self.words)) != len(self.words):
            twice = next(word for word, count in Counter(self.words).items() if count > 1)
            raise InputError(f"vocabulary: every word once is expected, got {twice!r} twice.")
        if not self.words:
            raise InputError("vocabulary: at least one word is expected, got none.")

    def __len__(self) -> int:
        """The number of words, without padding and the unknown word."""
        return len(self.words)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each word."""
        return {word: number for number, word in enumerate(self.words, start=FIRST)}

    def encode(self, document: Document, limit: int = 0) -> Array:
        """The numbers of the first `limit` words (0: of all), shape (t,), int64."""
        numbers, words = self.numbers, document.words[: limit or None]
        return np.array([numbers.get(word, UNKNOWN) for word in words], dtype=np.int64)

    @classmethod
    def build(cls, documents: Iterable[Document], minimum: int = 1) -> "Vocabulary":
        """Every word that occurs in at least `minimum` documents, the most frequent first, then alphabetically."""
        frequency: Counter[str] = Counter()
        for document in documents:
            frequency.update(set(document.words))
        chosen = sorted((-count, word) for word, count in frequency.items() if count >= minimum)
        if not chosen:
            raise InputError(f"vocabulary: no word occurs in {minimum} documents or more; lower the minimum.")
        return cls(tuple(word for _, word in chosen))


def padded(sequences: Sequence[Array], shortest: int = 1) -> Array:
    """The sequences as one array, filled up at the end with PADDING.

    Parameters
    ----------
    sequences : sequence of arrays
        Word numbers.
    shortest : int
        The smallest length of the result.

    Returns
    -------
    array
        (n, t), t the length of the longest sequence.

    Examples
    --------
    >>> padded([np.array([2, 3]), np.array([4])]).tolist()
    [[2, 3], [4, 0]]
    """
    longest = max([shortest, *(len(sequence) for sequence in sequences)])
    batch = np.full((len(sequences), longest), PADDING, dtype=np.int64)
    for row, sequence in zip(batch, sequences):
        row[: len(sequence)] = sequence
    return batch
