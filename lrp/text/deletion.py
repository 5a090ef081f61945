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

    Padding and words without a vector have no rank: deleting them changes nothing.

    Parameters
    ----------
    relevance : array
        (t,) R_t of each word.
    numbers : array
        (t,) the word numbers.
    most_relevant_first : bool
        False: the least relevant first.

    Returns
    -------
    array
        (k,) positions of the words that have a vector.

    Raises
    ------
    ShapeError
        Where there is not one relevance per word.

    Examples
    --------
    >>> ranking(np.array([0.5, -1.0, 2.0]), np.array([7, 3, 5])).tolist()
    [2, 0, 1]
    """
    if relevance.shape != numbers.shape or numbers.ndim != 1:
        raise ShapeError(
            f"ranking: one relevance a word is expected, got shapes {relevance.shape} and {numbers.shape}."
        )
    positions = np.flatnonzero(numbers >= FIRST)
    keys = relevance[positions]
    return positions[np.argsort(-keys if most_relevant_first else keys, kind="stable")]


def random_ranking(numbers: Array, rng: np.random.Generator) -> Array:
    """The positions of the words that have a vector, in random order.

    Parameters
    ----------
    numbers : array
        (t,) the word numbers.
    rng : numpy.random.Generator
        Draws the order.

    Returns
    -------
    array
        (k,) positions.

    Examples
    --------
    >>> sorted(random_ranking(np.array([7, 1, 5]), np.random.default_rng(0)).tolist())
    [0, 2]
    """
    return rng.permutation(np.flatnonzero(numbers >= FIRST))


def without(numbers: Array, positions: Array) -> Array:
    """A copy of the text's numbers in which the words at some positions are deleted.

    Parameters
    ----------
    numbers : array
        (t,) the word numbers.
    positions : array
        (k,) the words to delete.

    Returns
    -------
    array
        (t,) the numbers with UNKNOWN at the positions.

    Examples
    --------
    >>> without(np.array([7, 3, 5]), np.array([1])).tolist()
    [7, 1, 5]
    """
    kept = numbers.copy()
    kept[positions] = UNKNOWN
    return kept


def deletion_curve(
    classify: Classify, texts: Sequence[Array], rankings: Sequence[Array], labels: Array, counts: Sequence[int]
) -> Array:
    """The accuracy after deleting the first counts[i] words of each ranking.

    A text with fewer words than that loses them all.

    Source: Arras et al. 2016, word deleting experiments

    Parameters
    ----------
    classify : callable
        Word numbers of n texts -> their classes (n,).
    texts : sequence of arrays
        The word numbers of each text.
    rankings : sequence of arrays
        The order in which each text's words are deleted.
    labels : array
        (n,) the classes that count as correct.
    counts : sequence of int
        The numbers of deleted words.

    Returns
    -------
    array
        (len(counts),) the fraction of texts classified as their label.

    Examples
    --------
    >>> first = lambda texts: np.array([text[0] for text in texts])
    >>> deletion_curve(first, [np.array([7, 3])], [np.array([0, 1])], np.array([7]), [0, 1]).tolist()
    [1.0, 0.0]
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
    """`deletion_curve` of random rankings, one row per draw; not averaged.

    Parameters
    ----------
    classify, texts, labels, counts
        As for deletion_curve.
    draws : int
        The number of random rankings of each text.
    rng : numpy.random.Generator
        Draws the rankings.

    Returns
    -------
    array
        (draws, len(counts)) accuracies.

    Examples
    --------
    >>> first = lambda texts: np.array([text[0] for text in texts])
    >>> random_curves(first, [np.array([7])], np.array([7]), [0, 1], 2, np.random.default_rng(0)).tolist()
    [[1.0, 0.0], [1.0, 0.0]]
    """
    rankings = ([random_ranking(text, rng) for text in texts] for _ in range(draws))
    return np.stack([deletion_curve(classify, texts, ranking, labels, counts) for ranking in rankings])
