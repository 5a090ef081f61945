"""What explanations are saved as: `relevance.py` writes them, `named_arrays.py` is the plain HDF5 below."""

from lrp.formats.results.named_arrays import load_arrays, load_attribute, save_arrays
from lrp.formats.results.relevance import save_explanations

__all__ = ["load_arrays", "load_attribute", "save_arrays", "save_explanations"]
