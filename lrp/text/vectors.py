"""Documents as vectors, made of word vectors v_t (t, d) and what is known about the words' importance.

    word level      d   = sum_t R_t v_t              R_t = sum_i R_{i,t}
    element-wise    d_i = sum_t R_{i,t} v_{i,t}
    tf-idf          d   = sum_t idf(w_t) v_t         a word that occurs k times in the text is k terms: tf is in the sum
    uniform         d   = sum_t v_t

Source: Arras et al. 2016, document vectors

What a good explanation keeps of a text, a simple classifier can still see: vectors of unit length, the accuracy of
their nearest neighbours, and a picture of their first two principal components.
"""

from collections.abc import Sequence

import numpy as np

from lrp.arrays import Array
from lrp.errors import InputError, ShapeError
from lrp.text.vocabulary import FIRST


def document_vector(weights: Array, vectors: Array) -> Array:
    """d = sum_t R_t v_t for weights of shape (t,), d_i = sum_t R_{i,t} v_{i,t} for weights (t, d)

    Source: Arras et al. 2016, document vectors

    Parameters
    ----------
    weights : array
        (t,) one per word, or (t, d) one per word and dimension.
    vectors : array
        (t, d) word vectors; those of padding and of unknown words are zero, so that neither adds anything.

    Returns
    -------
    array
        (d,)

    Raises
    ------
    ShapeError
        For other shapes.

    Examples
    --------
    >>> document_vector(np.array([2.0, -1.0]), np.array([[1.0, 0.0], [1.0, 3.0]])).tolist()
    [1.0, -3.0]
    """
    if vectors.ndim != 2 or weights.shape not in (vectors.shape[:1], vectors.shape):
        raise ShapeError(
            f"document vector: weights of shape (t,) or (t, d) are expected for word vectors (t, d), "
            f"got {weights.shape} and {vectors.shape}."
        )
    weights = weights if weights.ndim == 2 else weights[:, None]
    return np.asarray((weights * vectors).sum(axis=0))


def inverse_document_frequency(documents: Sequence[Array], words: int) -> Array:
    """idf(w) = log(N / df(w)) of the word numbers 0 ... words + 1; 0 for padding, unknown and never seen words

    Parameters
    ----------
    documents : sequence of arrays
        The word numbers of N texts, usually the training texts.
    words : int
        The number of words in the vocabulary.

    Returns
    -------
    array
        (words + 2,)

    Raises
    ------
    InputError
        Without a document.

    Examples
    --------
    >>> inverse_document_frequency([np.array([2, 2]), np.array([2, 3])], 2).round(3).tolist()
    [0.0, 0.0, 0.0, 0.693]
    """
    if not documents:
        raise InputError("inverse document frequency: at least one document is expected, got none.")
    frequency = np.zeros(words + FIRST)
    for numbers in documents:
        frequency[np.unique(numbers)] += 1
    frequency[:FIRST] = 0
    return np.log(len(documents) / np.where(frequency > 0, frequency, len(documents)))


def unit_length(vectors: Array) -> Array:
    """Each row divided by its Euclidean norm; a row of zeros stays as it is.

    Parameters
    ----------
    vectors : array
        (n, d)

    Returns
    -------
    array
        (n, d)

    Examples
    --------
    >>> unit_length(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(norms > 0, norms, 1))


def principal_components(vectors: Array, count: int = 2) -> Array:
    """The coordinates of the rows on the directions of largest variance.

    The sign of a direction is chosen so that its largest entry is positive.

    Parameters
    ----------
    vectors : array
        (n, d)
    count : int
        The number of directions.

    Returns
    -------
    array
        (n, count)

    Raises
    ------
    ShapeError
        For a count that the shape of the vectors does not allow.

    Examples
    --------
    >>> principal_components(np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 1.0]]), 1).round(12).tolist()
    [[-2.0], [0.0], [2.0]]
    """
    if not 1 <= count <= min(vectors.shape):
        raise ShapeError(f"principal components: expected 1 to {min(vectors.shape)}, got {count}.")
    centred = vectors - vectors.mean(axis=0)
    directions = np.linalg.svd(centred, full_matrices=False)[2][:count]  # (count, d)
    largest = directions[np.arange(count), np.abs(directions).argmax(axis=1)]
    return np.asarray(centred @ (directions * np.sign(largest)[:, None]).T)


def neighbour_accuracy(
    vectors: Array, labels: Array, neighbours: Sequence[int], splits: int, rng: np.random.Generator
) -> dict[int, float]:
    """The accuracy of the k nearest neighbours, for each k: the mean over random halvings.

    One half of the documents is classified by the other half, whose labels are known, by Euclidean distance; the
    label with most votes wins, of several the lowest. The largest mean is the explanatory power index of the vectors.

    Source: Arras et al. 2017 (PLOS ONE), explanatory power index

    Parameters
    ----------
    vectors : array
        (n, d)
    labels : array
        (n,)
    neighbours : sequence of int
        The values of k.
    splits : int
        The number of random halvings.
    rng : numpy.random.Generator
        Draws the halvings.

    Returns
    -------
    dict of int to float
        The accuracy for each k.

    Raises
    ------
    InputError
        For a k that is larger than half the number of documents.

    Examples
    --------
    >>> vectors = np.array([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2], [5.3], [0.3]])
    >>> labels = (vectors[:, 0] > 1).astype(int)
    >>> neighbour_accuracy(vectors, labels, [1], 3, np.random.default_rng(0))
    {1: 1.0}
    """
    count = len(vectors)
    if count < 2 or not neighbours or not 1 <= min(neighbours) <= max(neighbours) <= count // 2:
        raise InputError(f"neighbours: 1 to {count // 2} of {count} documents can vote, got {list(neighbours)}.")
    classes, numbers = np.unique(labels, return_inverse=True)
    right: dict[int, list[float]] = {k: [] for k in neighbours}
    most = max(neighbours)
    for _ in range(splits):
        order = rng.permutation(count)
        known, queries = order[: count // 2], order[count // 2 :]
        # |a - b|^2 = |a|^2 - 2ab + |b|^2, of which |a|^2 is the same for all neighbours of a
        distance = (vectors[known] ** 2).sum(axis=1) - 2 * vectors[queries] @ vectors[known].T
        closest = np.argpartition(distance, most - 1, axis=1)[:, :most]
        rank = np.argsort(np.take_along_axis(distance, closest, axis=1), axis=1, kind="stable")
        nearest = numbers[known][np.take_along_axis(closest, rank, axis=1)]  # (queries, most), the nearest first
        for k in neighbours:
            votes = np.zeros((len(queries), len(classes)), dtype=np.int64)
            np.add.at(votes, (np.arange(len(queries))[:, None], nearest[:, :k]), 1)
            right[k].append(float(np.mean(votes.argmax(axis=1) == numbers[queries])))
    return {k: float(np.mean(values)) for k, values in right.items()}
