"""A text classifier: a network with what it takes to feed it a raw text.

The tokenizer, the vocabulary and the class names travel in the network's metadata, so that a model file is complete.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from lrp.arrays import Array
from lrp.errors import InputError, ShapeError
from lrp.graph import Network
from lrp.layers import Embedding
from lrp.text.batches import batches
from lrp.text.tokens import Document, Tokenizer, read_text
from lrp.text.vocabulary import FIRST, Vocabulary

KEY = "text"  # where in the metadata of a network the reading of texts is described


@dataclass(frozen=True, eq=False)
class TextModel:
    """network: word numbers (n, t) -> logits (n, classes), with one Embedding behind its one input."""

    network: Network
    tokenizer: Tokenizer
    vocabulary: Vocabulary

    def __post_init__(self) -> None:
        embeddings = [node for node in self.network.nodes.values() if isinstance(node.layer, Embedding)]
        if len(embeddings) != 1 or embeddings[0].inputs != self.network.inputs:
            raise InputError(
                f"text model: a network with one input and one Embedding behind it is expected, "
                f"got inputs {', '.join(self.network.inputs)} and {len(embeddings)} Embedding layers."
            )
        rows = len(embeddings[0].layer.weights()["weight"])
        if rows != len(self.vocabulary) + FIRST:
            raise ShapeError(
                f"text model: {len(self.vocabulary)} words and {FIRST} numbers without a word need an embedding of "
                f"{len(self.vocabulary) + FIRST} rows, got {rows}."
            )

    @classmethod
    def of(cls, network: Network) -> "TextModel":
        """The model that a network's metadata describe; InputError for a network that does not read texts."""
        described = network.metadata.extra.get(KEY)
        if not isinstance(described, dict) or not {"tokenizer", "vocabulary"} <= set(described):
            raise InputError(
                "text model: the file holds no vocabulary, so that a text cannot become its input; "
                "explain an array of word numbers, or build a TextModel with the vocabulary of its training."
            )
        return cls(network, Tokenizer.from_dict(described["tokenizer"]), Vocabulary(tuple(described["vocabulary"])))

    @cached_property
    def described(self) -> Network:
        """The network with tokenizer and vocabulary in its metadata: what is saved."""
        described = {"tokenizer": self.tokenizer.to_dict(), "vocabulary": list(self.vocabulary.words)}
        metadata = replace(self.network.metadata, extra={**self.network.metadata.extra, KEY: described})
        return Network(self.network.nodes.values(), self.network.outputs, metadata, self.network.dtype)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes."""
        return self.network.metadata.classes

    @cached_property
    def embedding(self) -> str:
        """The name of the node whose output is the word vectors."""
        return next(node.name for node in self.network.nodes.values() if isinstance(node.layer, Embedding))

    def read(self, text: str, name: str = "the document") -> Document:
        """The document of a raw text."""
        return self.tokenizer.read(text, name)

    def read_file(self, path: str | Path, encoding: str = "utf-8") -> Document:
        """The document of a file."""
        return self.read(read_text(path, encoding), str(path))

    def encode(self, document: Document) -> Array:
        """The numbers of the words that the model reads, (t,)."""
        return self.vocabulary.encode(document, self.tokenizer.limit)

    def encode_known(self, document: Document) -> Array:
        """`encode`, for a text that is to be explained: it must hold a word that the model knows."""
        if not document.text.strip():
            raise InputError(f"{document.name}: the text is empty; at least one word is expected.")
        if not len(document):
            raise InputError(f"{document.name}: no word was found in its {len(document.text)} characters.")
        numbers = self.encode(document)
        if not (numbers >= FIRST).any():
            raise InputError(
                f"{document.name}: none of its first {len(numbers)} words is among the {len(self.vocabulary)} that the "
                "model knows, so that there is nothing to explain."
            )
        return numbers

    def batches(self, texts: Sequence[Array]) -> Iterator[tuple[list[int], Array]]:
        """(indices of texts, their numbers padded to (n, t)), as the network takes them."""
        return batches(self.network, texts)

    def logits(self, texts: Sequence[Array]) -> Array:
        """The network's output for texts given as word numbers: (n, classes)."""
        if not texts:
            raise InputError("text model: at least one text is expected, got none.")
        parts: dict[int, Array] = {}
        for indices, batch in self.batches(texts):
            parts.update(zip(indices, self.network.forward(batch).output))
        return np.stack([parts[index] for index in range(len(texts))])

    def classify(self, texts: Sequence[Array]) -> Array:
        """The number of the class with the largest logit, for each text: (n,)."""
        return np.asarray(self.logits(texts).argmax(axis=1))
