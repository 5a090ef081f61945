"""Documents: tokens, embeddings, word relevances, document vectors."""
