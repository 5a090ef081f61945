"""Texts: words with their places in the raw text, word relevances, document vectors, word deletion."""

from lrp.text.model import TextModel
from lrp.text.relevance import TextRelevance, explain, relevances
from lrp.text.tokens import Document, Tokenizer, read_text
from lrp.text.vocabulary import Vocabulary, padded

__all__ = [
    "Document", "TextModel", "TextRelevance", "Tokenizer", "Vocabulary", "explain", "padded", "read_text", "relevances",
]  # fmt: skip
