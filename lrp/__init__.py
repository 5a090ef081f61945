"""The reference engine for Layer-wise Relevance Propagation."""
