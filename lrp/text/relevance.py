"""How much each word of a text speaks for a class.

    R_t = sum_{i=1..d} R_{i,t}         over the dimensions of the word vector v_t

Source: Arras et al. 2016, word relevance

R_{i,t} is what a method finds at the word vectors: layer-wise relevance propagation, or one of the gradient methods it
is compared with. Relevance has the unit of the network's output, sensitivity that unit squared.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.graph import Composite, Explanation, Ledger, LedgerRow, RuleAssignment, Trace
from lrp.rules import epsilon, winner
from lrp.text.model import TextModel
from lrp.text.tokens import Document
from lrp.text.vocabulary import FIRST

# The paper's rules: bias and stabilizer shared by a neuron's inputs; of several largest positions the first wins, which
# is a word's: where all are 0, sharing would give padding a part that depends on the other texts of the batch.
ARRAS = Composite(
    (
        RuleAssignment("GlobalMaxPool", winner("first"), optional=True),
        RuleAssignment("*", epsilon(0.01, sink="spread")),
    ),
    "GlobalMaxPool=winner:first *=epsilon:0.01,sink=spread",
)


@dataclass(frozen=True, eq=False)
class Elements:
    """R_{i,t} at the word vectors of a batch, (n, t, d), the explained classes (n,), forward pass, ledger if any."""

    values: Array
    target: Array
    trace: Trace
    ledger: Ledger | None = None


# a class for all texts (number or name), one for each text, or each text's largest logit
Target = int | str | Sequence[int | str] | Array | None
Method = Callable[[TextModel, Array, Target], Elements]  # model, word numbers (n, t), target


def propagation(composite: Composite | str = ARRAS) -> Method:
    """Layer-wise relevance propagation by a composite."""

    def method(model: TextModel, batch: Array, target: Target) -> Elements:
        return _elements(model, model.network.explain(batch, target, composite))

    return method


def _elements(model: TextModel, explanation: Explanation) -> Elements:
    values = explanation.relevances[model.embedding]
    return Elements(values, explanation.target, explanation.trace, explanation.ledger)


def sensitivity(model: TextModel, batch: Array, target: Target) -> Elements:
    """R_{i,t} = (d x_c / d x_{i,t})^2: never negative, so that no word can speak against the class

    Source: Arras et al. 2016, sensitivity analysis
    """
    gradient = model.network.gradient(batch, target)
    return Elements(gradient.gradients[model.embedding] ** 2, gradient.target, gradient.trace)


def gradient_times_input(model: TextModel, batch: Array, target: Target) -> Elements:
    """R_{i,t} = x_{i,t} d x_c / d x_{i,t}: LRP-0 where no bias takes part

    Source: Arras et al. 2016, gradient x input
    """
    gradient = model.network.gradient(batch, target)
    product = gradient.gradients[model.embedding] * gradient.trace.values[model.embedding]
    return Elements(product, gradient.target, gradient.trace)


@dataclass(frozen=True, eq=False)
class TextRelevance:
    """What a method found for one text and one class.

    index      which of the texts it was        target    the number of the class        logits    (classes,)
    numbers    of the words that were read (t,)
    vectors    their word vectors (t, d)        elements  R_{i,t} (t, d)
    padding    the relevance that ended in the padding of the batch, which is no word and has no rank
    ledger     from the logit down to the words, with one more line for the padding; None for the gradient methods
    """

    index: int
    target: int
    logits: Array
    numbers: Array
    vectors: Array
    elements: Array
    padding: float
    ledger: Ledger | None

    @property
    def relevance(self) -> Array:
        """R_t, shape (t,)."""
        return np.asarray(self.elements.sum(axis=1))

    @property
    def known(self) -> Array:
        """(t,) which of the words have a vector, and so a rank."""
        return np.asarray(self.numbers >= FIRST)

    @property
    def unknown(self) -> float:
        """The relevance of the words without a vector: what a rule that shares the bias gives to every input."""
        return float(self.relevance[~self.known].sum())

    @property
    def highlighted(self) -> Array:
        """R_t of the words that have a rank, 0 for the others: what a picture of the text shows."""
        return np.where(self.known, self.relevance, arrays.scalar(0, self.elements))


def relevances(
    model: TextModel, texts: Sequence[Array], target: Target = None, method: Method = propagation()
) -> Iterator[TextRelevance]:
    """Each text's relevance for its target, batch by batch and in no particular order: `index` tells whose it is.

    texts     word numbers, as `model.encode` gives them; target: one for all, one for each, None: the largest logit
    """
    for indices, batch in model.batches(texts):
        found = method(model, batch, _some(target, indices))
        for row, index in enumerate(indices):
            yield _alone(model, texts[index], index, row, found)


def _some(target: Target, indices: Sequence[int]) -> Target:
    """The target of some of the texts."""
    if target is None or isinstance(target, (int, str)):
        return target
    return [target[index] for index in indices]


def _alone(model: TextModel, numbers: Array, index: int, row: int, found: Elements) -> TextRelevance:
    """One text of a batch, without the padding behind it."""
    words = len(numbers)
    here = found.values[row]
    return TextRelevance(
        index,
        int(found.target[row]),
        found.trace.output[row],
        numbers,
        found.trace.values[model.embedding][row, :words],
        here[:words],
        float(arrays.sum_per_sample(here[None, words:])[0]),
        None if found.ledger is None else with_padding(found.ledger.sample(row), here, words),
    )


def of_explanation(model: TextModel, numbers: Array, explanation: Explanation) -> TextRelevance:
    """The same for one text that the network itself was asked to explain, as a batch of one that may be padded."""
    return _alone(model, numbers, 0, 0, _elements(model, explanation))


def with_padding(ledger: Ledger, elements: Array, words: int) -> Ledger:
    """The ledger of one text with a last line: what arrived at its positions = the words' + the padding's (dropped).

    elements (t, d): R_{i,t} of the text, whose first `words` positions are words.
    """
    kept, dropped = arrays.sum_per_sample(elements[None, :words]), arrays.sum_per_sample(elements[None, words:])
    nothing = arrays.zeros((1,), kept)
    gross = arrays.sum_abs(elements[None]) + np.abs(ledger.arrived)
    line = LedgerRow("padding", "Batch", "no rank", ledger.arrived, kept, nothing, nothing, dropped, gross, ledger.eps)
    return replace(ledger, lines=(*ledger.lines, line), arrived=kept)


def explain(
    model: TextModel, document: Document, target: Target = None, method: Method = propagation()
) -> TextRelevance:
    """The relevance of one document's words; InputError for a document without a word that the model knows."""
    (found,) = relevances(model, [model.encode_known(document)], target, method)
    return found
