"""Texts: words with their places in the raw text, word relevances, document vectors, word deletion."""

from lrp.text.model import TextModel
from lrp.text.relevance import TextRelevance, explain, of_explanation, relevances, with_padding
from lrp.text.tokens import Document, Tokenizer, read_text
from lrp.text.vocabulary import Vocabulary, padded

__all__ = [
    "Document",
    "TextModel",
    "TextRelevance",
    "Tokenizer",
    "Vocabulary",
    "explain",
    "of_explanation",
    "padded",
    "read_text",
    "relevances",
    "with_padding",
]
