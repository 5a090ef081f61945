"""Documents: tokens, embeddings, word relevances, document vectors."""

from lrp.text.tokens import Document, Tokenizer, read_text
from lrp.text.vocabulary import Vocabulary, padded

__all__ = ["Document", "Tokenizer", "Vocabulary", "padded", "read_text"]
