"""Word deletion: does the classifier's output depend on the words that an explanation ranks first?

To delete a word is to set its vector to zero: its number becomes UNKNOWN, the text keeps its length.

    A   correctly classified texts, their class, the most relevant word first:  the accuracy should fall fast
    B   falsely classified texts, their true class, the least relevant first:   the accuracy should climb
    C   falsely classified texts, the predicted class, the most relevant first: the accuracy should climb

Source: Arras et al. 2016, word deleting experiments
"""

from collections.abc import Callable, Sequence

import numpy as np

from lrp.arrays import Array
from lrp.errors import ShapeError
from lrp.text.vocabulary import FIRST, UNKNOWN

Classify = Callable[[Sequence[Array]], Array]  # word numbers of n texts -> their classes (n,)


def ranking(relevance: Array, numbers: Array, most_relevant_first: bool = True) -> Array:
    """The positions of the words by relevance, equal ones in the order of the text.

    relevance and numbers have shape (t,). Padding and words without a vector have no rank: deleting them changes
    nothing.
    """
    if relevance.shape != numbers.shape or numbers.ndim != 1:
        raise ShapeError(
            f"ranking: one relevance a word is expected, got shapes {relevance.shape} and {numbers.shape}."
        )
    positions = np.flatnonzero(numbers >= FIRST)
    keys = relevance[positions]
    return positions[np.argsort(-keys if most_relevant_first else keys, kind="stable")]


def random_ranking(numbers: Array, rng: np.random.Generator) -> Array:
    """The positions of the words that have a vector, in random order."""
    return rng.permutation(np.flatnonzero(numbers >= FIRST))


def without(numbers: Array, positions: Array) -> Array:
    """A copy of the text's numbers in which the words at `positions` are deleted."""
    kept = numbers.copy()
    kept[positions] = UNKNOWN
    return kept


def deletion_curve(
    classify: Classify, texts: Sequence[Array], rankings: Sequence[Array], labels: Array, counts: Sequence[int]
) -> Array:
    """The accuracy after deleting the first counts[i] words of each ranking, shape (len(counts),).

    A text with fewer words than that has lost them all.
    """
    return np.array([
        np.mean(classify([without(text, order[:count]) for text, order in zip(texts, rankings)]) == labels)
        for count in counts
    ])  # fmt: skip


def random_curves(
    classify: Classify,
    texts: Sequence[Array],
    labels: Array,
    counts: Sequence[int],
    draws: int,
    rng: np.random.Generator,
) -> Array:
    """`deletion_curve` of random rankings, one row a draw: (draws, len(counts)). Nothing is averaged yet."""
    rankings = ([random_ranking(text, rng) for text in texts] for _ in range(draws))
    return np.stack([deletion_curve(classify, texts, ranking, labels, counts) for ranking in rankings])
