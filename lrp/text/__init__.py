"""Texts: words with their positions in the raw text, word relevances, document vectors, word deletion.

tokens       Tokenizer, Document: the words of a text and their offsets
vocabulary   Vocabulary: words as numbers
model        TextModel: a network with what it takes to feed it a raw text
batches      texts of different length in one batch
relevance    explain, relevances: WordView, the words of one text of an Explanation; ARRAS, a paper's composite
deletion     word deletion: the accuracy after deleting the most relevant words
vectors      documents as vectors, weighted by relevance
newsgroups   the 20 Newsgroups posts
"""

from lrp.text.model import TextModel
from lrp.text.relevance import ARRAS, WordView, explain, relevances, with_padding
from lrp.text.tokens import Document, Tokenizer, read_text
from lrp.text.vocabulary import Vocabulary, padded

__all__ = [
    "ARRAS",
    "Document",
    "TextModel",
    "Tokenizer",
    "Vocabulary",
    "WordView",
    "explain",
    "padded",
    "read_text",
    "relevances",
    "with_padding",
]
