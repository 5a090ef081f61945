"""lrp explain and lrp audit with a text as input: its words become numbers, and its relevance that of words."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from lrp.errors import InputError
from lrp.graph import Explanation, Network
from lrp.text import TextModel, WordView, with_padding
from lrp.views import VIEWS, caption, top_words

SUFFIXES = (".txt", ".text", ".eml", ".md")


def is_text(path: str) -> bool:
    """Whether the name is that of a text."""
    return os.path.splitext(path)[1].lower() in SUFFIXES


class Letter:
    """A text and the model that reads it, for one run of a command; batch: its words as the network takes them."""

    def __init__(self, network: Network, path: str, encoding: str) -> None:
        self.model = TextModel.of(network)
        self.document = self.model.read_file(path, encoding)
        self.numbers = self.model.encode_known(self.document)
        ((_, self.batch),) = self.model.batches([self.numbers])

    def counted(self, explanation: Explanation) -> Explanation:
        """The explanation with the padding's relevance as the last line of its ledger."""
        elements = explanation.relevances[self.model.embedding][0]
        return replace(explanation, ledger=with_padding(explanation.ledger, elements, len(self.numbers)))

    def words(self, explanation: Explanation) -> WordView:
        """The relevance of the words."""
        return WordView.of(self.model, self.numbers, explanation)

    def summary(self, explanation: Explanation) -> str:
        """What was found, and the words that speak most for the class and against it."""
        found = self.words(explanation)
        return f"{caption(self.model, self.document, found)}\n\n{top_words(self.document, found)}"

    def page(self, explanations: Sequence[Explanation], kind: str, limit: float | None) -> bytes:
        """The coloured text as the suffix `kind` says; one target only."""
        if len(explanations) > 1:
            raise InputError(f"--out: a text is coloured for one target, got {len(explanations)}; write one a target")
        found = self.words(explanations[0])
        said = caption(self.model, self.document, found)
        return VIEWS[kind](self.document, found.highlighted, said, limit).encode("utf-8")
