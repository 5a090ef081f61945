"""How much each word of a text speaks for a class.

    R_t = sum_{i=1..d} R_{i,t}         over the dimensions of the word vector v_t

Source: Arras et al. 2016, word relevance

R_{i,t} is the relevance of the word vectors by any method of `lrp.methods` that has the setting `layer`: lrp (the
default), gradient, squared_gradient (the papers' sensitivity analysis), gradient_times_input. Its unit is that
method's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.graph import Composite, Explanation, Ledger, LedgerRow, RuleAssignment, TargetLike
from lrp.methods import MethodLike
from lrp.methods import explain as explain_network
from lrp.rules import epsilon, winner
from lrp.text.model import TextModel
from lrp.text.tokens import Document
from lrp.text.vocabulary import FIRST

# The rules of Arras et al. 2016: bias and stabilizer shared by a neuron's inputs. Of several largest positions the
# first wins, a word's: where all are 0, sharing would give padding a part that depends on the batch's other texts.
ARRAS = Composite(
    (
        RuleAssignment("GlobalMaxPool", winner("first"), optional=True),
        RuleAssignment("*", epsilon(0.01, sink="spread")),
    ),
    "GlobalMaxPool=winner:first *=epsilon:0.01,sink=spread",
)


@dataclass(frozen=True, eq=False)
class WordView:
    """One text of an Explanation, by words and without the padding of its batch.

    index: the text's position in the list it came from. target: the number of the class. logits: (classes,). numbers:
    (t,) of the words that were read. vectors: (t, d) their word vectors. elements: (t, d) R_{i,t}. padding: the
    relevance of the padding, which is no word and has no rank. ledger: from the logit to the words, with one more row
    for the padding; None for methods without a ledger.
    """

    index: int
    target: int
    logits: Array
    numbers: Array
    vectors: Array
    elements: Array
    padding: float
    ledger: Ledger | None

    @classmethod
    def of(cls, model: TextModel, numbers: Array, explanation: Explanation, row: int = 0, index: int = 0) -> "WordView":
        """The view on one sample of an explanation.

        Parameters
        ----------
        model : TextModel
            The model whose network was explained.
        numbers : array
            (t,) the text's word numbers, without padding.
        explanation : Explanation
            Of a batch of word numbers, with the relevance at the model's embedding: of `network.explain`, or of a
            method with layer=model.embedding.
        row : int
            The sample of the explanation.
        index : int
            The text's position in the caller's list.

        Returns
        -------
        WordView
        """
        words, vectors = len(numbers), explanation.trace.values[model.embedding]
        elements = explanation.relevances[model.embedding][row]
        ledger = explanation.ledger
        return cls(
            index,
            int(explanation.target[row]),
            explanation.trace.output[row],
            numbers,
            vectors[row, :words],
            elements[:words],
            float(arrays.sum_per_sample(elements[None, words:])[0]),
            None if ledger is None else with_padding(ledger.sample(row), elements, words),
        )

    @property
    def relevance(self) -> Array:
        """R_t, shape (t,)."""
        return np.asarray(self.elements.sum(axis=1))

    @property
    def known(self) -> Array:
        """(t,) the words that have a vector, and so a rank."""
        return np.asarray(self.numbers >= FIRST)

    @property
    def unknown(self) -> float:
        """The relevance of the words without a vector: from rules that share the bias among all inputs."""
        return float(self.relevance[~self.known].sum())

    @property
    def highlighted(self) -> Array:
        """R_t of the words that have a rank, 0 for the others: what a picture of the text shows."""
        return np.where(self.known, self.relevance, arrays.scalar(0, self.elements))


def relevances(
    model: TextModel,
    texts: Sequence[Array],
    target: TargetLike = None,
    *,
    method: MethodLike = "lrp",
    **settings: Any,
) -> Iterator[WordView]:
    """R_t = sum_i R_{i,t} of each text, batch by batch and in no particular order

    Source: Arras et al. 2016, word relevance

    Parameters
    ----------
    model : TextModel
        The network with its vocabulary.
    texts : sequence of arrays
        Word numbers, as `model.encode` makes them.
    target : TargetLike
        The class, a number or name for all texts or one per text; None: the largest logit of each.
    method : str or callable
        As for `lrp.explain`; a method that has the setting layer.
    **settings
        The method's settings, such as composite=ARRAS.

    Yields
    ------
    WordView
        Its `index` is the text's position in texts.

    Raises
    ------
    TargetError
        For a class that the model does not have.
    SettingError
        For an unknown method or setting.

    Examples
    --------
    >>> from lrp import Metadata, Network, layers
    >>> from lrp.text import Tokenizer, Vocabulary
    >>> vectors = layers.Embedding(np.array([[0.0], [0.0], [1.0], [-1.0]]))
    >>> chain = [vectors, layers.GlobalSumPool(), layers.Dense(np.array([[2.0, -2.0]]))]
    >>> network = Network.sequential(chain, (None,), metadata=Metadata(classes=("praise", "blame")), tokens=True)
    >>> model = TextModel(network, Tokenizer(), Vocabulary(("good", "bad")))
    >>> texts = [np.array([2, 3, 2]), np.array([3])]
    >>> {view.index: view.relevance.round(3).tolist() for view in relevances(model, texts, "praise")}
    {1: [-2.0], 0: [2.0, -2.0, 2.0]}
    """
    for indices, batch in model.batches(texts):
        explanation = explain_network(
            model.network, batch, _some(target, indices), method=method, layer=model.embedding, **settings
        )
        for row, index in enumerate(indices):
            yield WordView.of(model, texts[index], explanation, row, index)


def explain(
    model: TextModel,
    document: Document,
    target: TargetLike = None,
    *,
    method: MethodLike = "lrp",
    **settings: Any,
) -> WordView:
    """R_t = sum_i R_{i,t} of one document's words

    Source: Arras et al. 2016, word relevance

    Parameters
    ----------
    model : TextModel
        The network with its vocabulary.
    document : Document
        The text, as `model.read` or `model.read_file` make it.
    target : TargetLike
        The class, a number or a name; None: the largest logit.
    method : str or callable
        As for `lrp.explain`; a method that has the setting layer.
    **settings
        The method's settings, such as composite=ARRAS.

    Returns
    -------
    WordView

    Raises
    ------
    InputError
        For a document without a word that the model knows.
    TargetError
        For a class that the model does not have.

    Examples
    --------
    >>> from lrp import Metadata, Network, layers
    >>> from lrp.text import Tokenizer, Vocabulary
    >>> vectors = layers.Embedding(np.array([[0.0], [0.0], [1.0], [-1.0]]))
    >>> chain = [vectors, layers.GlobalSumPool(), layers.Dense(np.array([[2.0, -2.0]]))]
    >>> network = Network.sequential(chain, (None,), metadata=Metadata(classes=("praise", "blame")), tokens=True)
    >>> model = TextModel(network, Tokenizer(), Vocabulary(("good", "bad")))
    >>> explain(model, model.read("good, bad, good"), "praise").relevance.round(3).tolist()
    [2.0, -2.0, 2.0]
    """
    (view,) = relevances(model, [model.encode_known(document)], target, method=method, **settings)
    return view


def _some(target: TargetLike, indices: Sequence[int]) -> TargetLike:
    """The target of some of the texts."""
    if target is None or isinstance(target, (int, str, tuple)):
        return target
    return [target[index] for index in indices]


def with_padding(ledger: Ledger, elements: Array, words: int) -> Ledger:
    """The ledger of one text with a last row: what arrived at its positions = the words' + the padding's (dropped).

    elements (t, d): R_{i,t} of the text, whose first `words` positions are words.
    """
    kept, dropped = arrays.sum_per_sample(elements[None, :words]), arrays.sum_per_sample(elements[None, words:])
    zero = arrays.zeros((1,), kept)
    gross = arrays.sum_abs(elements[None]) + np.abs(ledger.arrived)
    row = LedgerRow("padding", "Batch", "no rank", ledger.arrived, kept, zero, zero, dropped, gross, ledger.eps)
    return replace(ledger, lines=(*ledger.lines, row), arrived=kept)
