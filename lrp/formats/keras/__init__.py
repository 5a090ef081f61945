"""Keras: `.h5` of Keras 1, 2 and 3, and `.keras` archives. `load.py` reads the file; one file a family of layers."""

from lrp.formats.keras.load import Source, is_weights, is_whole, read, weights, whole

__all__ = ["Source", "is_weights", "is_whole", "read", "weights", "whole"]
